#include "core/base/given_password.h"

#include <map>
#include <string_view>

#include "core/base/hash.h"
#include "core/base/number.h"

namespace pigsty {
namespace {

constexpr int kRounds = 20000;

// 30 bits.
std::int64_t generation_from(std::string_view digest) {
    std::int64_t generation = 0;
    for (std::size_t i = 0; i < 4; ++i) generation = generation * 256 + static_cast<unsigned char>(digest[i]);
    return generation % (1 << 30) + 1;
}

// No password holds a control character.
constexpr const char* kUnknown = "\x01";

}  // namespace

std::int64_t password_generation(const Secret& password, const std::string& salt) {
    if (is_unknown_password(password)) {
        const std::string_view text = password.reveal().substr(1);
        return number_in(text.substr(0, text.find(' '))).value_or(0);
    }
    // Every file of every instance asks again, and an answer is meant to be dear.
    static thread_local std::map<std::string, std::int64_t> answers;
    const std::string asked = hmac_sha256_raw(salt, password.reveal());
    const auto found = answers.find(asked);
    if (found != answers.end()) return found->second;
    return answers[asked] = generation_from(pbkdf2_sha256_raw(password.reveal(), salt, kRounds));
}

std::int64_t version_generation(std::int64_t version) {
    return generation_from(sha256_raw("version " + std::to_string(version)));
}

Secret unknown_password(const std::string& salt, std::int64_t generation) {
    return Secret(kUnknown + std::to_string(generation) + " " + salt);
}

bool is_unknown_password(const std::optional<Secret>& password) {
    return password && password->reveal().starts_with(kUnknown);
}

bool may_be_password(const Secret& unknown, const Secret& word) {
    const std::string_view text = unknown.reveal();
    const auto blank = text.find(' ');
    return is_unknown_password(unknown) && blank != std::string_view::npos &&
           password_generation(word, std::string(text.substr(blank + 1))) == password_generation(unknown, "");
}

}  // namespace pigsty
