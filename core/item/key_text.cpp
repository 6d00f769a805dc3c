#include "core/item/key_text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/item/certificate_text.h"
#include "core/ssh/public_key.h"

namespace pigsty::item {
namespace {

constexpr std::string_view kBegin = "-----BEGIN ";
constexpr std::string_view kDashes = "-----";

struct Block {
    std::string_view label;  // "CERTIFICATE"
    std::string_view text;   // from its first dash to its last
    bool is_whole = false;   // its end is there
};

std::vector<Block> blocks_of(std::string_view text) {
    std::vector<Block> blocks;
    for (std::size_t at = text.find(kBegin); at != std::string_view::npos; at = text.find(kBegin, at + 1)) {
        const std::size_t label = at + kBegin.size();
        const std::size_t dashes = text.find(kDashes, label);
        const std::size_t line = text.find('\n', label);
        if (dashes == std::string_view::npos || dashes > line) {
            blocks.push_back({.label = text.substr(label, line - label), .text = text.substr(at)});
            continue;
        }
        Block block{.label = text.substr(label, dashes - label), .text = text.substr(at)};
        const std::string end = fmt::format("-----END {}-----", block.label);
        if (const std::size_t found = text.find(end, dashes); found != std::string_view::npos) {
            block.text = text.substr(at, found + end.size() - at);
            block.is_whole = !block.text.substr(1).contains(kBegin);
        }
        blocks.push_back(block);
    }
    return blocks;
}

bool is_certificate(const Block& block) {
    return block.is_whole && (block.label == "CERTIFICATE" || block.label == "X509 CERTIFICATE");
}

bool looks_like_path(std::string_view text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
    if (text.empty() || text.size() > 300 || text.find_first_of("\n\r") != std::string_view::npos) return false;
    constexpr std::array<std::string_view, 7> kEndings{".pem", ".crt", ".cer", ".der", ".asc", ".gpg", ".key"};
    return text.contains('/') || text.starts_with('~') ||
           std::ranges::any_of(kEndings, [&](std::string_view ending) { return text.ends_with(ending); });
}

bool has_private_key(const std::vector<Block>& blocks) {
    return std::ranges::any_of(blocks, [](const Block& block) { return block.label.contains("PRIVATE"); });
}

std::unexpected<Error> refused(const std::string& expected, const std::string& found, std::string hint) {
    return fail(
        Error{ErrorCode::invalid, fmt::format("expected {}, found {}", expected, found)}.with_hint(std::move(hint)));
}

std::unexpected<Error> private_key_refused(const std::string& expected) {
    return refused(expected, "a private key in it (not shown)",
                   "take the private key out; what it protects needs a new one if the text was stored anywhere");
}

std::string day(std::chrono::sys_seconds moment) {
    return fmt::format("{:%Y-%m-%d}", fmt::gmtime(std::chrono::system_clock::to_time_t(moment)));
}

// --- OpenPGP (RFC 4880): as much as tells what a block holds and when its key ends ---

std::optional<std::string> dearmoured(std::string_view block) {
    // Headers end with an empty line; a line that begins with "=" is the checksum.
    std::string encoded;
    bool is_body = false;
    std::size_t at = block.find('\n');
    while (at != std::string_view::npos) {
        const std::size_t end = block.find('\n', at + 1);
        std::string_view line = block.substr(at + 1, end == std::string_view::npos ? end : end - at - 1);
        while (!line.empty() && (line.back() == '\r' || line.back() == ' ' || line.back() == '\t'))
            line.remove_suffix(1);
        if (line.starts_with('=') || line.starts_with(kDashes)) break;
        if (is_body) encoded += line;
        is_body = is_body || line.empty();
        at = end;
    }
    auto bytes = base64_decode(encoded);
    return bytes && !bytes->empty() ? bytes : std::nullopt;
}

std::uint32_t number(std::string_view bytes, std::size_t at, std::size_t count) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < count && at + i < bytes.size(); ++i)
        value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
    return value;
}

struct Packet {
    unsigned tag = 0;
    std::string_view body;
};

// Takes the first packet off; nothing where the bytes are none.
std::optional<Packet> take_packet(std::string_view& bytes) {
    if (bytes.size() < 2 || (static_cast<unsigned char>(bytes[0]) & 0x80) == 0) return std::nullopt;
    const auto head = static_cast<unsigned char>(bytes[0]);
    Packet packet;
    std::size_t start = 0;
    std::size_t length = 0;
    if ((head & 0x40) != 0) {
        packet.tag = head & 0x3f;
        const std::uint32_t first = number(bytes, 1, 1);
        if (first < 192) {
            start = 2;
            length = first;
        } else if (first < 224) {
            start = 3;
            length = ((first - 192) << 8) + number(bytes, 2, 1) + 192;
        } else if (first == 255) {
            start = 6;
            length = number(bytes, 2, 4);
        } else {
            return std::nullopt;  // partial lengths belong to messages, not to keys
        }
    } else {
        packet.tag = head >> 2 & 0x0f;
        const unsigned size = head & 3;
        if (size == 3) return std::nullopt;
        start = 1 + (std::size_t{1} << size);
        length = number(bytes, 1, std::size_t{1} << size);
    }
    if (start + length > bytes.size()) return std::nullopt;
    packet.body = bytes.substr(start, length);
    bytes.remove_prefix(start + length);
    return packet;
}

// Of a self-signature of version 4: when it was made, and how long the key lives by it (0: for ever).
struct Lifetime {
    std::uint32_t made = 0;
    std::uint32_t lives = 0;
};

std::optional<Lifetime> lifetime_of(std::string_view signature) {
    if (signature.size() < 6 || signature[0] != 4) return std::nullopt;
    const std::uint32_t kind = number(signature, 1, 1);
    if ((kind < 0x10 || kind > 0x13) && kind != 0x1f) return std::nullopt;
    std::string_view parts = signature.substr(6, number(signature, 4, 2));
    Lifetime lifetime;
    while (parts.size() >= 2) {
        std::size_t start = 1;
        std::size_t length = number(parts, 0, 1);
        if (length >= 192 && length < 255) {
            length = ((length - 192) << 8) + number(parts, 1, 1) + 192;
            start = 2;
        } else if (length == 255) {
            length = number(parts, 1, 4);
            start = 5;
        }
        if (length == 0 || start + length > parts.size()) break;
        const std::uint32_t type = number(parts, start, 1) & 0x7f;
        if (type == 2) lifetime.made = number(parts, start + 1, 4);
        if (type == 9) lifetime.lives = number(parts, start + 1, 4);
        parts.remove_prefix(start + length);
    }
    return lifetime;
}

}  // namespace

std::vector<std::string> certificates_in(std::string_view pem) {
    std::vector<std::string> all;
    for (const Block& block : blocks_of(pem))
        if (is_certificate(block)) all.push_back(std::string(block.text) + "\n");
    return all;
}

Status check_authorities(std::string_view pem, std::chrono::sys_seconds now) {
    const std::string expected = "certificates of authorities (CA) in PEM form";
    const std::vector<Block> blocks = blocks_of(pem);
    if (has_private_key(blocks)) return private_key_refused(expected);
    if (blocks.empty()) {
        if (looks_like_path(pem))
            return refused(expected, "what looks like the path of a file", "give the file's content: file(\"…\")");
        return refused(expected, "text without \"-----BEGIN CERTIFICATE-----\"",
                       "give the content of the certificate's file: file(\"…\")");
    }
    for (const Block& block : blocks) {
        if (!is_certificate(block))
            return refused(expected,
                           fmt::format("a block \"{}\"{}", block.label, block.is_whole ? "" : " without its end"),
                           "keep the CERTIFICATE blocks only, each of them whole");
        const auto read = read_certificate(block.text);
        if (!read) return refused(expected, "a CERTIFICATE block that cannot be read", "copy the certificate again");
        const std::string name = read->common_name.empty() ? read->organization : read->common_name;
        if (!read->may_sign)
            return refused(expected, fmt::format("the certificate of \"{}\", which is no authority's", name),
                           "use the certificate of the authority that signed it");
        if (read->not_after <= now)
            return refused(expected, fmt::format("that of \"{}\", which ended on {}", name, day(read->not_after)),
                           "take it out, or use the one that follows it");
    }
    return {};
}

Status check_signing_key(std::string_view armoured, std::chrono::sys_seconds now) {
    const std::string expected = "one armoured OpenPGP public key block";
    const std::vector<Block> blocks = blocks_of(armoured);
    if (has_private_key(blocks)) return private_key_refused(expected);
    if (blocks.empty() && looks_like_path(armoured))
        return refused(expected, "what looks like the path of a file",
                       "give the file's content: file(\"…\"); a binary keyring becomes text with gpg --export --armor");
    if (blocks.empty())
        return refused(expected, "text without \"-----BEGIN PGP PUBLIC KEY BLOCK-----\"",
                       "give the content of the repository's key file: file(\"…\")");
    for (const Block& block : blocks)
        if (block.label != "PGP PUBLIC KEY BLOCK" || !block.is_whole)
            return refused(expected,
                           fmt::format("a block \"{}\"{}", block.label, block.is_whole ? "" : " without its end"),
                           "give the repository's own key, whole");
    if (blocks.size() > 1)
        return refused(expected, fmt::format("{} of them, of which apt reads the first only", blocks.size()),
                       "make one block of them: gpg --export --armor KEY KEY");
    const auto bytes = dearmoured(blocks.front().text);
    if (!bytes) return refused(expected, "a block that cannot be decoded", "copy the key again");
    std::string_view rest = *bytes;
    std::uint32_t created = 0;
    Lifetime newest;
    bool is_first = true;
    bool is_subkey = false;
    while (!rest.empty()) {
        const auto packet = take_packet(rest);
        if (!packet || (is_first && packet->tag != 6 && packet->tag != 5))
            return refused(expected, "a block that holds no public key", "copy the key again");
        if (packet->tag == 5 || packet->tag == 7) return private_key_refused(expected);
        // Another key in the same block: each may sign, so the first alone does not decide.
        if (packet->tag == 6 && !is_first) return {};
        if (packet->tag == 6 && packet->body.starts_with('\x04')) created = number(packet->body, 1, 4);
        if (packet->tag == 14) is_subkey = true;
        const auto lifetime = packet->tag == 2 && !is_subkey ? lifetime_of(packet->body) : std::nullopt;
        if (lifetime && lifetime->made >= newest.made) newest = *lifetime;
        is_first = false;
    }
    const std::chrono::sys_seconds end(std::chrono::seconds(std::int64_t{created} + newest.lives));
    if (created != 0 && newest.lives != 0 && end <= now)
        return refused(expected, fmt::format("a key that ended on {}", day(end)), "use the repository's present key");
    return {};
}

}  // namespace pigsty::item
