// Secret: text that must not be printed, logged or compared in variable time by accident.
//
//     Secret password = Secret::generate();
//     send(password.reveal());          // the only way to the bytes, easy to search for
//
// Streaming or formatting a Secret does not compile. The memory is wiped when the last owner goes.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace pigsty {

class Secret {
  public:
    Secret() = default;
    explicit Secret(std::string text);

    // Random text over [A-Za-z0-9] from the system's generator: safe in every file format that we write.
    static Secret generate(std::size_t length = 32);

    [[nodiscard]] std::string_view reveal() const;
    [[nodiscard]] bool empty() const { return reveal().empty(); }

    // Constant time in the contents.
    friend bool operator==(const Secret& a, const Secret& b);

  private:
    std::shared_ptr<const std::string> text_;
};

}  // namespace pigsty
