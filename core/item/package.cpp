#include "core/item/package.h"

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/quote.h"
#include "core/item/deb_version.h"
#include "core/item/shell_parts.h"

namespace pigsty::item {
namespace {

bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
}

// To apt "name-" means "remove name" and "name+" means "install name", unless a package is really called so. None of Debian's
// is called "…-"; those called "…+" are C++'s, Emacs' and these.
bool has_apt_suffix(std::string_view name) {
    constexpr std::array<std::string_view, 5> kWithPlus{"impose+", "memtest86+", "minisat+", "ncbi-blast+",
                                                        "wmweather+"};
    if (name.ends_with('-')) return true;
    return name.ends_with('+') && !name.ends_with("++") && !name.starts_with("elpa-") &&
           std::ranges::find(kWithPlus, name) == kWithPlus.end();
}

bool is_version(std::string_view version) {
    return !version.empty() && std::ranges::all_of(version, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("+-.:~").contains(c);
    });
}

// Looks at what apt knows of the names given to it: "real NAME", or "virtual NAME PROVIDER PROVIDER"; nothing of unknown ones.
// apt itself would take what it does not find for a regular expression.
constexpr std::string_view kKinds = R"(package_kinds() {
  apt-cache showpkg -- "$@" 2>/dev/null | perl -e '
    my %asked = map { $_ => 1 } @ARGV;
    my ($name, $part, @names, %real, %by) = ("", "");
    while (<STDIN>) {
      if (/^Package: (\S+)/) { $name = $1; $part = ""; push @names, $name if $asked{$name} }
      elsif (/^(Versions|Reverse Provides):/) { $part = $1 }
      elsif (/^(Dependencies|Provides|Reverse Depends):/) { $part = "" }
      elsif ($part eq "Versions" && /\S/) { $real{$name} = 1; $part = "" }
      elsif ($part eq "Reverse Provides" && /^(\S+)/) { $by{$name}{$1} = 1 }
    }
    for (@names) { print $real{$_} ? "real $_\n" : $by{$_} ? "virtual $_ @{[sort keys %{$by{$_}}]}\n" : "" }' -- "$@"
}
)";

// Our policy-rc.d forbids starts only while this very process lives, so that a killed run leaves nothing behind that an
// administrator would trip over; a policy that was there before is asked in all other cases.
constexpr std::string_view kPolicy = R"(policy=/usr/sbin/policy-rc.d
theirs=$policy.before-pigsty
if [ -e $policy ] && ! grep -q '^# pigsty' $policy; then mv -f -- $policy $theirs; fi
cat > $policy.pigsty-new <<END
#!/bin/sh
# pigsty: services do not start while packages are being installed
if kill -0 $$ 2>/dev/null; then exit 101; fi
if [ -x $theirs ]; then exec $theirs "\$@"; fi
exit 0
END
chmod 0755 $policy.pigsty-new && mv -f -- $policy.pigsty-new $policy || exit 1
give_back() { if [ -e $theirs ]; then mv -f -- $theirs $policy; else rm -f -- $policy; fi; }
trap give_back EXIT
trap 'exit 143' HUP INT TERM
)";

}  // namespace

std::string PackageItem::desired() const {
    return "package " + spec_.name + (spec_.version ? "=" + *spec_.version : "");
}

node::Probes PackageItem::probes() const { return {{node::ProbeKind::package, spec_.name}}; }

std::optional<Change> PackageItem::compare(const node::Observation& seen, const node::ClaimedItem*) const {
    const auto version = seen.package_version(spec_.name);
    if (!version) return Change{Verb::create, "not installed"};
    if (spec_.version && compare_deb_versions(*spec_.version, *version) != 0) {
        return Change{Verb::update, fmt::format("version {}, expected {}", *version, *spec_.version)};
    }
    return std::nullopt;
}

node::RunScript PackageItem::install(std::span<const PackageSpec> packages) {
    std::string names;
    for (const PackageSpec& package : packages) {
        names += " " + shell_quote(package.name + (package.version ? "=" + *package.version : ""));
    }
    std::string plain;
    for (const PackageSpec& package : packages) plain += " " + shell_quote(package.name);
    // Indexes are read again only where they do not know a package or name files that are gone.
    return {
        .text = fmt::format(
            "{apt}{kinds}"
            // Prints the first name that is none of a real package, and why.
            "not_a_package() {{\n"
            "  kinds=$(package_kinds \"$@\")\n"
            "  for name in \"$@\"; do\n"
            "    case \"\n$kinds\n\" in\n"
            "      *\"\nreal $name\n\"*) ;;\n"
            "      *\"\nvirtual $name \"*) echo \"$kinds\" | sed -n \"s/^virtual $name /$name is a virtual package: "
            "name "
            "one of those that provide it: /p\"; return 0;;\n"
            "      *) echo \"E: Unable to locate package $name\"; return 0;;\n"
            "    esac\n"
            "  done\n"
            "  return 1\n"
            "}}\n"
            "unknown='Unable to locate|has no installation candidate|was not found|Failed to fetch|Unable to fetch'\n"
            "if not_a_package{plain} >/dev/null; then\n"
            "  apt_get update || apt_failed\n"
            "  if cause=$(not_a_package{plain}); then echo \"$cause\" >&2; apt_done; exit 1; fi\n"
            "fi\n"
            "{policy}"
            "if ! apt_get install --allow-downgrades --{names}; then\n"
            "  grep -Eq \"$unknown\" $apt_log || apt_failed\n"
            "  apt_get update\n"
            "  apt_get install --allow-downgrades --{names} || apt_failed\n"
            "fi\n"
            "apt_done\n",
            fmt::arg("apt", apt_function()), fmt::arg("kinds", kKinds), fmt::arg("policy", kPolicy),
            fmt::arg("plain", plain), fmt::arg("names", names)),
        .stall = std::chrono::minutes(10)};
}

std::vector<node::Operation> PackageItem::operations(const Change&) const { return {install(std::span(&spec_, 1))}; }

node::ClaimedItem PackageItem::claimed(const node::Observation& seen) const {
    return {.kind = kind(),
            .fingerprint = fingerprint(desired()),
            .existed_before = seen.package_version(spec_.name).has_value(),
            .shared = true,
            .probes = {*probes().begin()},
            .undo = {{"remove", spec_.remove_with_us}}};
}

Status PackageItem::valid() const { return check_package(spec_.name + (spec_.version ? "=" + *spec_.version : "")); }

Result<PackageSpec> read_package(std::string_view text) {
    const std::size_t equals = text.find('=');
    const std::string_view name = text.substr(0, equals);
    const auto refused = [&](std::string found, std::string hint) {
        return fail(
            Error{ErrorCode::invalid, fmt::format("expected a package as NAME or NAME=VERSION, found {}", found)}
                .with_hint(std::move(hint)));
    };
    if (name.size() < 2 || !std::isalnum(static_cast<unsigned char>(name.front())) ||
        !std::ranges::all_of(name, is_name_character))
        return refused(
            fmt::format("\"{}\"", text),
            "a name has lower-case letters, digits, + - and . only; patterns, /release and :architecture are "
            "not taken");
    if (has_apt_suffix(name))
        return refused(
            fmt::format("\"{}\", which tells apt to {}", text, name.ends_with('-') ? "remove it" : "install it"),
            "write the name without its last character");
    if (equals == std::string_view::npos) return PackageSpec{.name = std::string(name)};
    const std::string_view version = text.substr(equals + 1);
    if (!is_version(version))
        return refused(fmt::format("the version \"{}\"", version), "write a whole version as `apt list -a` shows it");
    return PackageSpec{.name = std::string(name), .version = std::string(version)};
}

Status check_package(std::string_view text) {
    TRY(const PackageSpec package, read_package(text));
    static_cast<void>(package);
    return {};
}

node::Probes ChosenPackageItem::looks() const {
    return {
        {node::ProbeKind::command,
         fmt::format("{0}if [ \"$(dpkg-query -W -f '${{db:Status-Status}}' -- {1} 2>/dev/null)\" != installed ]; then "
                     "package_kinds {1}; fi\n",
                     kKinds, shell_quote(spec().name))}};
}

Status ChosenPackageItem::check(const node::Observation& seen) const {
    const std::string kind = seen.command(looks().begin()->key);
    const std::string prefix = "virtual " + spec().name + " ";
    if (!kind.starts_with(prefix)) return {};
    std::string providers = kind.substr(prefix.size(), kind.find('\n') - prefix.size());
    return fail(
        Error{ErrorCode::conflict,
              fmt::format("expected a package that can be installed, found that {} is a virtual one, provided by: {}",
                          spec().name, providers)}
            .with_hint("name one of those"));
}

std::vector<node::Operation> PackageItem::undo(const std::string& name, const node::ClaimedItem& claimed) {
    if (claimed.existed_before || !claimed.undo.value("remove", false)) return {};
    return {node::RunScript{
        .text = fmt::format("{}apt_get remove -- {} || apt_failed\napt_done\n", apt_function(), shell_quote(name)),
        .stall = std::chrono::minutes(10)}};
}

}  // namespace pigsty::item
