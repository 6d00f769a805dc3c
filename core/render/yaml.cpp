#include "core/render/yaml.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>

#include <spdlog/fmt/fmt.h>

#include "core/base/text.h"

namespace pigsty::render {
namespace {

bool is_plain(std::string_view text) {
    static constexpr std::array<std::string_view, 9> kWords{"y",   "n",    "yes",   "no",  "on",
                                                            "off", "true", "false", "null"};
    if (text.empty()) return false;
    const auto is_letter = [](char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; };
    if (!is_letter(text.front()) && text.front() != '/' && text.front() != '_') return false;
    // The word list of YAML 1.1 is the longer one.
    if (std::find(kWords.begin(), kWords.end(), lower(text)) != kWords.end()) return false;
    return std::all_of(text.begin(), text.end(), [&](char c) {
        return is_letter(c) || (c >= '0' && c <= '9') || c == '/' || c == '_' || c == '-' || c == '.';
    });
}

// The code point that begins at `text[at]`; `length` becomes its number of bytes. Text comes from Terraform, which only
// has valid UTF-8.
char32_t code_point(std::string_view text, std::size_t at, std::size_t& length) {
    const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
    const unsigned first = byte(at);
    if (first < 0x80) return length = 1, first;
    if (first < 0xE0) return length = 2, (first & 0x1FU) << 6 | (byte(at + 1) & 0x3FU);
    if (first < 0xF0) return length = 3, (first & 0x0FU) << 12 | (byte(at + 1) & 0x3FU) << 6 | (byte(at + 2) & 0x3FU);
    length = 4;
    return (first & 0x07U) << 18 | (byte(at + 1) & 0x3FU) << 12 | (byte(at + 2) & 0x3FU) << 6 | (byte(at + 3) & 0x3FU);
}

// What a reader refuses as unprintable, or folds as a line break.
bool must_escape(char32_t c) {
    return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x2028 || c == 0x2029 || c == 0xFEFF || c == 0xFFFE ||
           c == 0xFFFF;
}

void emit(const Yaml& tree, std::size_t indent, std::string& out);

// What stands behind "key:" or "-", up to and including the line's end.
void emit_value(const Yaml& value, std::size_t indent, std::string& out) {
    if (value.is_object() && value.empty())
        out += " {}\n";
    else if (value.is_array() && value.empty())
        out += " []\n";
    else if (value.is_structured()) {
        out += '\n';
        emit(value, indent, out);
    } else {
        out += ' ';
        if (value.is_binary())
            out.append("\"").append(value.get_binary().begin(), value.get_binary().end()).append("\"");
        else
            out += value.is_string() ? yaml_string(value.get_ref<const std::string&>()) : value.dump();
        out += '\n';
    }
}

void emit(const Yaml& tree, std::size_t indent, std::string& out) {
    const std::string margin(indent, ' ');
    if (tree.is_array()) {
        for (const Yaml& entry : tree) {
            out += margin + "-";
            // A one-key map stays on its line: "- encoding: UTF8".
            if (entry.is_object() && entry.size() == 1 && !entry.begin()->is_structured()) {
                out += " " + yaml_string(entry.begin().key()) + ":";
                emit_value(*entry.begin(), indent + 4, out);
            } else {
                emit_value(entry, indent + 2, out);
            }
        }
        return;
    }
    for (const auto& [key, value] : tree.items()) {
        out += margin + yaml_string(key) + ":";
        emit_value(value, indent + 2, out);
    }
}

}  // namespace

std::string yaml_string(std::string_view text) {
    if (is_plain(text)) return std::string(text);
    std::string out = "\"";
    for (std::size_t at = 0, length = 0; at < text.size(); at += length) {
        const char32_t c = code_point(text, at, length);
        if (c == '"' || c == '\\')
            out += '\\', out += static_cast<char>(c);
        else if (c == '\n')
            out += "\\n";
        else if (c == '\t')
            out += "\\t";
        else if (c == '{' && text.substr(at).starts_with("{{"))
            out += "\\x7B";  // only yaml_secret() stands for a secret, whatever a user writes
        else if (must_escape(c))
            out += fmt::format("\\u{:04X}", static_cast<std::uint32_t>(c));
        else
            out += text.substr(at, length);
    }
    return out + '"';
}

Yaml yaml_secret(const SecretReference& secret) {
    const std::string text = secret_reference(secret);
    return Yaml::binary({text.begin(), text.end()});
}

std::string to_yaml(const Yaml& tree) {
    std::string out;
    emit(tree, 0, out);
    return out;
}

}  // namespace pigsty::render
