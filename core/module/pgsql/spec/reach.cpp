#include "core/module/pgsql/spec/reach.h"

#include <algorithm>
#include <cstdint>

#include <arpa/inet.h>

#include "core/base/number.h"
#include "core/base/unknown.h"
#include "core/render/hba.h"

namespace pigsty::module::pgsql {
namespace {

constexpr int kLongest = 32;

}  // namespace

std::string network_of_address(const std::string& address, int prefix) {
    return render::normalized_cidr(address + "/" + std::to_string(prefix)).value_or("");
}

std::optional<VipAddress> parse_vip(std::string_view text) {
    const std::size_t slash = text.find('/');
    if (has_unknown(text) || slash == std::string_view::npos) return std::nullopt;
    VipAddress vip{.address = std::string(text.substr(0, slash)), .prefix = 0, .network = {}};
    in_addr parsed{};
    const auto prefix = number_in(text.substr(slash + 1));
    if (inet_pton(AF_INET, vip.address.c_str(), &parsed) != 1 || !prefix || *prefix < 1 || *prefix > kLongest)
        return std::nullopt;
    vip.prefix = static_cast<int>(*prefix);
    vip.network = network_of_address(vip.address, vip.prefix);
    return vip;
}

std::optional<VipAddress> vip_of(const PgCluster& cluster) {
    return cluster.vip ? parse_vip(cluster.vip->address) : std::nullopt;
}

std::string vip_host(const PgCluster& cluster) {
    const std::string& text = cluster.vip->address;
    return has_unknown(text) ? text : text.substr(0, text.find('/'));
}

bool is_host_address(const VipAddress& vip) {
    if (vip.prefix > kLongest - 2) return true;
    in_addr parsed{};
    inet_pton(AF_INET, vip.address.c_str(), &parsed);
    const std::uint32_t host_bits = (std::uint32_t{1} << (kLongest - vip.prefix)) - 1;
    const std::uint32_t host = ntohl(parsed.s_addr) & host_bits;
    return host != 0 && host != host_bits;
}

std::vector<std::string> listen_of(const PgCluster& cluster) {
    if (cluster.listen) return *cluster.listen;
    return {std::string(kListenOwn), std::string(kListenLoopback)};
}

bool listens_on_vip(const PgCluster& cluster) {
    const std::vector<std::string> listen = listen_of(cluster);
    return cluster.vip && std::ranges::find(listen, kListenVip) != listen.end();
}

std::vector<std::string> listened(const PgCluster& cluster, std::string_view number) {
    const auto instance = cluster.instances.find(std::string(number));
    std::vector<std::string> addresses;
    std::vector<std::string> last;
    for (const std::string& entry : listen_of(cluster)) {
        if (entry == kListenOwn && instance != cluster.instances.end())
            addresses.push_back(instance->second.node.address);
        else if (entry == kListenLoopback)
            addresses.emplace_back("127.0.0.1");
        else if (entry == kListenVip && cluster.vip)
            last.push_back(vip_host(cluster));
        else
            addresses.push_back(entry);
    }
    addresses.insert(addresses.end(), last.begin(), last.end());
    return addresses;
}

std::string listen_addresses(const PgCluster& cluster, std::string_view number) {
    std::string text;
    for (const std::string& address : listened(cluster, number)) text += (text.empty() ? "" : ",") + address;
    return text;
}

Parameters member_settings(const PgCluster& cluster, const std::string& number) {
    const auto instance = cluster.instances.find(number);
    if (instance == cluster.instances.end()) return {};
    Parameters settings = parameters_of(instance->second);
    settings["listen_addresses"] = listen_addresses(cluster, number);
    return settings;
}

std::string watchdog_of(const PgCluster& cluster) {
    if (cluster.patroni.watchdog) return *cluster.patroni.watchdog;
    return cluster.template_name == "crit" ? "automatic" : "off";
}

}  // namespace pigsty::module::pgsql
