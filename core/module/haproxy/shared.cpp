#include "core/module/haproxy/shared.h"

#include <memory>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "core/base/quote.h"
#include "core/item/directory.h"
#include "core/item/file.h"
#include "core/item/listening.h"
#include "core/item/owner.h"
#include "core/item/service.h"
#include "core/render/banner.h"
#include "core/render/haproxy.h"
#include "core/render/unit.h"

namespace pigsty::module::haproxy {
namespace {

// Its master takes a reload whatever comes of it, and keeps the old worker when the new one cannot bind: only what is
// listened to tells. `haproxy -c` binds nothing, and HAProxy binds one port for two services without a word: those of one apply
// come to the node side by side, before either's claim says which port it has.
constexpr const char* kReloadHaproxy = R"sh(
ports=$(grep -ls "^# $ours" "$services"/*.cfg |
    xargs -r -d '\n' sed -n 's/^ *bind [^ ]*:\([0-9]\{1,\}\)$/\1/p')
for port in $(printf '%s\n' $ports | sort | uniq -d); do
    echo "expected each port in one file of $services, found port $port in" $(grep -l "^ *bind [^ ]*:$port\$" "$services"/*.cfg)
    exit 1
done >&2
systemctl is-active --quiet -- haproxy.service || exit 0
systemctl reload -- haproxy.service || exit 1
command -v ss >/dev/null || exit 0
for i in $(seq 20); do
    [ "$i" -eq 1 ] || sleep 0.5
    missing=
    for port in $ports; do
        ss -ltnpH "sport = :$port" | grep -q '"haproxy"' || missing="$missing $port"
    done
    [ -n "$missing" ] || exit 0
done
for port in $missing; do
    echo "expected HAProxy to listen on port $port after its reload, found: $(ss -ltnpH "sport = :$port" | grep . || echo nobody)"
done >&2
exit 1
)sh";

item::ItemPtr folder(std::string_view path) {
    return std::make_shared<item::DirectoryItem>(item::DirectorySpec{.path = std::string(path)});
}

}  // namespace

item::Handler reload() {
    return item::Handler::reload(kUnit, "services=" + shell_quote(render::kHaproxyServices) +
                                            "\nours=" + shell_quote(render::kWrittenByUs) + kReloadHaproxy);
}

item::Items base_items() {
    const item::Owner root("root");
    const std::string_view drop_in = render::kHaproxyDropIn;
    return {folder(render::kHaproxyServices),
            root.file({.path = render::kHaproxyConfig,
                       .content = render::render_haproxy_base(),
                       .shared = true,
                       .handlers = {reload()}}),
            // Other packages and people may have drop-ins of theirs in it.
            folder(drop_in.substr(0, drop_in.rfind('/'))),
            root.file({.path = render::kHaproxyDropIn,
                       .content = render::render_haproxy_drop_in(),
                       .shared = true,
                       .handlers = {item::Handler::daemon_reload(), item::Handler::restart(kUnit)}})};
}

item::ItemPtr service_file(const std::string& name, std::string text) {
    return item::Owner("root").file(
        {.path = std::string(render::kHaproxyServices) + "/" + name + ".cfg",
         .content = std::move(text),
         .check = fmt::format("haproxy -c -q -f {} -f {}", render::kHaproxyConfig, render::kHaproxyServices),
         .check_where = item::CheckWhere::placed,
         .handlers = {reload()}});
}

item::Items serving_items(std::set<std::int64_t> ports) {
    return {std::make_shared<item::ServiceItem>(
                item::ServiceSpec{.unit = kUnit, .enabled = true, .running = true, .shared = true}),
            std::make_shared<item::ListeningItem>(kUnit, std::move(ports))};
}

std::string unserved_script(const std::vector<std::string>& proxies) {
    // Fields 1, 2 and 18 are proxy, server and status (HAProxy's management guide, 9.1).
    return R"sh(table=$(perl -MIO::Socket::UNIX -e '
    my $s = IO::Socket::UNIX->new(Peer => "/run/haproxy.sock", Timeout => 5) or die "/run/haproxy.sock: $!\n";
    print $s "show stat\n"; print <$s>') || exit 1
for proxy in )sh" +
           fmt::format("{}", fmt::join(proxies, " ")) + R"sh(; do
    printf '%s\n' "$table" | awk -F, -v p="$proxy" '$1 == p && $2 == "BACKEND" && $18 ~ /^UP/ { up = 1 } END { exit !up }' ||
        echo "$proxy"
done
)sh";
}

}  // namespace pigsty::module::haproxy
