// Batches: what several threads want done at about the same time is done together, by one of them.
//
//     Batches<Fragments> queue;
//     TRY_VOID(queue.add(wanted, [&](const std::vector<Fragments*>& batch) { return write(batch); }, cancel));
//
// Whoever finds nobody at work goes at once. Those that come meanwhile form the next batch, and the first of them that wakes
// does it for all. `work` answers one status for each wish, in their order. Thread-safe.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "core/base/cancel.h"
#include "core/base/contained.h"
#include "core/base/result.h"

namespace pigsty::node {

template <class Wish>
class Batches {
  public:
    static constexpr std::size_t kMost = 512;  // wishes of one batch

    using Work = std::function<std::vector<Status>(const std::vector<Wish*>& batch)>;

    // `cancel` ends the wait, and the work where this thread does it. What another thread has begun is waited for.
    Status add(Wish wish, const Work& work, const Cancel& cancel) {
        const auto mine = std::make_shared<Entry>(std::move(wish));
        std::unique_lock lock(mutex_);
        waiting_.push_back(mine);
        while (!mine->answer) {
            if (mine->is_taken) {
                changed_.wait(lock, [&] { return mine->answer || !mine->is_taken; });
            } else if (Status status = cancel.check("waiting for what others write first"); !status) {
                std::erase(waiting_, mine);
                return status;
            } else if (!is_busy_) {
                do_next(lock, mine, work, cancel);
            } else {
                changed_.wait_until(lock, cancel.token(), std::min(cancel.deadline(), Cancel::Clock::now() + kLook),
                                    [&] { return mine->is_taken || !is_busy_; });
            }
        }
        return *mine->answer;
    }

    // How many wait for the next batch.
    [[nodiscard]] std::size_t waiting() const {
        const std::lock_guard lock(mutex_);
        return waiting_.size();
    }

  private:
    static constexpr auto kLook = std::chrono::hours(1);

    struct Entry {
        explicit Entry(Wish given) : wish(std::move(given)) {}
        Wish wish;
        bool is_taken = false;
        std::optional<Status> answer{};
    };

    void do_next(std::unique_lock<std::mutex>& lock, const std::shared_ptr<Entry>& mine, const Work& work,
                 const Cancel& cancel) {
        const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(std::min(waiting_.size(), kMost));
        const std::vector<std::shared_ptr<Entry>> batch(waiting_.begin(), end);
        waiting_.erase(waiting_.begin(), end);
        std::vector<Wish*> wishes;
        for (const auto& entry : batch) {
            entry->is_taken = true;
            wishes.push_back(&entry->wish);
        }
        is_busy_ = true;
        lock.unlock();
        const auto answers = contained([&]() -> Result<std::vector<Status>> { return work(wishes); });
        // Stopped or out of time is this thread alone: the others' wishes go on with one of them.
        const bool gave_up = !cancel.check("");
        lock.lock();
        is_busy_ = false;
        for (std::size_t i = batch.size(); i-- > 0;) {
            Status answer = answers ? answers->at(i) : Status(std::unexpected(answers.error()));
            if (!answer && gave_up && batch[i] != mine) {
                batch[i]->is_taken = false;
                waiting_.push_front(batch[i]);
            } else {
                batch[i]->answer = std::move(answer);
            }
        }
        changed_.notify_all();
    }

    mutable std::mutex mutex_;
    std::condition_variable_any changed_;
    std::deque<std::shared_ptr<Entry>> waiting_;
    bool is_busy_ = false;
};

}  // namespace pigsty::node
