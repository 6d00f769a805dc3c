#pragma once

// What the user is told: errors and warnings, with the attribute they belong to.
//
//   Diagnostics diagnostics;
//   diagnostics.add_error("Two primaries",
//                         "Members 1 and 3 both have role = \"primary\". Give the role to one of them.",
//                         Path::of("instances").key("3").attribute("role"));
//   if (diagnostics.has_error()) return diagnostics;
//
// The summary is one short line without a full stop; the detail says what was expected, what was found,
// where, and what to do. Never put a secret in either.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "provider/value/path.h"

namespace pigsty::framework {

enum class Severity { kError, kWarning };

struct Diagnostic {
    Severity severity = Severity::kError;
    std::string summary{};
    std::string detail{};
    std::optional<value::Path> path{};  // unset: about the whole object

    friend bool operator==(const Diagnostic&, const Diagnostic&) = default;
};

class Diagnostics {
  public:
    void add(Diagnostic diagnostic) { items_.push_back(std::move(diagnostic)); }
    void add_error(std::string summary, std::string detail, std::optional<value::Path> path = std::nullopt) {
        add({Severity::kError, std::move(summary), std::move(detail), std::move(path)});
    }
    void add_warning(std::string summary, std::string detail, std::optional<value::Path> path = std::nullopt) {
        add({Severity::kWarning, std::move(summary), std::move(detail), std::move(path)});
    }
    void append(Diagnostics other) {
        for (Diagnostic& item : other.items_) items_.push_back(std::move(item));
    }

    [[nodiscard]] bool has_error() const {
        for (const Diagnostic& item : items_) {
            if (item.severity == Severity::kError) return true;
        }
        return false;
    }
    [[nodiscard]] bool empty() const { return items_.empty(); }
    [[nodiscard]] std::size_t size() const { return items_.size(); }
    [[nodiscard]] const Diagnostic& operator[](std::size_t i) const { return items_[i]; }
    [[nodiscard]] auto begin() const { return items_.begin(); }
    [[nodiscard]] auto end() const { return items_.end(); }

    friend bool operator==(const Diagnostics&, const Diagnostics&) = default;

  private:
    std::vector<Diagnostic> items_{};
};

}  // namespace pigsty::framework
