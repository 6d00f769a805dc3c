#include "core/module/node/time_sync.h"

#include <algorithm>
#include <cctype>
#include <memory>

#include <fmt/format.h>

#include "core/item/file.h"
#include "core/item/package.h"
#include "core/item/service.h"

namespace pigsty::module::machine {
namespace {

constexpr const char* kUnit = "chrony.service";
constexpr std::string_view kPool = "pool ";

// What a machine says that serves its own clock while it reaches no source: far from any true clock.
constexpr int kOwnStratum = 10;

}  // namespace

Status check_time_source(std::string_view source) {
    const std::string_view host = source.starts_with(kPool) ? source.substr(kPool.size()) : source;
    const bool plain =
        !host.empty() && host.size() <= 253 && host.front() != '-' && std::ranges::all_of(host, [](unsigned char c) {
            return c < 0x80 && (std::isalnum(c) != 0 || c == '.' || c == '-' || c == ':');
        });
    if (plain) return {};
    return fail(Error{ErrorCode::invalid,
                      fmt::format("expected a time server's name or address, or `pool NAME`, found \"{}\"", source)}
                    .with_hint("`iburst` is written by itself"));
}

item::Items time_items(const Ntp& ntp) {
    item::Items items{std::make_shared<item::PackageItem>(item::PackageSpec{.name = "chrony"})};
    if (!ntp.servers.empty()) {
        std::string text = "# Time sources of pigsty; written whole\n";
        for (const std::string& source : ntp.servers)
            text += fmt::format("{}{} iburst\n", source.starts_with(kPool) ? "" : "server ", source);
        items.push_back(std::make_shared<item::FileItem>(item::FileSpec{
            .path = "/etc/chrony/sources.d/pigsty.sources",
            .content = std::move(text),
            .handlers = {item::Handler::reload(
                kUnit, "systemctl is-active --quiet -- chrony.service || exit 0; chronyc reload sources")}}));
    }
    if (!ntp.serve.empty()) {
        std::string text = "# Whom this machine tells the time; written whole\n";
        for (const std::string& network : ntp.serve) text += "allow " + network + "\n";
        text += fmt::format("local stratum {}\n", kOwnStratum);
        items.push_back(std::make_shared<item::FileItem>(item::FileSpec{.path = "/etc/chrony/conf.d/pigsty.conf",
                                                                        .content = std::move(text),
                                                                        .handlers = {item::Handler::restart(kUnit)}}));
    }
    items.push_back(
        std::make_shared<item::ServiceItem>(item::ServiceSpec{.unit = kUnit, .enabled = true, .running = true}));
    return items;
}

}  // namespace pigsty::module::machine
