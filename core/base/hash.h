// Digests and encodings (OpenSSL behind them).
//
//     managed[key] = fingerprint(text);        // "3f1d5a0b9c7e": what a plan shows for a file
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace pigsty {

std::string sha256_hex(std::string_view bytes);   // 64 hex digits
std::string fingerprint(std::string_view bytes);  // the first 12 of them
std::string sha256_raw(std::string_view bytes);   // 32 bytes
std::string hmac_sha256_raw(std::string_view key, std::string_view bytes);
std::string pbkdf2_sha256_raw(std::string_view password, std::string_view salt, int iterations);  // 32 bytes
std::string base64(std::string_view bytes);                                                       // padded, RFC 4648
// Nothing where the text is not padded base64, or empty.
std::optional<std::string> base64_decode(std::string_view text);
std::string hex(std::string_view bytes);
std::string random_bytes(std::size_t count);
std::string uuid4();  // RFC 9562, lower case

}  // namespace pigsty
