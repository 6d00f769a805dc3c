#include "core/node/batches.h"

#include <atomic>
#include <latch>
#include <stdexcept>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pigsty::node {
namespace {

using testing::HasSubstr;
using testing::UnorderedElementsAre;

// A first wish that is at work until it is told to end, so that others come meanwhile.
class BatchesTest : public testing::Test {
  protected:
    using Wishes = std::vector<int*>;

    std::vector<Status> note(const Wishes& batch) {
        std::vector<int> wishes;
        for (const int* wish : batch) wishes.push_back(*wish);
        done.push_back(std::move(wishes));
        return std::vector<Status>(batch.size());
    }
    std::jthread first() {
        std::jthread thread([this] {
            EXPECT_TRUE(batches.add(
                0,
                [this](const Wishes& batch) {
                    is_at_work.count_down();
                    may_end.wait();
                    return note(batch);
                },
                cancel));
        });
        is_at_work.wait();
        return thread;
    }

    Batches<int> batches;
    std::vector<std::vector<int>> done;  // batches work one after the other
    std::latch is_at_work{1}, may_end{1};
    const Cancel cancel = Cancel::within(std::chrono::seconds(30));
};

TEST_F(BatchesTest, who_comes_meanwhile_is_done_together_and_gets_an_answer_of_its_own) {
    std::atomic<int> failed = 0;
    {
        const std::jthread one = first();
        std::vector<std::jthread> others;
        std::latch came{20};
        for (int i = 1; i <= 20; ++i)
            others.emplace_back([&, i] {
                came.count_down();
                const Status status = batches.add(
                    i,
                    [&](const Wishes& batch) {
                        auto answers = note(batch);
                        for (std::size_t k = 0; k < batch.size(); ++k)
                            if (*batch[k] == 13) answers[k] = fail(ErrorCode::failed, "thirteen");
                        return answers;
                    },
                    cancel);
                if (status) return;
                EXPECT_EQ(i, 13);
                EXPECT_EQ(status.error().message, "thirteen");
                ++failed;
            });
        came.wait();
        while (batches.waiting() < 20) std::this_thread::yield();
        may_end.count_down();
    }
    EXPECT_EQ(failed, 1);
    ASSERT_EQ(done.size(), 2U);
    EXPECT_EQ(done[0], std::vector<int>{0});
    EXPECT_EQ(done[1].size(), 20U);
}

TEST_F(BatchesTest, who_is_stopped_while_waiting_leaves_and_nothing_is_done_for_it) {
    const std::jthread one = first();
    const Cancel stopped;
    std::jthread other([&] {
        const Status status = batches.add(7, [&](const Wishes& batch) { return note(batch); }, stopped);
        ASSERT_FALSE(status);
        EXPECT_EQ(status.error().code, ErrorCode::cancelled);
    });
    while (batches.waiting() < 1) std::this_thread::yield();
    stopped.request_stop();
    other.join();
    EXPECT_EQ(batches.waiting(), 0U);
    may_end.count_down();
}

TEST_F(BatchesTest, one_that_gives_up_does_not_take_the_others_along) {
    std::atomic<int> failures = 0;
    {
        const std::jthread one = first();
        std::vector<std::jthread> others;
        for (int i = 1; i <= 3; ++i)
            others.emplace_back([&, i] {
                const Cancel mine = Cancel::within(std::chrono::seconds(30));
                // Whoever does the first batch of these is stopped in the middle of it.
                const Status status = batches.add(
                    i,
                    [&](const Wishes& batch) {
                        if (done.size() > 1) return note(batch);
                        (void)note(batch);
                        mine.request_stop();
                        return std::vector<Status>(batch.size(), Status(fail(ErrorCode::cancelled, "stopped")));
                    },
                    mine);
                if (!status) ++failures;
            });
        while (batches.waiting() < 3) std::this_thread::yield();
        may_end.count_down();
    }
    EXPECT_EQ(failures, 1);
    ASSERT_EQ(done.size(), 3U);
    EXPECT_EQ(done[1].size(), 3U);
    EXPECT_EQ(done[2].size(), 2U);
}

TEST_F(BatchesTest, what_is_thrown_is_everybodys_error_and_the_next_goes_on) {
    may_end.count_down();
    const Status thrown =
        batches.add(1, [](const Wishes&) -> std::vector<Status> { throw std::runtime_error("no memory"); }, cancel);
    ASSERT_FALSE(thrown);
    EXPECT_THAT(thrown.error().message, HasSubstr("no memory"));
    EXPECT_TRUE(batches.add(2, [&](const Wishes& batch) { return note(batch); }, cancel));
    EXPECT_THAT(done, UnorderedElementsAre(std::vector<int>{2}));
}

}  // namespace
}  // namespace pigsty::node
