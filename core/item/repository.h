// RepositoryItem: an apt source of ours: a deb822 file, its key, and the index read once after they changed.
//
//     std::make_shared<RepositoryItem>(RepositorySpec{.name = "pgdg", .uris = {"https://packages.example.org/postgresql"},
//         .suites = {"trixie-pgdg"}, .components = {"main"}, .signed_by = armoured_key});
//
// A source that cannot be read is an error, and the files from before come back.
#pragma once

#include <string>
#include <vector>

#include "core/item/item.h"
#include "core/item/precondition.h"

namespace pigsty::item {

struct RepositorySpec {
    std::string name;
    std::vector<std::string> types = {"deb"};
    std::vector<std::string> uris;
    std::vector<std::string> suites;
    std::vector<std::string> components{};  // none where the suite ends in a slash
    std::string signed_by{};                // armoured public key; empty: apt's own trust
    std::vector<std::string> architectures{};
    bool trusted = false;
};

class RepositoryItem : public Item, public Precondition {
  public:
    explicit RepositoryItem(RepositorySpec spec) : spec_(std::move(spec)) {}

    static constexpr std::string_view kKind = "repository";

    [[nodiscard]] std::string kind() const override { return std::string(kKind); }
    [[nodiscard]] std::string label() const override { return "repository " + spec_.name; }
    [[nodiscard]] std::string desired() const override;
    [[nodiscard]] node::Probes probes() const override;
    [[nodiscard]] std::optional<Change> compare(const node::Observation& seen,
                                                const node::ClaimedItem* claimed) const override;
    [[nodiscard]] std::vector<node::Operation> operations(const Change& change) const override;
    [[nodiscard]] node::ClaimedItem claimed(const node::Observation& seen) const override;
    [[nodiscard]] std::string state(const node::Observation& seen) const override;
    [[nodiscard]] Status valid() const override;
    [[nodiscard]] std::string preview_text() const override { return source_text(); }
    // No other file has the same source with another key.
    [[nodiscard]] node::Probes looks() const override;
    [[nodiscard]] Status check(const node::Observation& seen) const override;

    static std::vector<node::Operation> undo(const std::string& name);

    [[nodiscard]] std::string source_text() const;  // of /etc/apt/sources.list.d/pigsty-NAME.sources

  private:
    [[nodiscard]] std::string find_conflict() const;

    RepositorySpec spec_;
};

}  // namespace pigsty::item
