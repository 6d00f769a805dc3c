// undo: from a claim's entry back to the class that made it.
#include <fmt/format.h>

#include "core/item/account.h"
#include "core/item/admin_account.h"
#include "core/item/authorized_keys.h"
#include "core/item/certificate.h"
#include "core/item/cron_file.h"
#include "core/item/directory.h"
#include "core/item/file.h"
#include "core/item/firewall.h"
#include "core/item/host_name.h"
#include "core/item/hosts_block.h"
#include "core/item/huge_pages.h"
#include "core/item/kernel_modules.h"
#include "core/item/link.h"
#include "core/item/listening.h"
#include "core/item/package.h"
#include "core/item/repository.h"
#include "core/item/reservation.h"
#include "core/item/resolv_conf.h"
#include "core/item/service.h"
#include "core/item/sudoers.h"
#include "core/item/swap.h"
#include "core/item/sysctl.h"
#include "core/item/time_zone.h"
#include "core/item/trusted_certificate.h"
#include "core/item/virtual_address.h"
#include "core/item/was_there.h"

namespace pigsty::item {
namespace {

std::string after_word(const std::string& label) { return label.substr(label.find(' ') + 1); }

}  // namespace

Result<std::vector<node::Operation>> undo(const std::string& label, const node::ClaimedItem& claimed) {
    const std::string& kind = claimed.kind;
    if (kind == FileItem::kKind && claimed.undo.is_object() && claimed.undo.value(kWasThere, false))
        return std::vector<node::Operation>{};
    if (kind == FileItem::kKind || kind == SysctlItem::kKind || kind == CronFileItem::kKind ||
        kind == KernelModulesItem::kKind)
        return FileItem::undo(label);
    if (kind == DirectoryItem::kKind) return DirectoryItem::undo(label, claimed);
    if (kind == LinkItem::kKind) return LinkItem::undo(label, claimed);
    if (kind == CertificateItem::kKind) return CertificateItem::undo(label, claimed);
    if (kind == TrustedCertificateItem::kKind) return TrustedCertificateItem::undo(label);
    if (kind == HostsBlockItem::kKind)
        return HostsBlockItem::undo(claimed.undo.value("owner", after_word(label)), claimed);
    if (kind == PackageItem::kKind) return PackageItem::undo(after_word(label), claimed);
    if (kind == RepositoryItem::kKind) return RepositoryItem::undo(after_word(label));
    if (kind == AccountItem::kKind) return AccountItem::undo(after_word(label), claimed);
    if (kind == ServiceItem::kKind) return ServiceItem::undo(after_word(label), claimed);
    if (kind == AdminAccountItem::kKind) return AdminAccountItem::undo(after_word(label), claimed);
    if (kind == AuthorizedKeysItem::kKind) return AuthorizedKeysItem::undo(claimed);
    if (kind == HugePagesItem::kKind) return HugePagesItem::undo(label, claimed);
    if (kind == FirewallItem::kKind) return FirewallItem::undo();
    if (kind == ResolvConfItem::kKind) return ResolvConfItem::undo(claimed);
    if (kind == SudoersItem::kKind) return SudoersItem::undo(label);
    if (kind == SwapItem::kKind) return SwapItem::undo(claimed);
    if (kind == VirtualAddressItem::kKind) return VirtualAddressItem::undo(after_word(label));
    // What destroy leaves: the names and values of the node itself, and what was never written.
    if (kind == HostNameItem::kKind || kind == TimeZoneItem::kKind || kind == ReservationItem::kKind ||
        kind == ListeningItem::kKind) {
        return std::vector<node::Operation>{};
    }
    return fail(
        Error{ErrorCode::unsupported,
              fmt::format("{}: a claim holds an item of kind \"{}\", which this version does not know", label, kind)}
            .with_hint("use the provider version that made it, or a newer one"));
}

}  // namespace pigsty::item
