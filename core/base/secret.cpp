#include "core/base/secret.h"

#include <stdexcept>
#include <utility>

#include <openssl/crypto.h>
#include <openssl/rand.h>

namespace pigsty {
namespace {

std::shared_ptr<const std::string> wiped_on_release(std::string text) {
    return {new std::string(std::move(text)), [](const std::string* owned) {
                auto* bytes = const_cast<std::string*>(owned);
                OPENSSL_cleanse(bytes->data(), bytes->size());
                delete bytes;
            }};
}

}  // namespace

Secret::Secret(std::string text) : text_(wiped_on_release(std::move(text))) {}

Secret Secret::generate(std::size_t length) {
    static constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    // Bytes at or above this bound are thrown away, so that every letter is equally likely.
    static constexpr unsigned kBound = 256 - 256 % kAlphabet.size();
    std::string text;
    text.reserve(length);
    while (text.size() < length) {
        unsigned char byte = 0;
        if (RAND_bytes(&byte, 1) != 1) throw std::runtime_error("the system's random generator failed");
        if (byte < kBound) text += kAlphabet[byte % kAlphabet.size()];
    }
    return Secret(std::move(text));
}

std::string_view Secret::reveal() const { return text_ ? std::string_view(*text_) : std::string_view(); }

bool operator==(const Secret& a, const Secret& b) {
    const auto left = a.reveal();
    const auto right = b.reveal();
    return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

}  // namespace pigsty
