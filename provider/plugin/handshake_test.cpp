#include "provider/plugin/handshake.h"

#include <map>

#include <gtest/gtest.h>

namespace pigsty::plugin {
namespace {

HandshakeRequest request_from(const std::map<std::string, std::string>& environment) {
    return read_handshake_request([&](const char* name) -> std::optional<std::string> {
        const auto found = environment.find(name);
        if (found == environment.end()) return std::nullopt;
        return found->second;
    });
}

TEST(Handshake, knows_terraforms_cookie) {
    EXPECT_TRUE(request_from({{kCookieName, kCookieValue}}).cookie_matches);
    EXPECT_FALSE(request_from({{kCookieName, "other"}}).cookie_matches);
    EXPECT_FALSE(request_from({}).cookie_matches);
}

TEST(Handshake, finds_version_six_in_any_order) {
    EXPECT_TRUE(request_from({{"PLUGIN_PROTOCOL_VERSIONS", "5,6"}}).version_offered);
    EXPECT_TRUE(request_from({{"PLUGIN_PROTOCOL_VERSIONS", "6,5"}}).version_offered);
    EXPECT_FALSE(request_from({{"PLUGIN_PROTOCOL_VERSIONS", "5,16"}}).version_offered);
    EXPECT_FALSE(request_from({}).version_offered);
}

TEST(Handshake, takes_what_the_host_asks_for) {
    const HandshakeRequest request = request_from({{"PLUGIN_CLIENT_CERT", "pem"},
                                                   {"PLUGIN_UNIX_SOCKET_DIR", "/run/x"},
                                                   {"PLUGIN_UNIX_SOCKET_GROUP", "ops"},
                                                   {"PLUGIN_MULTIPLEX_GRPC", "true"}});
    EXPECT_EQ(request.client_certificate, "pem");
    EXPECT_EQ(request.socket_directory, "/run/x");
    EXPECT_EQ(request.socket_group, "ops");
    EXPECT_TRUE(request.multiplex_asked);
}

TEST(Handshake, line_has_six_fields_and_a_seventh_only_when_asked) {
    HandshakeAnswer answer{.network = "unix", .address = "/tmp/x.sock", .certificate = "QUJD"};
    EXPECT_EQ(handshake_line(answer), "1|6|unix|/tmp/x.sock|grpc|QUJD\n");
    answer.multiplex_asked = true;
    EXPECT_EQ(handshake_line(answer), "1|6|unix|/tmp/x.sock|grpc|QUJD|false\n");
    EXPECT_EQ(handshake_line({.network = "unix", .address = "/tmp/x.sock", .certificate = {}}),
              "1|6|unix|/tmp/x.sock|grpc|\n");
}

}  // namespace
}  // namespace pigsty::plugin
