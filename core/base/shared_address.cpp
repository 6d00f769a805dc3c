#include "core/base/shared_address.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include <arpa/inet.h>

#include "core/base/number.h"
#include "core/base/unknown.h"

namespace pigsty {
namespace {

constexpr int kLongestPrefix = 32;
constexpr std::size_t kLongestInterface = 15;  // of Linux, IFNAMSIZ

std::optional<std::uint32_t> number_of(const std::string& address) {
    in_addr parsed{};
    if (inet_pton(AF_INET, address.c_str(), &parsed) != 1) return std::nullopt;
    return ntohl(parsed.s_addr);
}

std::uint32_t host_bits(int prefix) {
    return prefix == 0 ? ~std::uint32_t{0} : (std::uint32_t{1} << (kLongestPrefix - prefix)) - 1;
}

}  // namespace

std::string network_of_address(const std::string& address, int prefix) {
    const auto number = number_of(address);
    if (!number || prefix < 0 || prefix > kLongestPrefix) return {};
    const in_addr network{.s_addr = htonl(*number & ~host_bits(prefix))};
    std::array<char, INET_ADDRSTRLEN> text{};
    inet_ntop(AF_INET, &network, text.data(), text.size());
    return std::string(text.data()) + "/" + std::to_string(prefix);
}

std::optional<SharedAddress> parse_shared_address(std::string_view text) {
    const std::size_t slash = text.find('/');
    if (has_unknown(text) || slash == std::string_view::npos) return std::nullopt;
    SharedAddress shared{.address = std::string(text.substr(0, slash)), .prefix = 0, .network = {}};
    const auto prefix = number_in(text.substr(slash + 1));
    if (!number_of(shared.address) || !prefix || *prefix < 1 || *prefix > kLongestPrefix) return std::nullopt;
    shared.prefix = static_cast<int>(*prefix);
    shared.network = network_of_address(shared.address, shared.prefix);
    return shared;
}

bool is_host_address(const SharedAddress& shared) {
    if (shared.network.starts_with("127.")) return false;
    if (shared.prefix > kLongestPrefix - 2) return true;
    const std::uint32_t host = number_of(shared.address).value_or(0) & host_bits(shared.prefix);
    return host != 0 && host != host_bits(shared.prefix);
}

bool is_interface_name(std::string_view name) {
    return !name.empty() && name.size() <= kLongestInterface && name.front() != '-' && name != "." && name != ".." &&
           std::ranges::all_of(name, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
                      c == '_' || c == '-';
           });
}

}  // namespace pigsty
