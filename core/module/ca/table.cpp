#include "core/module/ca/table.h"

#include <algorithm>
#include <chrono>
#include <memory>

#include <fmt/format.h>

#include "core/item/directory.h"
#include "core/module/ca/keys.h"

namespace pigsty::module::ca {
namespace {

using converge::Site;

std::string folder_of(const Authority& authority) { return "/var/lib/pigsty/ca/" + authority.name; }

}  // namespace

std::vector<converge::Member> members_of(const Authority& authority) {
    std::vector<converge::Member> members;
    for (const auto& [number, address] : authority.nodes)
        members.push_back({.number = number, .name = authority.name + "-" + number, .address = address});
    return members;
}

converge::Table table_of(const Authority& authority, const std::string& fingerprint, const node::Connect& connect) {
    const auto shared = std::make_shared<const Authority>(authority);
    converge::Step folders;
    folders.name = "folder";
    folders.items = [shared](const Site&) {
        return std::vector<item::ItemPtr>{std::make_shared<item::DirectoryItem>(
            item::DirectorySpec{.path = folder_of(*shared), .mode = 0700, .whole = true, .shared = false})};
    };
    // One node after the other: the first makes the key, the next ones find it there.
    converge::Step keys;
    keys.name = "key";
    keys.spread = converge::Spread::serial;
    keys.items = [shared, fingerprint, connect](const Site& site) {
        KeySpec spec{.authority = *shared, .fingerprint = fingerprint, .connect = connect};
        for (const auto& [number, address] : shared->nodes)
            if (number != site.member.number) spec.others.push_back(address);
        return std::vector<item::ItemPtr>{std::make_shared<KeyItem>(std::move(spec))};
    };
    return {folders, keys};
}

Result<std::string> read_certificate_pem(const Authority& authority,
                                         const std::vector<std::shared_ptr<converge::Site>>& sites,
                                         const Cancel& cancel) {
    const std::string path = certificate_path(authority.name);
    for (const auto& site : sites) {
        TRY(const node::Observation seen, site->node->observe({{node::ProbeKind::text, path}}, cancel));
        if (auto text = seen.text(path)) return std::move(*text);
    }
    return std::string();
}

std::optional<EndWarning> end_warning(const std::string& name, const item::CertificateText& certificate,
                                      std::chrono::sys_seconds now) {
    // Long enough to make clusters anew, never most of a short life.
    const auto margin =
        std::min<std::chrono::seconds>(std::chrono::days(365), (certificate.not_after - certificate.not_before) / 3);
    if (certificate.not_after - now > margin) return std::nullopt;
    const std::chrono::year_month_day day{std::chrono::floor<std::chrono::days>(certificate.not_after)};
    const std::string date = fmt::format("{:04}-{:02}-{:02}", static_cast<int>(day.year()),
                                         static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
    const bool has_ended = certificate.not_after <= now;
    return EndWarning{
        .summary = fmt::format("{} {} on {}", name, has_ended ? "ended" : "ends", date),
        .detail = std::string(has_ended ? "Nothing that it signed is valid any longer, and it signs nothing more. "
                                        : "Everything that it signed ends on that day at the latest, and renewing "
                                          "certificates does not help. ") +
                  "This version does not give a living cluster another authority: make a new `pigsty_ca` under another "
                  "name, new clusters that name it, and move the data there."};
}

Result<std::optional<EndWarning>> end_warning(const Authority& authority,
                                              const std::vector<std::shared_ptr<converge::Site>>& sites,
                                              const Cancel& cancel) {
    const std::string path = certificate_path(authority.name);
    for (const auto& site : sites) {
        TRY(const node::Observation seen,
            site->node->observe({{node::ProbeKind::text, path}, {node::ProbeKind::clock, ""}}, cancel));
        const auto pem = seen.text(path);
        if (!pem) continue;
        // One that cannot be read is drift, which says so.
        if (const auto certificate = item::read_certificate(*pem))
            return end_warning(authority.name, *certificate, seen.clock());
    }
    return std::nullopt;
}

}  // namespace pigsty::module::ca
