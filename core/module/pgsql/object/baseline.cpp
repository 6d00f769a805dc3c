#include "core/module/pgsql/object/baseline.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

#include <spdlog/fmt/fmt.h>

namespace pigsty::module::pgsql {
namespace {

bool begins_word(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_' || (c & '\x80') != 0; }
bool continues_word(char c) { return begins_word(c) || std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '$'; }

// Walks over the text a token at a time, as psqlscan.l does.
class Scanner {
  public:
    explicit Scanner(std::string_view text) : text_(text) {}

    std::optional<BaselineProblem> problem() {
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (starts("--")) {
                at_ = std::min(text_.find('\n', at_), text_.size());
            } else if (starts("/*")) {
                skip_comment();
            } else if (c == '\'') {
                skip_quoted('\'', false);
            } else if (c == '"') {
                skip_quoted('"', false);
            } else if (c == '$' && skip_dollar_quote()) {
                continue;
            } else if (begins_word(c)) {
                word();
            } else if (c == '\\') {
                return psql_command();
            } else {
                if (c == '(') ++parens_;
                if (c == ')') parens_ = std::max(0, parens_ - 1);
                ++at_;
                if (c == ';' && parens_ == 0 && blocks_ == 0)
                    if (auto found = end_statement()) return found;
            }
        }
        return end_statement();
    }

  private:
    [[nodiscard]] bool starts(std::string_view what) const { return text_.substr(at_).starts_with(what); }

    [[nodiscard]] std::string line_of(std::size_t at) const {
        return fmt::format("line {}", 1 + std::ranges::count(text_.substr(0, at), '\n'));
    }

    void skip_comment() {
        int depth = 0;
        do {
            if (starts("/*")) {
                ++depth;
                at_ += 2;
            } else if (starts("*/")) {
                --depth;
                at_ += 2;
            } else {
                ++at_;
            }
        } while (depth > 0 && at_ < text_.size());
    }

    void skip_quoted(char quote, bool has_escapes) {
        for (++at_; at_ < text_.size(); ++at_) {
            if (has_escapes && text_[at_] == '\\') {
                ++at_;
            } else if (text_[at_] == quote) {
                ++at_;
                return;  // a doubled quote begins what reads as another one, which ends the same
            }
        }
    }

    // Whether it is one: $1 is a parameter.
    bool skip_dollar_quote() {
        std::size_t end = at_ + 1;
        if (end < text_.size() && begins_word(text_[end]))
            while (end < text_.size() && text_[end] != '$' && continues_word(text_[end])) ++end;
        if (end >= text_.size() || text_[end] != '$') return false;
        const std::string_view tag = text_.substr(at_, end + 1 - at_);
        const auto close = text_.find(tag, end + 1);
        at_ = close == std::string_view::npos ? text_.size() : close + tag.size();
        return true;
    }

    void word() {
        const std::size_t begin = at_;
        while (at_ < text_.size() && continues_word(text_[at_])) ++at_;
        std::string upper(text_.substr(begin, at_ - begin));
        std::ranges::transform(upper, upper.begin(),
                               [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
        if (at_ < text_.size() && text_[at_] == '\'') {
            skip_quoted('\'', upper == "E");
            return;
        }
        if (words_.empty()) statement_at_ = begin;
        if (parens_ == 0 && makes_routine()) {
            if (upper == "BEGIN" || (upper == "CASE" && blocks_ > 0)) ++blocks_;
            if (upper == "END") blocks_ = std::max(0, blocks_ - 1);
        }
        if (words_.size() < kWords || upper == "STDIN" || upper == "STDOUT" || upper == "CONCURRENTLY")
            words_.push_back(std::move(upper));
    }

    // CREATE [OR REPLACE] FUNCTION | PROCEDURE: its body may hold statements of its own.
    [[nodiscard]] bool makes_routine() const {
        if (words_.empty() || words_[0] != "CREATE") return false;
        const std::size_t at = words_.size() > 2 && words_[1] == "OR" && words_[2] == "REPLACE" ? 3 : 1;
        return words_.size() > at && (words_[at] == "FUNCTION" || words_[at] == "PROCEDURE");
    }

    std::optional<BaselineProblem> psql_command() const {
        std::size_t end = at_ + 1;
        while (end < text_.size() && std::isspace(static_cast<unsigned char>(text_[end])) == 0) ++end;
        const std::string command(text_.substr(at_, std::min<std::size_t>(end - at_, 40)));
        if (command == "\\restrict" || command == "\\unrestrict")
            return BaselineProblem{
                fmt::format("{}: {} is a command of psql, which runs nowhere here", line_of(at_), command),
                "pg_dump writes \\restrict at the beginning of a dump and \\unrestrict at its end: remove both lines"};
        return BaselineProblem{
            fmt::format("{}: {} is a command of psql, which runs nowhere here", line_of(at_), command),
            "remove it; where it is the end of data (\\.), dump with pg_dump --inserts"};
    }

    [[nodiscard]] bool is(std::initializer_list<std::string_view> words) const {
        return words_.size() >= words.size() && std::equal(words.begin(), words.end(), words_.begin());
    }
    [[nodiscard]] bool has(std::string_view word) const { return std::ranges::find(words_, word) != words_.end(); }

    std::optional<BaselineProblem> end_statement() {
        auto found = statement_problem();
        words_.clear();
        return found;
    }

    [[nodiscard]] std::optional<BaselineProblem> statement_problem() const {
        if (words_.empty()) return std::nullopt;
        const auto problem = [&](std::string_view what, std::string hint) {
            return BaselineProblem{fmt::format("{}: {}", line_of(statement_at_), what), std::move(hint)};
        };
        if (is({"COPY"}) && (has("STDIN") || has("STDOUT")))
            return problem("COPY from or to a client has none here", "dump the data with pg_dump --inserts");
        if (is({"SET", "SESSION", "AUTHORIZATION"}) || is({"RESET", "SESSION", "AUTHORIZATION"}) ||
            is({"SET", "LOCAL", "SESSION", "AUTHORIZATION"}))
            return problem("SET SESSION AUTHORIZATION would make what follows, and our own statements, somebody else's",
                           "dump without --use-set-session-authorization, or with --no-owner");
        const bool ends = is({"BEGIN"}) || is({"START", "TRANSACTION"}) || is({"COMMIT"}) || is({"END"}) ||
                          is({"ABORT"}) || is({"PREPARE", "TRANSACTION"}) ||
                          (is({"ROLLBACK"}) && !is({"ROLLBACK", "TO"}) && !is({"ROLLBACK", "WORK", "TO"}) &&
                           !is({"ROLLBACK", "TRANSACTION", "TO"}));
        if (ends)
            return problem(words_[0] + " is not possible: all of it runs in one transaction",
                           "remove BEGIN, COMMIT and ROLLBACK; savepoints are possible");
        const bool alone = is({"VACUUM"}) || is({"ALTER", "SYSTEM"}) || is({"CREATE", "DATABASE"}) ||
                           is({"DROP", "DATABASE"}) || is({"CREATE", "TABLESPACE"}) || is({"DROP", "TABLESPACE"}) ||
                           ((is({"CREATE"}) || is({"DROP"}) || is({"REINDEX"})) && has("CONCURRENTLY"));
        if (!alone) return std::nullopt;
        return problem(words_[0] + (words_.size() > 1 && !is({"VACUUM"}) ? " " + words_[1] : "") +
                           (has("CONCURRENTLY") ? " … CONCURRENTLY" : "") + " cannot run inside a transaction",
                       "all of the baseline runs in one: remove it, or run it afterwards");
    }

    static constexpr std::size_t kWords = 6;  // of a statement's beginning

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t statement_at_ = 0;
    std::vector<std::string> words_{};
    int parens_ = 0;
    int blocks_ = 0;
};

}  // namespace

std::optional<BaselineProblem> baseline_problem(std::string_view text) { return Scanner(text).problem(); }

}  // namespace pigsty::module::pgsql
