#include "core/item/resolv_conf.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <sstream>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/quote.h"
#include "core/item/path_state.h"

namespace pigsty::item {
namespace {

// Of a look the first line is "there" or "none" and "same", "other" or "missing"; then ours as they stand there. Where it is a link:
// "link" and where to. Arguments: look or write, alone or beside, our lines in front, our lines at the end, one a line. perl-base.
constexpr std::string_view kResolverProgram = R"perl(
use strict;
my ($verb, $how, @ours) = @ARGV;
my $file = "/etc/resolv.conf";
if (-l $file) { print "link ", readlink $file, "\n"; exit($verb eq "look" ? 0 : 1) }
my $text = "";
my $there = -e $file;
if (open my $in, "<", $file) { local $/; $text = <$in> // "" }
my @lines = split /\n/, $text, -1;
pop @lines if @lines && $lines[-1] eq "";
my (@theirs, @found);
while (@lines) {
    my $line = shift @lines;
    if ($line =~ /^# pigsty dns: (.*)$/) {
        push @found, shift @lines if @lines && $lines[0] eq $1;
        next;
    }
    $line = $1 if $line =~ /^# pigsty dns, not ours: (.*)$/;
    $line = "# pigsty dns, not ours: $line" if $how eq "alone" && $line =~ /^\s*(nameserver|search|domain|options|sortlist)\b/;
    push @theirs, "$line\n";
}
my ($front, $end) = map { join "", map { "# pigsty dns: $_\n$_\n" } split /\n/ } @ours;
my $new = $front . join("", @theirs) . $end;
if ($verb eq "look") {
    print $there ? "there " : "none ", $new eq $text ? "same" : $text =~ /^# pigsty dns/m ? "other" : "missing", "\n", map { "our $_\n" } @found;
    exit 0;
}
exit 0 if $new eq $text;
if ($new eq "" && $how eq "gone") { unlink $file or die "$file: $!\n"; exit 0 }
my @rights = stat $file;
open my $out, ">", "$file.pigsty-new" or die "$file.pigsty-new: $!\n";
print $out $new and close $out or die "$file.pigsty-new: $!\n";
chmod $there ? $rights[2] & 07777 : 0644, "$file.pigsty-new";
chown @rights[4, 5], "$file.pigsty-new" if $there;
exit 0 if rename "$file.pigsty-new", $file;
# Where it is mounted by itself (some containers) it can only be written in place.
unlink "$file.pigsty-new";
open $out, ">", $file or die "$file: $!\n";
print $out $new and close $out or die "$file: $!\n";
)perl";

std::string program_call(std::string_view verb, std::string_view how, const std::string& front,
                         const std::string& end) {
    return fmt::format("perl -e {} {} {} {} {}\n", shell_quote(kResolverProgram), verb, how, shell_quote(front),
                       shell_quote(end));
}

std::string front_of(const ResolvConfSpec& spec) {
    std::string text;
    for (const std::string& server : spec.servers) text += "nameserver " + server + "\n";
    return text;
}

std::string words_line(std::string_view word, const std::vector<std::string>& words) {
    if (words.empty()) return {};
    std::string line(word);
    for (const std::string& each : words) line += " " + each;
    return line + "\n";
}

std::string end_of(const ResolvConfSpec& spec) {
    return words_line("search", spec.search) + words_line("options", spec.options);
}

std::string how_of(const ResolvConfSpec& spec) { return spec.alone ? "alone" : "beside"; }

constexpr std::array<std::string_view, 14> kResolverOptions{
    "debug",          "rotate",    "no-aaaa",        "no-check-names",
    "inet6",          "edns0",     "single-request", "single-request-reopen",
    "no-tld-query",   "use-vc",    "no-reload",      "trust-ad",
    "ip6-bytestring", "ip6-dotint"};
constexpr std::array<std::string_view, 3> kNumberedOptions{"ndots", "timeout", "attempts"};

std::string first_line(const std::string& printed) { return printed.substr(0, printed.find('\n')); }

std::string our_lines(const std::string& printed) {
    std::string text;
    std::istringstream lines(printed);
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with("our ")) text += line.substr(4) + "\n";
    return text;
}

std::string owner_hint(std::string_view target) {
    if (target.contains("systemd/resolve"))
        return "it is systemd-resolved's: set its servers in a file in /etc/systemd/resolved.conf.d, or take it out of "
               "the "
               "way (systemctl disable --now systemd-resolved, and a plain file instead of the link)";
    return "another program writes it: set its servers there, or put a plain file instead of the link";
}

}  // namespace

Status check_resolver_option(std::string_view option) {
    const std::size_t colon = option.find(':');
    const std::string_view name = option.substr(0, colon);
    const std::string_view number = colon == std::string_view::npos ? "" : option.substr(colon + 1);
    const bool counts = !number.empty() && number.size() <= 2 &&
                        std::ranges::all_of(number, [](unsigned char c) { return std::isdigit(c) != 0; });
    if (colon == std::string_view::npos && std::ranges::find(kResolverOptions, name) != kResolverOptions.end())
        return {};
    if (counts && std::ranges::find(kNumberedOptions, name) != kNumberedOptions.end()) return {};
    return fail(
        Error{ErrorCode::invalid,
              fmt::format("expected an option of resolv.conf(5) such as rotate or timeout:1, found \"{}\"", option)}
            .with_hint("one option an element; ndots, timeout and attempts have a number behind a colon"));
}

Status check_search_domain(std::string_view domain) {
    const bool plain = !domain.empty() && domain.size() <= 253 && !domain.starts_with('.') &&
                       !domain.starts_with('-') && !domain.contains("..") &&
                       std::ranges::all_of(domain, [](unsigned char c) {
                           return c < 0x80 && (std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.');
                       });
    if (plain || domain == ".") return {};
    return fail(ErrorCode::invalid, fmt::format("expected a domain such as example.com, found \"{}\"", domain));
}

std::string ResolvConfItem::desired() const {
    return front_of(spec_) + (spec_.alone ? "# nothing of others\n" : "# what others set\n") + end_of(spec_);
}

node::Probe ResolvConfItem::look() const {
    return {node::ProbeKind::command, program_call("look", how_of(spec_), front_of(spec_), end_of(spec_))};
}

node::Probes ResolvConfItem::probes() const { return {look()}; }

std::optional<Change> ResolvConfItem::compare(const node::Observation& seen, const node::ClaimedItem*) const {
    const std::string found = first_line(seen.command(look().key));
    if (found.starts_with("link ")) return Change{Verb::update, "a link to " + found.substr(5)};
    if (found.ends_with(" same")) return std::nullopt;
    if (found.ends_with(" other")) return Change{Verb::update, "our lines differ"};
    return Change{Verb::create, "our lines are missing"};
}

std::vector<node::Operation> ResolvConfItem::operations(const Change&) const {
    return {node::RunScript{
        .text =
            fmt::format("if [ -L /etc/resolv.conf ]; then\n  echo {}\"$(readlink /etc/resolv.conf)\" >&2; exit 1\nfi\n",
                        shell_quote("/etc/resolv.conf: expected a plain file, found a link, which another program "
                                    "owns, to ")) +
            program_call("write", how_of(spec_), front_of(spec_), end_of(spec_))}};
}

node::ClaimedItem ResolvConfItem::claimed(const node::Observation& seen) const {
    return {.kind = kind(),
            .fingerprint = fingerprint(desired()),
            .digest = fingerprint(front_of(spec_) + end_of(spec_)),
            .existed_before = false,
            .probes = {look()},
            .undo = {{"was_file", !seen.command(look().key).starts_with("none")}}};
}

// By our lines alone, whatever is wanted now: what others have there changes nothing that is ours to lose.
std::string ResolvConfItem::state(const node::Observation& seen) const {
    const std::string printed = seen.command(look().key);
    if (printed.starts_with("link ")) return "link";
    return fingerprint(our_lines(printed));
}

Status ResolvConfItem::check(const node::Observation& seen) const {
    const std::string found = first_line(seen.command(look().key));
    if (!found.starts_with("link ")) return {};
    return fail(
        Error{ErrorCode::conflict,
              fmt::format("dns: expected /etc/resolv.conf to be a plain file, found a link to {}", found.substr(5))}
            .with_hint(owner_hint(found)));
}

std::vector<node::Operation> ResolvConfItem::undo(const node::ClaimedItem& claimed) {
    const std::string how = claimed.undo.value("was_file", true) ? "beside" : "gone";
    return {node::RunScript{.text = "[ ! -L /etc/resolv.conf ] || exit 0\n" + program_call("write", how, "", "")}};
}

}  // namespace pigsty::item
