// Strand: lets one caller in at a time, in the order in which they came, and lets those who wait give up.
//
//     TRY(const Strand::Turn turn, strand.enter(cancel, "waiting for 10.10.10.11"));
//     …                                                       // nobody else is in here until `turn` goes
#pragma once

#include <condition_variable>
#include <cstdint>
#include <list>
#include <mutex>
#include <string_view>
#include <utility>

#include "core/base/cancel.h"
#include "core/base/result.h"

namespace pigsty::node {

class Strand {
  public:
    class Turn {
      public:
        explicit Turn(Strand* strand) : strand_(strand) {}
        Turn(Turn&& other) noexcept : strand_(std::exchange(other.strand_, nullptr)) {}
        Turn& operator=(Turn&&) = delete;
        ~Turn() {
            if (strand_) strand_->leave();
        }

      private:
        Strand* strand_;
    };

    Result<Turn> enter(const Cancel& cancel, std::string_view doing);

  private:
    void leave();

    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::list<int> queue_;  // whose element is first may work
};

}  // namespace pigsty::node
