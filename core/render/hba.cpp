#include "core/render/hba.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>

#include <arpa/inet.h>
#include <spdlog/fmt/fmt.h>

#include "core/base/unknown.h"
#include "core/render/banner.h"
#include "core/render/control.h"
#include "core/render/hba_line.h"
#include "core/render/hba_names.h"

namespace pigsty::render {
namespace {

struct Auth {
    std::string_view alias;
    std::string_view method;
    bool tls = false;  // hostssl instead of host, where the address is not this machine
};

constexpr std::array<Auth, 15> kAuths{{{"deny", "reject"},
                                       {"reject", "reject"},
                                       {"trust", "trust"},
                                       {"pwd", "scram-sha-256"},
                                       {"", "scram-sha-256"},
                                       {"sha", "scram-sha-256"},
                                       {"scram-sha-256", "scram-sha-256"},
                                       {"md5", "md5"},
                                       {"ssl", "scram-sha-256", true},
                                       {"ssl-sha", "scram-sha-256", true},
                                       {"ssl-md5", "md5", true},
                                       {"cert", "cert", true},
                                       {"os", "ident"},
                                       {"ident", "ident"},
                                       {"peer", "peer"}}};
constexpr std::string_view kAuthNames = "deny, trust, pwd, sha, md5, ssl, ssl-sha, ssl-md5, cert, ident, peer";
constexpr std::string_view kAddressNames =
    "local, localhost, cluster, intra, admin, infra, world, an IP address or a CIDR such as 10.0.0.0/8";

const Auth* find_auth(std::string_view alias) {
    const auto* const found =
        std::find_if(kAuths.begin(), kAuths.end(), [&](const Auth& a) { return a.alias == alias; });
    return found == kAuths.end() ? nullptr : found;
}

// An alias for a role of the cluster; nothing where the word is none.
std::optional<std::string> role_of(std::string_view word, const HbaContext& context) {
    if (word == "${dbsu}") return context.superuser;
    if (word == "${admin}") return context.admin;
    if (word == "${repl}") return context.replication;
    if (word == "${monitor}") return context.monitor;
    return std::nullopt;
}

// Validation refused what cannot be read; what is not known yet stands as it is, and makes the text unknown.
std::string user_field(const std::string& user, const HbaContext& context) {
    const auto names = parse_hba_names(user);
    if (has_unknown(user) || !names) return user;
    std::string out;
    for (const HbaName& name : *names) {
        if (!out.empty()) out += ',';
        if (name.membership)
            out += "+" + hba_name_text(name.text);
        else if (!name.quoted && name.text == "all")
            out += name.text;
        else
            out += hba_name_text(name.quoted ? name.text : role_of(name.text, context).value_or(name.text));
    }
    return out;
}

std::string database_field(const std::string& database) {
    const auto names = parse_hba_names(database);
    if (has_unknown(database) || !names) return database;
    std::string out;
    for (const HbaName& name : *names) {
        const std::string text = (name.membership ? "+" : "") + name.text;
        const bool keyword = !name.quoted && !name.membership && is_hba_database_keyword(text);
        out += (out.empty() ? "" : ",") + (keyword ? text : hba_name_text(text));
    }
    return out;
}

struct Place {
    std::string_view type;  // local | host
    std::string cidr{};
    bool remote = true;  // not this machine: TLS can be asked for
};

// Nothing where the text is no alias and no address.
std::optional<std::vector<Place>> places(const std::string& addr, const HbaContext& context) {
    const auto all = [](const std::vector<std::string>& networks) {
        std::vector<Place> out;
        for (const std::string& network : networks) {
            const auto cidr = normalized_cidr(network);
            out.push_back({"host", cidr ? *cidr : network});
        }
        return out;
    };
    if (addr == "local") return std::vector<Place>{{"local", "", false}};
    if (addr == "localhost")
        return std::vector<Place>{{"local", "", false}, {"host", "127.0.0.1/32", false}, {"host", "::1/128", false}};
    if (addr == "world" || addr == "all") return std::vector<Place>{{"host", "0.0.0.0/0"}, {"host", "::/0"}};
    if (addr == "cluster") return all(context.members);
    if (addr == "intra" || addr == "intranet")
        return all(context.networks.intra ? *context.networks.intra : default_intra_networks());
    if (addr == "admin") return all(context.networks.admin);
    if (addr == "infra") return all(context.networks.infra);
    if (const auto cidr = normalized_cidr(addr)) return std::vector<Place>{{"host", *cidr}};
    return std::nullopt;
}

std::string_view networks_attribute(std::string_view addr) {
    if (addr == "admin" || addr == "infra") return addr;
    return "intra";
}

void check_name(std::string_view field, const HbaName& name, HbaTarget target, std::vector<HbaProblem>& problems) {
    const auto add = [&](std::string message, std::string hint) {
        problems.push_back({std::string(field), std::move(message), std::move(hint)});
    };
    if (is_hba_pattern(name))
        return add(fmt::format("expected a name, found the pattern \"{}\"", name.text),
                   "PostgreSQL reads what begins with / as a regular expression, quoted or not: a pattern can be "
                   "written as a line in rules");
    if (name.text.size() > 63)
        return add(fmt::format("a name has at most 63 bytes, found {}", name.text.size()),
                   "PostgreSQL compares the whole text, so that it would match nobody");
    if (name.quoted) return;
    if (name.text.starts_with('@'))
        return add(fmt::format("expected names, found the file \"{}\"", name.text),
                   "no file is read: write the names; where it is a name, put it into double quotes");
    if (name.text.starts_with("${") && (field == "db" || !role_of(name.text, {})))
        return add(fmt::format("there is no alias \"{}\"", name.text),
                   "in `user` there are ${dbsu}, ${admin}, ${repl} and ${monitor}; where it is a name, put it into "
                   "double quotes");
    if (target == HbaTarget::pgbouncer && field == "db" && is_hba_database_keyword(name.text) && name.text != "all" &&
        name.text != "sameuser")
        add(fmt::format("pgbouncer knows no \"{}\" in its HBA file", name.text),
            "name the databases, or write all; where it is a name, put it into double quotes");
}

void check_names(std::string_view field, const std::string& text, HbaTarget target, std::vector<HbaProblem>& problems) {
    if (has_unknown(text)) return;
    const auto names = parse_hba_names(text);
    if (!names) {
        problems.push_back(
            {std::string(field), names.error().message, "inside of double quotes \"\" is one of the name"});
        return;
    }
    for (const HbaName& name : *names) {
        if (name.text.empty()) {
            problems.push_back({std::string(field), fmt::format("expected a name, found \"{}\"", text),
                                "names in a list are separated by single commas"});
            return;
        }
        if (target == HbaTarget::pgbouncer && field == "user" && name.membership)
            problems.push_back({"user",
                                fmt::format("pgbouncer knows no role membership: \"+{}\" matches nobody", name.text),
                                "name the users, or write all"});
        check_name(field, name, target, problems);
    }
}

void check_address(const HbaRule& rule, const HbaContext& context, bool own, std::vector<HbaProblem>& problems) {
    if (has_unknown(rule.addr)) return;
    const auto where = places(rule.addr, context);
    if (!where)
        problems.push_back({"addr", fmt::format("expected an address, found \"{}\"", rule.addr),
                            fmt::format("it is one of {}", kAddressNames)});
    else if (where->empty() && own)
        problems.push_back({"addr", fmt::format("\"{}\" stands for no address here", rule.addr),
                            rule.addr == "cluster" ? std::string("the cluster has no members")
                                                   : fmt::format("set networks.{}", networks_attribute(rule.addr))});
}

void check_auth(const HbaRule& rule, const HbaContext& context, HbaTarget target, bool own,
                std::vector<HbaProblem>& problems) {
    if (has_unknown(rule.auth)) return;
    const Auth* const auth = find_auth(rule.auth);
    if (auth == nullptr) {
        problems.push_back({"auth", fmt::format("there is no authentication \"{}\"", rule.auth),
                            fmt::format("it is one of {}", kAuthNames)});
        return;
    }
    if (has_unknown(rule.addr)) return;
    if (own && auth->tls && !context.tls && rule.addr != "localhost")
        problems.push_back({"auth", fmt::format("\"{}\" needs TLS, which is switched off here", rule.auth),
                            target == HbaTarget::pgbouncer ? "set pgbouncer.ssl_mode" : "set ssl = true, or use pwd"});
    const bool socket_only = auth->method == "peer" || (target == HbaTarget::pgbouncer && auth->method == "ident");
    if (socket_only && rule.addr != "local")
        problems.push_back({"auth",
                            fmt::format("\"{}\" works with addr = \"local\" alone, found \"{}\"", rule.auth, rule.addr),
                            "over the network use ssl or cert"});
    if (auth->method == "cert" && (rule.addr == "local" || rule.addr == "localhost"))
        problems.push_back({"auth", fmt::format("\"cert\" needs TLS, which addr = \"{}\" does not have", rule.addr),
                            "use ident or pwd there"});
}

void check_role(const HbaRule& rule, std::vector<HbaProblem>& problems) {
    if (has_unknown(rule.role) || rule.role == "common" || rule.role == "offline") return;
    if (rule.role == "primary" || rule.role == "replica")
        problems.push_back({"role",
                            fmt::format("a rule for role \"{}\" would be wrong after the first failover", rule.role),
                            "leave role out: the same rule on all members"});
    else
        problems.push_back({"role", fmt::format("expected common or offline, found \"{}\"", rule.role)});
}

std::string line(std::string_view type, std::string_view db, std::string_view user, std::string_view cidr,
                 std::string_view method) {
    return fmt::format("{:<8} {:<16} {:<24} {:<20} {}\n", type, db, user, cidr, method);
}

std::string rule_text(const HbaRule& rule, const HbaContext& context, HbaTarget target) {
    std::string lines;
    if (!rule.rules.empty()) {
        for (const std::string& raw : rule.rules) lines += raw + "\n";
    } else {
        const Auth unknown{.alias = {}, .method = rule.auth};
        const Auth& auth = has_unknown(rule.auth) ? unknown : *find_auth(rule.auth);
        std::string_view method = auth.method;
        if (target == HbaTarget::pgbouncer && method == "ident") method = "peer";
        const std::string db = database_field(rule.db);
        const std::string user = user_field(rule.user, context);
        const std::vector<Place> where =
            has_unknown(rule.addr) ? std::vector<Place>{{"host", rule.addr}} : *places(rule.addr, context);
        for (const Place& place : where)
            if (context.tls || !auth.tls || !place.remote)
                lines += line(auth.tls && place.remote ? "hostssl" : place.type, db, user, place.cidr, method);
    }
    if (lines.empty()) return {};  // an alias without addresses, or TLS that is not there, in a default rule

    const bool live = rule.role != "offline" || context.offline;
    std::string text = rule.title.empty() ? "\n" : fmt::format("\n# {}\n", rule.title);
    if (has_unknown(rule.role))
        text += "# " + rule.role + "\n";  // where it stands is not known, so neither is the text
    if (live) return text + lines;
    text += "# for offline members:\n";
    for (std::size_t begin = 0; begin < lines.size();) {
        const std::size_t end = lines.find('\n', begin) + 1;
        text += "# " + lines.substr(begin, end - begin);
        begin = end;
    }
    return text;
}

constexpr std::string_view kColumns =
    "# TYPE   DATABASE         USER                     ADDRESS              METHOD\n";

Result<std::string> render_lines(const std::vector<HbaRule>& defaults, const std::vector<HbaRule>& rules,
                                 const HbaContext& context, HbaTarget target, std::string_view list_name) {
    struct Entry {
        const HbaRule* rule;
        std::string path;
        bool own;
    };
    std::vector<Entry> entries;
    for (std::size_t i = 0; i < defaults.size(); ++i)
        entries.push_back({&defaults[i], fmt::format("default_{}[{}]", list_name, i), false});
    for (std::size_t i = 0; i < rules.size(); ++i)
        entries.push_back({&rules[i], fmt::format("{}[{}]", list_name, i), true});

    for (const Entry& entry : entries)
        for (const HbaProblem& problem : check_hba_rule(*entry.rule, context, target, entry.own))
            return fail(Error{.code = ErrorCode::invalid,
                              .message = fmt::format("{}{}{}: {}", entry.path, problem.field.empty() ? "" : ".",
                                                     problem.field, problem.message)}
                            .with_hint(problem.hint));

    std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
        constexpr std::int64_t kLast = INT64_MAX;
        return a.rule->order.value_or(kLast) < b.rule->order.value_or(kLast);
    });
    std::string text;
    for (const Entry& entry : entries) text += rule_text(*entry.rule, context, target);
    return text;
}

Result<std::string> render(const std::vector<HbaRule>& defaults, const std::vector<HbaRule>& rules,
                           const HbaContext& context, HbaTarget target) {
    TRY(const std::string lines, render_lines(defaults, rules, context, target, "hba_rules"));
    return banner("#", "The first line that matches decides.") + std::string(kColumns) + lines;
}

using AddressBytes = std::array<unsigned char, sizeof(in6_addr)>;

AddressBytes network_of(AddressBytes address, int length, int longest) {
    for (int bit = length; bit < longest; ++bit)
        address.at(static_cast<std::size_t>(bit / 8)) &= static_cast<unsigned char>(~(0x80U >> (bit % 8)));
    return address;
}

}  // namespace

Result<std::string> normalized_cidr(std::string_view text) {
    const auto wrong = [&] {
        return fail(Error{.code = ErrorCode::invalid,
                          .message = fmt::format("expected an IP address or a CIDR, found \"{}\"", text)}
                        .with_hint("for example 10.10.10.10 or 10.0.0.0/8"));
    };
    if (has_unknown(text)) return std::string(text);
    const std::size_t slash = text.find('/');
    const std::string address(text.substr(0, slash));
    AddressBytes parsed{};
    const bool v4 = inet_pton(AF_INET, address.c_str(), parsed.data()) == 1;
    const bool v6 = !v4 && inet_pton(AF_INET6, address.c_str(), parsed.data()) == 1;
    if (!v4 && !v6) return wrong();
    const int longest = v4 ? 32 : 128;
    if (slash == std::string_view::npos) return address + "/" + std::to_string(longest);
    const std::string_view digits = text.substr(slash + 1);
    int length = -1;
    const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
    if (problem != std::errc{} || end != digits.data() + digits.size() || length < 0 || length > longest)
        return wrong();
    // To pgbouncer an address with bits behind the prefix matches nobody; PostgreSQL does not mind them.
    const auto network = network_of(parsed, length, longest);
    if (network == parsed) return std::string(text);
    std::array<char, INET6_ADDRSTRLEN> written{};
    inet_ntop(v4 ? AF_INET : AF_INET6, network.data(), written.data(), written.size());
    return fmt::format("{}/{}", written.data(), length);
}

std::vector<HbaProblem> check_hba_rule(const HbaRule& rule, const HbaContext& context, HbaTarget target, bool own) {
    std::vector<HbaProblem> problems;
    const auto check_text = [&](std::string field, const std::string& text) {
        if (has_control(text))
            problems.push_back(
                {std::move(field), "a line of the HBA file cannot hold control characters", "remove them"});
    };
    // PostgreSQL joins a line that ends in a backslash with the next one, be it a comment (14 and newer).
    const auto check_end = [&](std::string field, const std::string& text) {
        if (text.ends_with('\\'))
            problems.push_back({std::move(field), "a line of the HBA file cannot end in a backslash",
                                "PostgreSQL would join it with the next line"});
    };
    check_text("title", rule.title);
    check_end("title", rule.title);
    check_text("user", rule.user);
    check_text("db", rule.db);
    check_role(rule, problems);
    for (std::size_t i = 0; i < rule.rules.size(); ++i) {
        const std::string field = fmt::format("rules[{}]", i);
        check_text(field, rule.rules[i]);
        check_end(field, rule.rules[i]);
        if (has_unknown(rule.rules[i])) continue;
        if (const auto problem = check_hba_line(rule.rules[i], target, context.tls))
            problems.push_back({field, problem->message, problem->hint});
    }
    if (!rule.rules.empty()) return problems;
    if (rule.addr.empty()) {
        problems.push_back({"", "a rule needs addr, or the lines themselves in rules",
                            fmt::format("addr is one of {}", kAddressNames)});
        return problems;
    }
    check_names("user", rule.user, target, problems);
    check_names("db", rule.db, target, problems);
    check_address(rule, context, own, problems);
    check_auth(rule, context, target, own, problems);
    return problems;
}

Result<std::string> render_pg_hba(const std::vector<HbaRule>& defaults, const std::vector<HbaRule>& rules,
                                  const HbaContext& context) {
    return render(defaults, rules, context, HbaTarget::postgresql);
}

Result<std::string> render_pg_hba_rules(const std::vector<HbaRule>& rules, const HbaContext& context) {
    TRY(const std::string lines, render_lines({}, rules, context, HbaTarget::postgresql, "rules"));
    return std::string(kColumns) + lines;
}

Result<std::string> render_pgbouncer_hba(const std::vector<HbaRule>& defaults, const std::vector<HbaRule>& rules,
                                         const HbaContext& context) {
    return render(defaults, rules, context, HbaTarget::pgbouncer);
}

}  // namespace pigsty::render
