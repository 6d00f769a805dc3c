#include "core/render/scram.h"

#include <gmock/gmock.h>

#include "core/base/hash.h"

namespace pigsty::render {
namespace {

// Made by PostgreSQL 17: CREATE ROLE … PASSWORD 'pencil'.
constexpr std::string_view kFromServer =
    "SCRAM-SHA-256$4096:rfiBPKiDXPUCTNpD5FvcbQ==$8GA5qlFSxEix6BynsJvgiZ3SYkI9dmZ/"
    "iA8Hm3OkRXw=:QlB1Vy6BeBvW6DlsldSVcx9OqsvUEjbisJJ7RiQF9Dk=";

TEST(Scram, makes_what_the_server_makes) {
    const auto stored = parse_scram_verifier(kFromServer);
    ASSERT_TRUE(stored);
    EXPECT_EQ(stored->iterations, 4096);
    EXPECT_EQ(scram_verifier("pencil", stored->salt, stored->iterations), kFromServer);
    EXPECT_TRUE(scram_matches(*stored, "pencil"));
    EXPECT_FALSE(scram_matches(*stored, "pencils"));
}

TEST(Scram, reads_nothing_else) {
    const std::string good = scram_verifier("x", "0123456789abcdef", 4096);
    EXPECT_TRUE(parse_scram_verifier(good));
    for (const std::string& bad :
         {std::string("secret"), std::string("SCRAM-SHA-256$"), std::string("SCRAM-SHA-256$4096:AAAA$AAAA:AAAA"),
          good + "A", good.substr(0, good.size() - 1), "SCRAM-SHA-256$x" + good.substr(15),
          "SCRAM-SHA-1" + good.substr(13)})
        EXPECT_FALSE(parse_scram_verifier(bad)) << bad;
}

TEST(Scram, tells_a_verifier_from_a_password) {
    EXPECT_TRUE(looks_like_verifier("SCRAM-SHA-256$4096:broken"));
    EXPECT_TRUE(looks_like_verifier("md5" + std::string(32, 'a')));
    EXPECT_FALSE(looks_like_verifier("md5" + std::string(31, 'a')));
    EXPECT_FALSE(looks_like_verifier("md5" + std::string(32, 'G')));
    EXPECT_FALSE(looks_like_verifier("DBUser.Meta"));
}

}  // namespace
}  // namespace pigsty::render
