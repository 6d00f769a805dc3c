#include "core/node/frame.h"

#include <random>

#include <gtest/gtest.h>

namespace pigsty::node {
namespace {

using namespace std::string_literals;

TEST(Frame, comes_out_as_it_went_in_whatever_the_pieces) {
    const std::string bytes = "a\0b\n,7:\xff"s;
    const std::string text = frame_text("out", 7, 3, bytes) + frame_text("reply", 8, 0, "");
    for (std::size_t piece = 1; piece <= text.size(); ++piece) {
        FrameReader reader;
        std::vector<Frame> frames;
        for (std::size_t at = 0; at < text.size(); at += piece) {
            reader.feed(std::string_view(text).substr(at, piece));
            for (auto next = reader.next(); next && *next; next = reader.next()) frames.push_back(**next);
        }
        ASSERT_EQ(frames.size(), 2U);
        EXPECT_EQ(frames[0].type, "out");
        EXPECT_EQ(frames[0].number, 7U);
        EXPECT_EQ(frames[0].index, 3U);
        EXPECT_EQ(frames[0].bytes, bytes);
        EXPECT_EQ(frames[1].type, "reply");
        EXPECT_EQ(frames[1].bytes, "");
    }
}

TEST(Frame, refuses_what_is_no_frame) {
    for (const std::string& text : {"Segmentation fault\n"s, "out 1 2\n"s, "out x 1 1\n"s, std::string(200, 'x')}) {
        FrameReader reader;
        reader.feed(text);
        const auto next = reader.next();
        ASSERT_FALSE(next) << text;
        EXPECT_EQ(next.error().code, ErrorCode::unreachable);
    }
}

// A length that no program sends would be waited for until the node is given up.
TEST(Frame, refuses_a_length_that_cannot_be) {
    FrameReader reader;
    reader.feed("out 1 1 18446744073709551615\n");
    EXPECT_FALSE(reader.next());
}

TEST(Frame, of_any_bytes_comes_out_or_is_refused) {
    std::minstd_rand random(1);
    const std::string whole =
        frame_text("reply", 1, 0, join_fields({"done", join_fields({"0", "", "a"}), join_fields({"1", "no", "b"})}));
    for (int round = 0; round < 5000; ++round) {
        std::string text = whole + whole;
        for (int i = 0; i < 3; ++i) {
            const std::size_t at = random() % text.size();
            if (random() % 2 == 0)
                text[at] = static_cast<char>(random() % 256);
            else
                text.erase(at, random() % 5);
        }
        FrameReader reader;
        std::size_t taken = 0;
        while (!text.empty()) {
            const std::size_t piece = 1 + random() % text.size();
            reader.feed(std::string_view(text).substr(0, piece));
            text.erase(0, piece);
            auto next = reader.next();
            for (; next && *next; next = reader.next()) {
                taken += (*next)->bytes.size();
                if (const auto fields = split_fields((*next)->bytes))
                    for (const auto field : *fields) (void)split_fields(field);
            }
            if (!next) break;
        }
        EXPECT_LE(taken, 2 * whole.size());
    }
}

TEST(Fields, nest_and_hold_any_byte) {
    const std::string inner = join_fields({"a:1,", "", "\0"s});
    const std::string outer = join_fields({inner, "z"});
    const auto fields = split_fields(outer);
    ASSERT_TRUE(fields);
    ASSERT_EQ(fields->size(), 2U);
    const auto nested = split_fields((*fields)[0]);
    ASSERT_TRUE(nested);
    EXPECT_EQ(*nested, (std::vector<std::string_view>{"a:1,", "", "\0"s}));
}

TEST(Fields, refuse_a_length_that_lies) {
    for (const auto* text : {"5:ab,", "2:abc", "x:ab,", "2ab,", "99999999999999999999:a,"})
        EXPECT_FALSE(split_fields(text)) << text;
}

}  // namespace
}  // namespace pigsty::node
