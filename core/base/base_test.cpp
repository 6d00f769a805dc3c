#include <chrono>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>

#include <gtest/gtest.h>

#include "core/base/cancel.h"
#include "core/base/contained.h"
#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/quote.h"
#include "core/base/result.h"
#include "core/base/secret.h"
#include "core/base/text.h"
#include "core/base/unknown.h"
#include "core/base/utf8.h"

namespace pigsty {
namespace {

using namespace std::chrono_literals;

// ---- text

TEST(Text, a_star_is_any_text_and_a_question_mark_one_character_where_asked) {
    EXPECT_TRUE(matches("pg-test-2 /etc/haproxy/*", "pg-test-2 /etc/haproxy/conf.d/x.cfg"));
    EXPECT_TRUE(matches("*", "anything"));
    EXPECT_TRUE(matches("* /etc/*.cfg", "pg-test-1 /etc/a.cfg.d/b.cfg"));
    EXPECT_FALSE(matches("pg-test-2 /etc/haproxy", "pg-test-2 /etc/haproxy/x"));
    EXPECT_FALSE(matches("", "x"));
    EXPECT_FALSE(matches("10.0.0.?", "10.0.0.1"));
    EXPECT_TRUE(matches("10.0.0.?", "10.0.0.1", Wildcards::star_and_question_mark));
    EXPECT_FALSE(matches("10.0.0.?", "10.0.0.", Wildcards::star_and_question_mark));
}

TEST(Text, the_last_line_is_the_last_that_says_anything) {
    EXPECT_EQ(last_line("a\nE: cause\n \n"), "E: cause");
    EXPECT_EQ(last_line("only"), "only");
    EXPECT_EQ(last_line(" \n"), "");
    EXPECT_EQ(trimmed("\t etcd 3 \r\n"), "etcd 3");
    EXPECT_EQ(trimmed(" \n"), "");
}

TEST(Text, an_ipv6_address_stands_in_brackets_before_a_port) {
    EXPECT_EQ(host_port("fd00::1", 8008), "[fd00::1]:8008");
    EXPECT_EQ(host_port("10.10.10.11", 8008), "10.10.10.11:8008");
}

TEST(Text, lower_case_is_that_of_ascii) { EXPECT_EQ(lower("Work_MEM É"), "work_mem É"); }

// ---- quoting

TEST(Quote, shell_text_is_one_word_that_nothing_expands) {
    EXPECT_EQ(shell_quote(""), "''");
    EXPECT_EQ(shell_quote("plain"), "'plain'");
    EXPECT_EQ(shell_quote("it's"), R"('it'\''s')");
    EXPECT_EQ(shell_quote("$(reboot) `x` \\ \" ; & \n"), "'$(reboot) `x` \\ \" ; & \n'");
}

TEST(Quote, sql_identifier_keeps_case_and_doubles_quotes) {
    EXPECT_EQ(sql_identifier("App"), R"("App")");
    EXPECT_EQ(sql_identifier(R"(odd "name")"), R"("odd ""name""")");
}

TEST(Quote, sql_literal_is_safe_whatever_standard_conforming_strings_says) {
    EXPECT_EQ(sql_literal("it's"), "'it''s'");
    EXPECT_EQ(sql_literal(R"(\'; DROP TABLE x; --)"), R"(E'\\''; DROP TABLE x; --')");
}

TEST(Quote, conninfo_values_escape_quote_and_backslash) {
    EXPECT_EQ(conninfo_quote(R"(a'b\c d)"), R"('a\'b\\c d')");
    EXPECT_EQ(conninfo_quote(""), "''");
}

TEST(Quote, percent_encoding_returns_every_byte) {
    EXPECT_EQ(percent_encode("app/db@10.0.0.1"), "app%2Fdb%4010.0.0.1");
    EXPECT_EQ(percent_encode("A-z_0.9~"), "A-z_0.9~");
    EXPECT_EQ(percent_encode("é"), "%C3%A9");
    std::string every_byte;
    for (int i = 0; i < 256; ++i) every_byte += static_cast<char>(i);
    EXPECT_EQ(percent_decode(percent_encode(every_byte)), every_byte);
}

TEST(Quote, percent_decoding_leaves_what_is_no_escape) {
    EXPECT_EQ(percent_decode("100%"), "100%");
    EXPECT_EQ(percent_decode("%zz%4"), "%zz%4");
    EXPECT_EQ(percent_decode("%c3%A9"), "é");
}

// ---- digests and encodings

TEST(Hash, sha256_matches_fips_180) {
    EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(hex(sha256_raw("abc")), sha256_hex("abc"));
    EXPECT_EQ(fingerprint("abc"), "ba7816bf8f01");
}

TEST(Hash, hmac_sha256_matches_rfc_4231) {
    EXPECT_EQ(hex(hmac_sha256_raw(std::string(20, '\x0b'), "Hi There")),
              "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    EXPECT_EQ(hex(hmac_sha256_raw("Jefe", "what do ya want for nothing?")),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(hex(hmac_sha256_raw(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")),
              "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Hash, pbkdf2_sha256_matches_rfc_7914) {
    // RFC 7914, 11: the first half of its 64-byte keys.
    EXPECT_EQ(hex(pbkdf2_sha256_raw("passwd", "salt", 1)),
              "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc");
    EXPECT_EQ(hex(pbkdf2_sha256_raw("Password", "NaCl", 80000)),
              "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56");
}

TEST(Hash, base64_matches_rfc_4648) {
    EXPECT_EQ(base64(""), "");
    EXPECT_EQ(base64("f"), "Zg==");
    EXPECT_EQ(base64("fo"), "Zm8=");
    EXPECT_EQ(base64("foo"), "Zm9v");
    EXPECT_EQ(base64("foob"), "Zm9vYg==");
    EXPECT_EQ(base64("fooba"), "Zm9vYmE=");
    EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
    EXPECT_EQ(base64(std::string("\xff\xfe\x00", 3)), "//4A");
}

TEST(Hash, hex_is_lower_case_and_complete) { EXPECT_EQ(hex(std::string("\x00\x0f\xf0\xff", 4)), "000ff0ff"); }

TEST(Hash, random_values_have_their_form_and_differ) {
    EXPECT_EQ(random_bytes(33).size(), 33U);
    EXPECT_NE(random_bytes(16), random_bytes(16));
    std::set<std::string> seen;
    for (int i = 0; i < 100; ++i) {
        const std::string id = uuid4();
        ASSERT_EQ(id.size(), 36U);
        for (const std::size_t dash : {8U, 13U, 18U, 23U}) EXPECT_EQ(id[dash], '-');
        EXPECT_EQ(id[14], '4') << "the version";
        EXPECT_NE(std::string("89ab").find(id[19]), std::string::npos) << "the variant";
        EXPECT_TRUE(seen.insert(id).second);
    }
}

// ---- Cancel

TEST(Cancel, never_ends_by_itself) {
    const Cancel cancel;
    EXPECT_FALSE(cancel.expired());
    EXPECT_FALSE(cancel.stop_requested());
    EXPECT_TRUE(cancel.check("waiting"));
    EXPECT_EQ(cancel.remaining(3s), 3s);
}

TEST(Cancel, copies_share_the_stop) {
    const Cancel run;
    const Cancel part = run.within_at_most(1h);
    run.request_stop();
    const auto status = part.check("copying");
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ErrorCode::cancelled);
    EXPECT_EQ(status.error().message, "stopped while copying");
    EXPECT_EQ(part.remaining(1h), 0ms);
}

TEST(Cancel, the_earlier_deadline_holds) {
    const Cancel run = Cancel::within(1h);
    EXPECT_EQ(run.within_at_most(2h).deadline(), run.deadline());
    EXPECT_LT(run.within_at_most(1min).deadline(), run.deadline());
    EXPECT_LE(run.within_at_most(1min).remaining(1h), 1min);
}

TEST(Cancel, a_deadline_that_passed_is_stalled) {
    const Cancel cancel = Cancel::within(0ms);
    const auto status = cancel.check("waiting for a leader");
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ErrorCode::stalled);
    EXPECT_EQ(status.error().message, "out of time while waiting for a leader");
    EXPECT_EQ(cancel.remaining(1s), 0ms);
}

TEST(Cancel, a_pause_lasts_its_time_unless_stopped_or_out_of_time) {
    EXPECT_TRUE(Cancel().pause(1ms));
    EXPECT_FALSE(Cancel::within(1ms).pause(1h));
    const Cancel cancel;
    std::jthread stopper([&cancel] { cancel.request_stop(); });
    EXPECT_FALSE(cancel.pause(1h));
}

// ---- Error and Result

TEST(Error, text_says_where_what_and_what_to_do) {
    const Error error = Error{.code = ErrorCode::failed, .message = "etcd did not start"}
                            .at_host("10.10.10.11")
                            .at_step("step 3 of 9")
                            .with_command("systemctl start etcd")
                            .with_output("bind: address already in use\n")
                            .with_hint("free port 2379");
    EXPECT_EQ(summary(error), "10.10.10.11: step 3 of 9: etcd did not start");
    EXPECT_EQ(detail(error),
              "Command: systemctl start etcd\nOutput:\nbind: address already in use\nWhat to do: free port 2379");
}

TEST(Error, parts_that_are_not_there_leave_no_trace) {
    const Error error{.code = ErrorCode::invalid, .message = "two primaries"};
    EXPECT_EQ(summary(error), "two primaries");
    EXPECT_EQ(detail(error), "");
}

TEST(Error, output_keeps_its_tail) {
    const std::string output = std::string(Error::kOutputTail, 'a') + "the cause\n\n";
    const Error error = Error{.message = "x"}.with_output(output);
    EXPECT_EQ(error.output.size(), Error::kOutputTail - 2);
    EXPECT_TRUE(error.output.ends_with("athe cause"));
}

TEST(Error, every_code_has_a_name) {
    std::set<std::string_view> names;
    for (int code = 0; code <= static_cast<int>(ErrorCode::internal); ++code)
        EXPECT_TRUE(names.insert(to_string(static_cast<ErrorCode>(code))).second);
}

Result<int> half(int number) {
    if (number % 2 != 0) return fail(ErrorCode::invalid, "odd");
    return number / 2;
}

Result<int> quarter(int number) {
    TRY(const int once, half(number));
    TRY_VOID(half(once));
    return half(once);
}

TEST(Result, try_returns_the_first_error) {
    EXPECT_EQ(quarter(8).value(), 2);
    EXPECT_EQ(quarter(6).error().message, "odd");
    EXPECT_EQ(quarter(7).error().code, ErrorCode::invalid);
}

// ---- Secret

template <class T>
concept Streamable = requires(std::ostream& out, const T& value) { out << value; };

TEST(Secret, cannot_be_printed_or_turned_into_text_by_accident) {
    static_assert(!Streamable<Secret>);
    static_assert(!std::is_convertible_v<Secret, std::string>);
    static_assert(!std::is_convertible_v<Secret, std::string_view>);
    static_assert(!std::is_convertible_v<std::string, Secret>);
}

TEST(Secret, compares_by_content) {
    EXPECT_EQ(Secret("a"), Secret(std::string("a")));
    EXPECT_NE(Secret("a"), Secret("b"));
    EXPECT_NE(Secret("a"), Secret("ab"));
    EXPECT_EQ(Secret(), Secret(""));
    EXPECT_TRUE(Secret().empty());
}

TEST(Secret, generated_ones_are_long_plain_and_different) {
    const Secret secret = Secret::generate();
    EXPECT_EQ(secret.reveal().size(), 32U);
    EXPECT_EQ(Secret::generate(100).reveal().find_first_not_of(
                  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"),
              std::string_view::npos);
    EXPECT_NE(secret, Secret::generate());
}

// ---- unknown

TEST(Unknown, a_marker_is_found_in_any_text_around_it) {
    const std::string marker = unknown_marker("members[\"2\"].address");
    EXPECT_TRUE(has_unknown("host all all " + marker + "/32 scram-sha-256"));
    EXPECT_FALSE(has_unknown("host all all 10.0.0.1/32 scram-sha-256 ünïcode"));
    EXPECT_NE(marker, unknown_marker("members[\"3\"].address"));
}

// ---- utf8

TEST(Utf8, accepts_well_formed_text_only) {
    EXPECT_TRUE(is_utf8(""));
    EXPECT_TRUE(is_utf8("é€😀\0x"));
    EXPECT_FALSE(is_utf8("\x80"));
    EXPECT_FALSE(is_utf8("\xc3"));
    EXPECT_FALSE(is_utf8("\xc0\xaf"));
    EXPECT_FALSE(is_utf8("\xe0\x80\xaf"));
    EXPECT_FALSE(is_utf8("\xed\xa0\x80"));
    EXPECT_FALSE(is_utf8("\xf4\x90\x80\x80"));
    EXPECT_FALSE(is_utf8("\xc3x"));
    EXPECT_FALSE(is_utf8("\xff"));
}

TEST(Utf8, replaces_what_belongs_to_no_character) {
    EXPECT_EQ(replace_invalid_utf8("a\xff"
                                   "b\xc3"),
              "a\xEF\xBF\xBD"
              "b\xEF\xBF\xBD");
    EXPECT_EQ(replace_invalid_utf8("é€😀"), "é€😀");
}

// ---- contained

TEST(Contained, what_is_thrown_is_an_error_and_what_is_returned_stays) {
    const auto thrown = contained([]() -> Result<int> { throw std::out_of_range("no such field"); });
    ASSERT_FALSE(thrown);
    EXPECT_EQ(thrown.error().code, ErrorCode::internal);
    EXPECT_EQ(thrown.error().message, "a fault of the provider: no such field");
    EXPECT_FALSE(contained([]() -> Status { throw 7; }));
    EXPECT_EQ(contained([]() -> Result<int> { return 3; }).value_or(0), 3);
}

}  // namespace
}  // namespace pigsty
