#include "core/module/ca/table.h"

#include <algorithm>
#include <chrono>
#include <memory>

#include <fmt/format.h>

#include "core/converge/members.h"
#include "core/converge/table.h"
#include "core/item/owner.h"
#include "core/module/ca/keys.h"

namespace pigsty::module::ca {
std::vector<converge::Member> members_of(const Authority& authority) {
    return converge::members_of(authority.name, authority.nodes);
}

converge::Table table_of(const Authority& authority, const std::string& fingerprint, const node::Connect& connect) {
    converge::TableBuilder table;
    table.items("folder", {item::Owner("root").folder(authority_folder(authority.name), 0700, true)});
    table
        .items("key",
               [authority, fingerprint, connect](const converge::Site& site) {
                   KeySpec spec{.authority = authority, .fingerprint = fingerprint, .connect = connect};
                   for (const auto& [number, address] : authority.nodes)
                       if (number != site.member.number) spec.others.push_back(address);
                   return item::Items{std::make_shared<KeyItem>(std::move(spec))};
               })
        // The first makes the key, the next ones find it there.
        .one_after_the_other();
    return table.done();
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
