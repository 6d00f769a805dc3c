// What is noticed while Terraform values are turned into C++ structs: unknowns and values that do not fit.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "provider/framework/diagnostic.h"
#include "provider/value/path.h"

namespace pigsty::framework {

// Where a configuration is not known yet.
class Unknowns {
  public:
    // Text is represented in the struct by a marker, everything else is missing from it.
    void add(value::Path path, bool text) { entries_.push_back({std::move(path), text}); }

    // Anything unknown at this path, below it, or around it?
    [[nodiscard]] bool at(const value::Path& path) const;
    [[nodiscard]] bool at(std::string_view attribute) const { return at(value::Path::of(std::string(attribute))); }
    [[nodiscard]] bool empty() const { return entries_.empty(); }
    // The same of what is missing from the struct: a marker of text does not count.
    [[nodiscard]] bool missing_at(const value::Path& path) const;
    [[nodiscard]] std::vector<value::Path> missing() const;

  private:
    struct Entry {
        value::Path path;
        bool text;
    };
    std::vector<Entry> entries_;
};

class Loading {
  public:
    // Values whose path starts here are at this path in the object as a whole.
    explicit Loading(const value::Path& base = {}) : steps_(base.steps()) {}

    class Scope {
      public:
        Scope(Loading& loading, value::Path::Step step) : loading_(loading) {
            loading_.steps_.push_back(std::move(step));
        }
        ~Scope() { loading_.steps_.pop_back(); }
        Scope(const Scope&) = delete;
        Scope& operator=(const Scope&) = delete;

      private:
        Loading& loading_;
    };

    [[nodiscard]] value::Path path() const;
    void unknown_text() { unknowns_.add(path(), true); }
    void unknown_missing() { unknowns_.add(path(), false); }
    void does_not_fit(std::string detail) { problems_.add_error("Value does not fit", std::move(detail), path()); }

    [[nodiscard]] const Unknowns& unknowns() const { return unknowns_; }
    [[nodiscard]] const Diagnostics& problems() const { return problems_; }

  private:
    std::vector<value::Path::Step> steps_;
    Unknowns unknowns_;
    Diagnostics problems_;
};

}  // namespace pigsty::framework
