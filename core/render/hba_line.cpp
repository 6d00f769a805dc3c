#include "core/render/hba_line.h"

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include <arpa/inet.h>
#include <spdlog/fmt/fmt.h>

#include "core/render/hba_names.h"

namespace pigsty::render {
namespace {

constexpr std::array<std::string_view, 6> kTypes{"local", "host", "hostssl", "hostnossl", "hostgssenc", "hostnogssenc"};
constexpr std::array<std::string_view, 3> kIncludes{"include", "include_if_exists", "include_dir"};
constexpr std::array<std::string_view, 15> kMethods{"trust",  "reject", "scram-sha-256", "md5",  "password",
                                                    "gss",    "sspi",   "ident",         "peer", "ldap",
                                                    "radius", "cert",   "pam",           "bsd",  "oauth"};
constexpr std::array<std::string_view, 4> kPoolTypes{"local", "host", "hostssl", "hostnossl"};
constexpr std::array<std::string_view, 7> kPoolMethods{"trust", "reject",        "md5", "password",
                                                       "peer",  "scram-sha-256", "cert"};

bool among(std::span<const std::string_view> words, std::string_view word) {
    return std::ranges::find(words, word) != words.end();
}

struct Word {
    std::string text;
    bool quoted = false;  // from its beginning: no keyword
    bool ended = true;    // its quotes
};
using Column = std::vector<Word>;  // one, or the names of a list

// Both programs read words, separated by blanks and commas, up to a # that is not in quotes. What a comma joins is one
// column: to PostgreSQL where the comma stands behind the word at once, to pgbouncer in any case.
std::vector<Column> columns_of(std::string_view line, HbaTarget target) {
    std::vector<Column> columns;
    const auto blank = [&](std::size_t at) { return line[at] == ' ' || line[at] == '\t'; };
    bool joins = false;
    for (std::size_t at = 0; at < line.size() && line[at] != '#';) {
        if (blank(at) || line[at] == ',') {
            joins = joins || (line[at] == ',' && target == HbaTarget::pgbouncer && !columns.empty());
            ++at;
            continue;
        }
        Word word{.text = {}, .quoted = line[at] == '"'};
        bool in_quotes = false;
        for (; at < line.size(); ++at) {
            const char c = line[at];
            if (!in_quotes && (blank(at) || c == ',' || c == '#')) break;
            if (c != '"') {
                word.text += c;
                continue;
            }
            if (in_quotes && at + 1 < line.size() && line[at + 1] == '"') {
                word.text += '"';
                ++at;
                continue;
            }
            // To pgbouncer a quote ends the word in front of it.
            if (!in_quotes && target == HbaTarget::pgbouncer && !word.text.empty()) break;
            in_quotes = !in_quotes;
            if (!in_quotes && target == HbaTarget::pgbouncer) {
                ++at;
                break;
            }
        }
        word.ended = !in_quotes;
        if (joins)
            columns.back().push_back(std::move(word));
        else
            columns.push_back({std::move(word)});
        joins = at < line.size() && line[at] == ',';
    }
    return columns;
}

std::string listed(std::span<const std::string_view> words) {
    std::string text;
    for (const std::string_view word : words) text.append(text.empty() ? "" : ", ").append(word);
    return text;
}

bool is_address(const std::string& text) {
    std::array<unsigned char, sizeof(in6_addr)> bytes{};
    return inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 || inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
}

std::optional<LineProblem> too_short(std::string_view missing) {
    return LineProblem{fmt::format("expected {}, found the end of the line", missing),
                       "a line is TYPE DATABASE USER [ADDRESS] METHOD; quotes must end"};
}

// pgbouncer takes the keywords of databases among users as well, and leaves out a line with one that it knows no meaning of.
std::optional<LineProblem> check_pool_names(const Column& names) {
    for (const Word& name : names) {
        if (name.quoted) continue;
        if (name.text.starts_with('+'))
            return LineProblem{fmt::format("pgbouncer knows no role membership, found \"{}\"", name.text),
                               "name the users, or write all"};
        if (name.text.starts_with('@'))
            return LineProblem{fmt::format("expected names, found the file \"{}\"", name.text),
                               "pgbouncer leaves out a line whose file it cannot read: write the names here"};
        if (is_hba_database_keyword(name.text) && name.text != "all" && name.text != "sameuser")
            return LineProblem{fmt::format("pgbouncer knows no \"{}\" in its HBA file", name.text),
                               "in double quotes it is a name"};
    }
    return std::nullopt;
}

// pgbouncer compares what is left of an address with the rule's address as it is written: with bits behind the prefix
// the rule matches nobody.
std::optional<LineProblem> check_pool_address(const Word& address) {
    const auto network = normalized_cidr(address.text);
    if (address.quoted || !network || address.text.find('/') == std::string::npos)
        return LineProblem{fmt::format("expected a CIDR such as 10.0.0.0/8, found \"{}\"", address.text),
                           "all is 0.0.0.0/0 and, on a line of its own, ::/0"};
    if (*network != address.text)
        return LineProblem{fmt::format("expected no address bits behind the prefix, found \"{}\"", address.text),
                           fmt::format("the network is {}", *network)};
    return std::nullopt;
}

std::optional<LineProblem> check_method(std::span<const Column> rest, std::span<const std::string_view> methods,
                                        bool takes_options) {
    if (rest.empty()) return too_short("an authentication method");
    const std::string& method = rest.front().front().text;
    if (rest.front().size() > 1 || !among(methods, method))
        return LineProblem{fmt::format("there is no authentication method \"{}\"", method),
                           "it is one of " + listed(methods)};
    for (const Column& option : rest.subspan(1)) {
        const std::string& text = option.front().text;
        if (!takes_options)
            return LineProblem{fmt::format("expected nothing behind the method, found \"{}\"", text),
                               "pgbouncer leaves out a line with options"};
        const std::size_t equals = text.find('=');
        if (equals == std::string::npos || equals == 0)
            return LineProblem{fmt::format("expected an option as NAME=VALUE, found \"{}\"", text)};
    }
    return std::nullopt;
}

}  // namespace

std::optional<LineProblem> check_hba_line(std::string_view line, HbaTarget target, bool tls) {
    const bool pool = target == HbaTarget::pgbouncer;
    const std::vector<Column> columns = columns_of(line, target);
    if (columns.empty()) return std::nullopt;
    const std::string& type = columns.front().front().text;
    if (!pool && among(kIncludes, type)) {
        if (columns.size() != 2 || columns[1].size() != 1)
            return LineProblem{fmt::format("expected one path behind {}", type), "in quotes, if it holds blanks"};
        return std::nullopt;
    }
    const std::span<const std::string_view> types = pool ? std::span<const std::string_view>(kPoolTypes) : kTypes;
    if (columns.front().size() > 1 || !among(types, type))
        return LineProblem{
            fmt::format("expected a line that begins with one of {}, found \"{}\"", listed(types), type)};
    for (const Column& column : columns)
        for (const Word& word : column)
            if (!word.ended) return too_short("a second \" that ends the quoted text");
    if (columns.size() < 3) return too_short(columns.size() == 1 ? "a database" : "a user");
    if (type == "hostssl" && !tls)
        return LineProblem{"\"hostssl\" needs TLS, which is switched off here",
                           pool ? "set pgbouncer.ssl_mode" : "set ssl = true, or use host"};
    if (pool)
        for (const Column& names : {columns[1], columns[2]})
            if (auto problem = check_pool_names(names)) return problem;
    std::size_t method = 3;
    if (type != "local") {
        if (columns.size() < 4) return too_short("an address");
        const std::string& address = columns[3].front().text;
        const bool has_mask = !pool && is_address(address) && columns.size() > 4 && is_address(columns[4].front().text);
        if (!pool && is_address(address) && !has_mask)
            return LineProblem{fmt::format("expected a prefix or a mask behind the address \"{}\"", address),
                               fmt::format("for this address alone {}", normalized_cidr(address).value_or(address))};
        if (pool)
            if (auto problem = check_pool_address(columns[3].front())) return problem;
        method = has_mask ? 5 : 4;
    }
    return check_method(std::span(columns).subspan(std::min(method, columns.size())),
                        pool ? std::span<const std::string_view>(kPoolMethods) : kMethods, !pool);
}

}  // namespace pigsty::render
