// merged: merges what can be done at once.
#include "core/item/item.h"
#include "core/item/package.h"
#include "core/item/trusted_certificate.h"

namespace pigsty::item {
namespace {

// Neighbours of one class become one Merged, made anew with each that joins.
template <class Kind, class Spec>
class Merger {
  public:
    // False where the item is of another class.
    bool add(const ItemPtr& item, std::vector<Merged>& all) {
        const auto* mine = dynamic_cast<const Kind*>(item.get());
        if (mine == nullptr) {
            specs_.clear();
            return false;
        }
        if (specs_.empty()) all.emplace_back();
        specs_.push_back(mine->spec());
        all.back().items.push_back(item);
        all.back().operations = operations();
        return true;
    }

  private:
    std::vector<node::Operation> operations() const {
        if constexpr (std::is_same_v<Kind, PackageItem>)
            return {Kind::install(specs_)};
        else
            return Kind::install(specs_);
    }
    std::vector<Spec> specs_;
};

}  // namespace

std::vector<Merged> merged(const std::vector<std::pair<ItemPtr, Change>>& changes) {
    std::vector<Merged> all;
    Merger<PackageItem, PackageSpec> packages;
    Merger<TrustedCertificateItem, TrustedCertificateSpec> certificates;
    for (const auto& [item, change] : changes) {
        const bool is_package = packages.add(item, all);
        const bool is_certificate = certificates.add(item, all);
        if (!is_package && !is_certificate) all.push_back({.items = {item}, .operations = item->operations(change)});
    }
    return all;
}

}  // namespace pigsty::item
