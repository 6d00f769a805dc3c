#include "core/render/haproxy_words.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "core/render/control.h"

namespace pigsty::render {
namespace {

// Of a `listen` section in HAProxy 2.4 to 3.0, without what an attribute says, what names other sections, and what runs or
// reads something besides. One blank around each word.
constexpr std::string_view kListenWords =
    " acl capture compression cookie declare description errorloc errorloc302 errorloc303 force-persist "
    "fullconn hash-balance-factor hash-type http-after-response http-check http-error http-request "
    "http-response http-reuse http-send-name-header id ignore-persist log log-format log-tag "
    "max-keep-alive-queue max-session-srv-conns monitor monitor-uri no option persist rate-limit redirect "
    "retries retry-on source stick stick-table tcp-check tcp-request tcp-response timeout unique-id-format "
    "use-server ";

struct Owned {
    std::string_view word;
    std::string_view attribute;
};
constexpr std::array<Owned, 6> kOwned{{
    {"balance", "`balance`"},
    {"bind", "`listen` and `port`"},
    {"default-server", "`server_options`"},
    {"maxconn", "`maxconn`"},
    {"mode", "`mode`"},
    {"server", "`servers`"},
}};

// Of `server` and `default-server`.
constexpr std::string_view kServerWords =
    " addr agent-addr agent-check agent-inter agent-port agent-send allow-0rtt alpn ca-file check check-alpn "
    "check-proto check-send-proxy check-sni check-ssl ciphers ciphersuites cookie crl-file crt downinter "
    "error-limit fall fastinter force-tlsv12 force-tlsv13 init-addr inter log-proto max-reuse maxconn maxqueue "
    "minconn no-agent-check no-check no-check-ssl no-send-proxy no-send-proxy-v2 no-ssl no-ssl-reuse no-sslv3 "
    "no-tls-tickets no-tlsv10 no-tlsv11 no-tlsv12 no-verifyhost observe on-error on-marked-down on-marked-up "
    "pool-low-conn pool-max-conn pool-purge-delay port proto resolve-prefer rise send-proxy send-proxy-v2 "
    "send-proxy-v2-ssl send-proxy-v2-ssl-cn shard slowstart sni source ssl ssl-max-ver ssl-min-ver tcp-ut tfo "
    "track verify verifyhost weight ws ";

// Of text that HAProxy splits into words: what is quoted or escaped means nothing to it.
std::optional<std::string> words_problem(std::string_view text) {
    char quote = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (c == '\\' && quote != '\'') {
            if (++at == text.size()) return "ends in a backslash, which would escape the end of the line";
        } else if (quote != 0) {
            if (c == quote) quote = 0;
        } else if (c == '"' || c == '\'') {
            quote = c;
        } else if (c == '#') {
            return fmt::format("holds a #, behind which all would be a comment: \"{}\"", text.substr(at));
        }
    }
    if (quote != 0) return fmt::format("holds a {} that does not end", quote);
    return std::nullopt;
}

std::string_view first_word(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    return text.substr(0, text.find(' '));
}

// Of a first word that HAProxy would read as another one.
std::optional<std::string> disguise_of(std::string_view word) {
    const auto found = word.find_first_of("\"'\\$");
    if (found == std::string_view::npos) return std::nullopt;
    return fmt::format("begins with a word that holds a {}: {}", word[found], word);
}

bool is_among(std::string_view words, std::string_view word) {
    return words.find(" " + std::string(word) + " ") != std::string_view::npos;
}

}  // namespace

std::optional<std::string> haproxy_line_problem(std::string_view text) {
    if (has_control(text)) return "holds a control character, which a line of HAProxy's configuration cannot";
    return words_problem(text);
}

std::optional<std::string> haproxy_option_problem(std::string_view line) {
    if (auto problem = haproxy_line_problem(line)) return problem;
    const std::string_view word = first_word(line);
    if (word.empty()) return "is empty";
    if (auto problem = disguise_of(word)) return problem;
    for (const Owned& owned : kOwned)
        if (owned.word == word) return fmt::format("begins with \"{}\", which is said by {}", word, owned.attribute);
    if (!is_among(kListenWords, word))
        return fmt::format("begins with \"{}\", which is no word that lines of a `listen` section may begin with here",
                           word);
    return std::nullopt;
}

std::optional<std::string> haproxy_server_options_problem(std::string_view text) {
    if (auto problem = haproxy_line_problem(text)) return problem;
    const std::string_view word = first_word(text);
    if (word.empty()) return std::nullopt;
    if (auto problem = disguise_of(word)) return problem;
    if (!is_among(kServerWords, word))
        return fmt::format("begins with \"{}\", which is no option of a server that may stand here", word);
    return std::nullopt;
}

std::optional<std::string> haproxy_path_problem(std::string_view path) {
    if (!path.starts_with('/')) return "does not begin with /";
    if (has_control(path)) return "holds a control character, which a line of HAProxy's configuration cannot";
    if (const auto found = path.find_first_of(" #\"'\\"); found != std::string_view::npos)
        return fmt::format("holds a '{}', which ends or changes a word of HAProxy's configuration", path[found]);
    return std::nullopt;
}

bool is_haproxy_balance(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("-_(),.").contains(c);
    });
}

}  // namespace pigsty::render
