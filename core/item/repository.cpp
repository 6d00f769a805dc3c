#include "core/item/repository.h"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "core/base/constraint.h"
#include "core/base/hash.h"
#include "core/base/quote.h"
#include "core/item/key_text.h"
#include "core/item/line_format.h"
#include "core/item/path_state.h"
#include "core/item/put_back.h"
#include "core/item/shell_parts.h"

namespace pigsty::item {
namespace {

std::string source_path(const std::string& name) { return "/etc/apt/sources.list.d/pigsty-" + name + ".sources"; }
std::string key_path(const std::string& name) { return "/etc/apt/keyrings/pigsty-" + name + ".asc"; }

// Prints "FILE<tab>SIGNED-BY" of the first source that has one of these URIs and suites with another key. apt then reads
// nothing any more: "Conflicting values set for option Signed-By".
constexpr std::string_view kFindConflict = R"(use strict; use warnings;
my ($own, $key, $uris, $suites) = @ARGV;
my %wanted;
for my $uri (split ' ', $uris) { for my $suite (split ' ', $suites) { $wanted{$uri =~ s{/+\z}{}r . ' ' . $suite =~ s{/+\z}{}r} = 1 } }
sub look {
    my ($file, $signed, $uris, $suites) = @_;
    $signed = join ' ', split ' ', $signed // '';
    return if $signed eq $key;
    for my $uri (split ' ', $uris // '') {
        for my $suite (split ' ', $suites // '') {
            next if !$wanted{$uri =~ s{/+\z}{}r . ' ' . $suite =~ s{/+\z}{}r};
            print "$file\t", $signed =~ /BEGIN PGP/ ? 'a key of its own' : $signed, "\n";
            exit 0;
        }
    }
}
for my $file (grep { $_ ne $own } sort '/etc/apt/sources.list', glob('/etc/apt/sources.list.d/*.list'), glob('/etc/apt/sources.list.d/*.sources')) {
    open my $in, '<', $file or next;
    my $text = do { local $/; <$in> } // '';
    if ($file =~ /\.list\z/) {
        for (split /\n/, $text) {
            s/#.*//;
            next if !/^\s*deb(?:-src)?\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S+)/;
            my ($options, $uri, $suite) = ($1 // '', $2, $3);
            look($file, $options =~ /(?:^|\s)signed-by=(\S+)/ ? $1 : '', $uri, $suite);
        }
        next;
    }
    $text =~ s/^#.*\n?//mg;
    for my $entry (split /\n[ \t]*\n+/, $text) {
        my (%field, $name);
        for (split /\n/, $entry) {
            if (/^([A-Za-z-]+):\s*(.*)/) { $name = lc $1; $field{$name} = $2 }
            elsif (defined $name) { $field{$name} .= " $_" }
        }
        look($file, @field{qw(signed-by uris suites)}) if lc($field{enabled} // 'yes') !~ /^(?:no|false|0|off)/;
    }
}
)";

std::string digest_text(const std::string& source, const std::string& key) {
    return fmt::format("source {} key {}", source, key.empty() ? "none" : key);
}

}  // namespace

std::string RepositoryItem::source_text() const {
    std::string text = fmt::format("Types: {}\nURIs: {}\nSuites: {}\n", join(spec_.types, " "), join(spec_.uris, " "),
                                   join(spec_.suites, " "));
    if (!spec_.components.empty()) text += fmt::format("Components: {}\n", join(spec_.components, " "));
    if (!spec_.architectures.empty()) text += fmt::format("Architectures: {}\n", join(spec_.architectures, " "));
    if (!spec_.signed_by.empty()) text += fmt::format("Signed-By: {}\n", key_path(spec_.name));
    if (spec_.trusted) text += "Trusted: yes\n";
    return text;
}

std::string RepositoryItem::desired() const { return source_text() + spec_.signed_by; }

std::string RepositoryItem::find_conflict() const {
    return fmt::format("perl -e {} -- {} {} {} {}\n", shell_quote(kFindConflict), shell_quote(source_path(spec_.name)),
                       shell_quote(spec_.signed_by.empty() ? "" : key_path(spec_.name)),
                       shell_quote(join(spec_.uris, " ")), shell_quote(join(spec_.suites, " ")));
}

node::Probes RepositoryItem::looks() const { return {{node::ProbeKind::command, find_conflict()}}; }

Status RepositoryItem::check(const node::Observation& seen) const {
    const std::string found = seen.command(find_conflict());
    const std::size_t tab = found.find('\t');
    if (tab == std::string::npos) return {};
    const std::string file = found.substr(0, tab);
    const std::string signed_by = found.substr(tab + 1, found.find('\n') - tab - 1);
    return fail(
        Error{ErrorCode::conflict,
              fmt::format(
                  "{}: expected no other source of it on the node, found {} with Signed-By {}, where {} has {}: apt "
                  "reads nothing at all while two files disagree",
                  label(), file, signed_by.empty() ? "left out" : signed_by, source_path(spec_.name),
                  spec_.signed_by.empty() ? "none" : key_path(spec_.name))}
            .with_hint(fmt::format("take {} away on the node, or leave this repository out: it has it already", file)));
}

node::Probes RepositoryItem::probes() const {
    return {{node::ProbeKind::path, source_path(spec_.name)}, {node::ProbeKind::path, key_path(spec_.name)}};
}

std::optional<Change> RepositoryItem::compare(const node::Observation& seen, const node::ClaimedItem*) const {
    const node::PathState source = seen.path(source_path(spec_.name));
    const node::PathState key = seen.path(key_path(spec_.name));
    if (source.type == node::PathType::absent) return Change{Verb::create, "missing"};
    std::vector<std::string> reasons;
    if (source.digest != sha256_hex(source_text())) reasons.emplace_back("source differs");
    const std::string wanted = spec_.signed_by.empty() ? "" : sha256_hex(spec_.signed_by);
    if (key.digest != wanted) reasons.emplace_back("key differs");
    if (reasons.empty()) return std::nullopt;
    return Change{Verb::update, join(reasons)};
}

std::vector<node::Operation> RepositoryItem::operations(const Change&) const {
    const std::vector<std::string> paths = {source_path(spec_.name), key_path(spec_.name)};
    std::vector<node::Operation> operations;
    operations.emplace_back(node::RunScript{
        .text = fmt::format(
            "found=$({})\nif [ -n \"$found\" ]; then printf '%s %s\\n' {} \"$(echo \"$found\" | tr '\\t' ' ')\" >&2; "
            "exit 1; fi\n",
            find_conflict(),
            shell_quote(fmt::format("{} has another Signed-By than a file that the node has already (take that "
                                    "away, or leave this repository out):",
                                    source_path(spec_.name))))});
    operations.emplace_back(node::RunScript{.text = keep_script(paths) + "install -d -m 0755 /etc/apt/keyrings\n"});
    if (spec_.signed_by.empty()) {
        operations.emplace_back(node::RunScript{.text = fmt::format("rm -f -- {}\n", shell_quote(paths[1]))});
    } else {
        operations.emplace_back(node::PutFile{.path = paths[1], .content = spec_.signed_by});
    }
    operations.emplace_back(node::PutFile{.path = paths[0], .content = source_text()});
    // Only this source is read: a foreign source that fails today is not our business, and the others' lists stay.
    operations.emplace_back(node::RunScript{
        .text = fmt::format("{}if apt_get update -o Dir::Etc::sourcelist={} -o Dir::Etc::sourceparts=- "
                            "-o APT::Get::List-Cleanup=0; then\n{}apt_done\nelse\n{}apt_failed\nfi\n",
                            apt_function(), shell_quote(paths[0]), forget_script(paths), put_back_script(paths)),
        .stall = std::chrono::minutes(10)});
    return operations;
}

node::ClaimedItem RepositoryItem::claimed(const node::Observation& seen) const {
    const node::Probes looked = probes();
    return {
        .kind = kind(),
        .fingerprint = fingerprint(desired()),
        .digest = digest_text(sha256_hex(source_text()), spec_.signed_by.empty() ? "" : sha256_hex(spec_.signed_by)),
        .existed_before = seen.path(source_path(spec_.name)).type != node::PathType::absent,
        .probes = {looked.begin(), looked.end()}};
}

std::string RepositoryItem::state(const node::Observation& seen) const {
    const node::PathState source = seen.path(source_path(spec_.name));
    if (source.type == node::PathType::absent) return "missing";
    return digest_text(source.digest, seen.path(key_path(spec_.name)).digest);
}

Status RepositoryItem::valid() const {
    const std::string place = label();
    if (!kFileName.holds(spec_.name)) return fail(ErrorCode::invalid, place + ": " + expected(kFileName, spec_.name));
    if (!spec_.signed_by.empty()) {
        const auto now = std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
        if (auto good = check_signing_key(spec_.signed_by, now); !good) {
            Error error = std::move(good).error();
            error.message = fmt::format("{}: signed_by: {}", place, error.message);
            return fail(std::move(error));
        }
    }
    for (const auto* words : {&spec_.types, &spec_.uris, &spec_.suites, &spec_.components, &spec_.architectures}) {
        for (const std::string& text : *words) {
            TRY_VOID(check_line(place, text));
            if (text.empty() || text.contains(' ')) {
                return fail(ErrorCode::invalid, fmt::format("{}: \"{}\" is empty or holds a blank", place, text));
            }
        }
    }
    if (spec_.uris.empty() || spec_.suites.empty()) {
        return fail(ErrorCode::invalid, fmt::format("{}: expected at least one URI and one suite", place));
    }
    return {};
}

std::vector<node::Operation> RepositoryItem::undo(const std::string& name) {
    return {node::RunScript{
        .text = fmt::format("rm -f -- {} {}\n", shell_quote(source_path(name)), shell_quote(key_path(name)))}};
}

}  // namespace pigsty::item
