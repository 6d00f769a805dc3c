#include "core/render/selector.h"

#include <array>
#include <cctype>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include <spdlog/fmt/fmt.h>

namespace pigsty::render {

namespace {

using Json = nlohmann::json;
using Value = std::function<Json(const Json&)>;

// JMESPath: false, null and everything empty are false; zero is not.
bool is_true(const Json& value) {
    if (value.is_boolean()) return value.get<bool>();
    if (value.is_string()) return !value.get_ref<const std::string&>().empty();
    return value.is_number() || !value.empty();
}

bool compares(std::string_view op, const Json& a, const Json& b) {
    if (op == "==") return a == b;
    if (op == "!=") return a != b;
    if (!a.is_number() || !b.is_number()) return false;  // order is of numbers alone
    if (op == "<") return a < b;
    if (op == "<=") return a <= b;
    if (op == ">") return a > b;
    return a >= b;
}

Json call(std::string_view name, const Json& subject, const Json& wanted) {
    if (name == "contains" && subject.is_array()) {
        for (const Json& entry : subject)
            if (entry == wanted) return true;
        return false;
    }
    if (!subject.is_string() || !wanted.is_string()) return false;
    const std::string& text = subject.get_ref<const std::string&>();
    const std::string& part = wanted.get_ref<const std::string&>();
    if (name == "contains") return text.find(part) != std::string::npos;
    return name == "starts_with" ? text.starts_with(part) : text.ends_with(part);
}

// Recursive descent; the first problem stops everything and is kept.
class Parser {
  public:
    explicit Parser(std::string_view text) : text_(text) {}

    // Null without a problem: everybody.
    std::optional<Value> selector() {
        std::optional<Value> condition;
        expect("[");
        if (accept("?")) condition = either();
        expect("]");
        skip();
        if (at_ != text_.size()) problem("the end");
        return condition;
    }

    [[nodiscard]] const std::string& error() const { return error_; }
    std::set<std::string> names{};

  private:
    Value either() {
        Value left = both();
        while (accept("||"))
            left = [left, right = both()](const Json& m) {
                Json value = left(m);
                return is_true(value) ? value : right(m);
            };
        return left;
    }
    Value both() {
        Value left = negation();
        while (accept("&&"))
            left = [left, right = negation()](const Json& m) {
                Json value = left(m);
                return is_true(value) ? right(m) : value;
            };
        return left;
    }
    Value negation() {
        if (next_is("!=") || !accept("!")) return comparison();
        return [operand = negation()](const Json& m) { return Json(!is_true(operand(m))); };
    }
    Value comparison() {
        Value left = primary();
        for (const std::string_view op : {"==", "!=", "<=", ">=", "<", ">"})
            if (accept(op))
                return [op, left, right = primary()](const Json& m) { return Json(compares(op, left(m), right(m))); };
        return left;
    }
    Value primary() {
        if (!error_.empty()) return null();
        if (accept("(")) {
            Value inside = either();
            expect(")");
            return inside;
        }
        if (accept("`")) return literal('`');
        if (accept("'")) return literal('\'');
        if (accept("\"")) {
            const auto name = until('"');
            return name ? member_name(*name) : null();
        }
        const std::string name = identifier();
        if (name.empty()) {
            problem("a name, a literal or a parenthesis");
            return null();
        }
        return accept("(") ? function(name) : member_name(name);
    }
    Value function(const std::string& name) {
        if (name != "contains" && name != "starts_with" && name != "ends_with") {
            if (error_.empty()) error_ = fmt::format("there is no function {}()", name);
            return null();
        }
        Value subject = either();
        expect(",");
        Value wanted = either();
        expect(")");
        return [name, subject, wanted](const Json& m) { return call(name, subject(m), wanted(m)); };
    }
    Value literal(char quote) {
        const auto text = until(quote);
        if (!text) return null();
        Json value = *text;
        // `text` without quotes is an old JMESPath form that Pigsty's services are written in.
        if (quote == '`')
            if (Json parsed = Json::parse(*text, nullptr, false); !parsed.is_discarded()) value = std::move(parsed);
        return [value](const Json&) { return value; };
    }
    Value member_name(const std::string& name) {
        if (!selector_names().contains(name) && error_.empty()) error_ = fmt::format("members have no \"{}\"", name);
        names.insert(name);
        return [name](const Json& m) {
            const auto found = m.find(name);
            return found == m.end() ? Json(nullptr) : *found;
        };
    }

    std::optional<std::string> until(char quote) {
        const std::size_t end = text_.find(quote, at_);
        if (end == std::string_view::npos) {
            problem(fmt::format("a closing {}", quote));
            return std::nullopt;
        }
        return std::string(text_.substr(std::exchange(at_, end + 1), end - at_));
    }
    std::string identifier() {
        skip();
        const std::size_t begin = at_;
        while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) != 0 || text_[at_] == '_'))
            ++at_;
        return std::string(text_.substr(begin, at_ - begin));
    }
    void skip() {
        while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
    }
    bool next_is(std::string_view token) {
        skip();
        return error_.empty() && text_.substr(at_).starts_with(token);
    }
    bool accept(std::string_view token) {
        if (!next_is(token)) return false;
        at_ += token.size();
        return true;
    }
    void expect(std::string_view token) {
        if (!accept(token)) problem(fmt::format("\"{}\"", token));
    }
    void problem(std::string_view expected) {
        if (!error_.empty()) return;
        skip();
        const std::string_view rest = text_.substr(at_);
        error_ = rest.empty() ? fmt::format("expected {} at the end", expected)
                              : fmt::format("expected {} at \"{}\"", expected, rest.substr(0, 20));
    }
    static Value null() {
        return [](const Json&) { return Json(nullptr); };
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::string error_;
};

}  // namespace

Result<Selector> Selector::parse(std::string_view text) {
    Parser parser(text);
    std::optional<Value> condition = parser.selector();
    if (!parser.error().empty())
        return fail(Error{.code = ErrorCode::invalid, .message = fmt::format("selector {}: {}", text, parser.error())}
                        .with_hint("for example [] or [? pg_role == `offline` || pg_offline_query ]"));
    Selector selector;
    if (condition) selector.condition_ = std::move(*condition);
    selector.names_ = std::move(parser.names);
    return selector;
}

bool Selector::matches(const nlohmann::json& member) const { return !condition_ || is_true(condition_(member)); }

const std::set<std::string>& selector_names() {
    static const std::set<std::string> names{"inventory_hostname",
                                             "patroni_port",
                                             "patroni_ssl_enabled",
                                             "pg_cluster",
                                             "pg_offline_query",
                                             "pg_port",
                                             "pg_role",
                                             "pg_seq",
                                             "pg_weight",
                                             "pgbouncer_port"};
    return names;
}

}  // namespace pigsty::render
