#pragma once

// Where a codec stands, kept without copying names; becomes a Path only when something is wrong there.
//
//   PathTrail trail;
//   trail.push(PathTrail::attribute(name));  …decode…  trail.pop();
//   return CodecError{trail.path(), "a string is required"};
//
// The names pushed have to outlive their stay.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "provider/value/path.h"

namespace pigsty::value {

class PathTrail {
  public:
    struct Step {
        enum class Kind { kAttribute, kKey, kIndex };
        Kind kind;
        std::string_view name;
        std::int64_t index;
    };

    static Step attribute(std::string_view name) { return {Step::Kind::kAttribute, name, 0}; }
    static Step key(std::string_view name) { return {Step::Kind::kKey, name, 0}; }
    static Step index(std::size_t index) { return {Step::Kind::kIndex, {}, static_cast<std::int64_t>(index)}; }

    void push(Step step) { steps_.push_back(step); }
    void pop() { steps_.pop_back(); }
    [[nodiscard]] std::size_t depth() const { return steps_.size(); }

    [[nodiscard]] Path path() const {
        Path path;
        for (const Step& step : steps_) {
            switch (step.kind) {
                case Step::Kind::kAttribute: path = path.attribute(std::string(step.name)); break;
                case Step::Kind::kKey: path = path.key(std::string(step.name)); break;
                case Step::Kind::kIndex: path = path.index(step.index); break;
            }
        }
        return path;
    }

  private:
    std::vector<Step> steps_;
};

}  // namespace pigsty::value
