#include "core/module/pgsql/spec/store.h"

#include <algorithm>

namespace pigsty::module::pgsql {
namespace {

bool is_endpoint(std::string_view text) {
    return !text.empty() && text.size() <= 253 && text.front() != '.' && text.front() != '-' && text.back() != '-' &&
           text.back() != '.' && std::ranges::all_of(text, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                      c == '.';
           });
}

bool is_access_key(std::string_view text) {
    return !text.empty() && text.size() <= 256 && !text.contains("{{") &&
           std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

}  // namespace

const TextRule kEndpoint{"the name or address of a host, without https:// and without a port", is_endpoint};
const TextRule kAccessKey{"printable characters without blanks and without `{{`", is_access_key};

Store store_of(const ForeignS3& s3) {
    const std::string port = std::to_string(s3.port);
    return {.name = s3.endpoint,
            .identity = s3.endpoint + ":" + port,
            .host = s3.endpoint,
            .port = port,
            .region = s3.region,
            .uri_style = s3.uri_style,
            .ca_file = s3.ca ? s3.authority_file : ""};
}

}  // namespace pigsty::module::pgsql
