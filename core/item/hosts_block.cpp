#include "core/item/hosts_block.h"

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/quote.h"
#include "core/item/line_format.h"

namespace pigsty::item {
namespace {

constexpr std::string_view kHosts = "/etc/hosts";

std::string begin_mark(const std::string& owner) { return "# pigsty begin " + owner; }
std::string end_mark(const std::string& owner) { return "# pigsty end " + owner; }

// The lines between the marks; nothing where there are no marks.
std::optional<std::string> block_in(const std::string& text, const std::string& owner) {
    const std::string begin = begin_mark(owner) + "\n";
    const std::size_t at = text.starts_with(begin) ? 0 : text.find("\n" + begin);
    if (at == std::string::npos) return std::nullopt;
    const std::size_t first = text.find('\n', at == 0 ? 0 : at + 1) + 1;
    const std::size_t end = text.find(end_mark(owner), first);
    return end == std::string::npos ? text.substr(first) : text.substr(first, end - first);
}

// Rewrites the block, or takes it away where the new one (standard input) is empty. Everything else stays byte for byte.
// A container's /etc/hosts may be a mount of its own, which no rename can replace: it is written in place then.
constexpr std::string_view kRewrite = R"(use strict; use warnings;
my ($path, $begin, $end) = @ARGV;
my $block = do { local $/; <STDIN> } // '';
my ($mode, $uid, $gid) = (0644, 0, 0);
my @kept;
if (open my $in, '<', $path) {
    ($mode, $uid, $gid) = (stat $in)[2, 4, 5];
    my $inside = 0;
    while (my $line = <$in>) {
        my $bare = $line =~ s/\n\z//r;
        if ($bare eq $begin) { $inside = 1; next; }
        if ($inside) { $inside = 0 if $bare eq $end; next; }
        push @kept, $line;
    }
}
$kept[-1] .= "\n" if @kept && $kept[-1] !~ /\n\z/;
my $text = join('', @kept) . ($block eq '' ? '' : "$begin\n$block$end\n");
my $new = "$path.pigsty-new";
open my $out, '>', $new or die "$new: $!\n";
print {$out} $text or die "$new: $!\n";
chmod $mode & 07777, $new; chown $uid, $gid, $new;
close $out or die "$new: $!\n";
if (!rename $new, $path) {
    open $out, '>', $path or die "$path: $!\n";
    print {$out} $text or die "$path: $!\n";
    close $out or die "$path: $!\n";
    unlink $new;
}
)";

node::RunScript rewrite(const std::string& owner, std::string block) {
    return {.text = fmt::format("perl -e {} -- {} {} {}\n", shell_quote(kRewrite), kHosts,
                                shell_quote(begin_mark(owner)), shell_quote(end_mark(owner))),
            .input = std::move(block)};
}

}  // namespace

std::string HostsBlockItem::desired() const {
    std::string text;
    for (const std::string& line : spec_.lines) text += line + "\n";
    return text;
}

node::Probes HostsBlockItem::probes() const { return {{node::ProbeKind::text, std::string(kHosts)}}; }

std::optional<Change> HostsBlockItem::compare(const node::Observation& seen, const node::ClaimedItem*) const {
    const auto block = block_in(seen.text(std::string(kHosts)).value_or(""), spec_.owner);
    if (!block) return spec_.lines.empty() ? std::nullopt : std::optional(Change{Verb::create, "missing"});
    if (*block == desired() && !spec_.lines.empty()) return std::nullopt;
    return Change{Verb::update, "lines differ"};
}

std::vector<node::Operation> HostsBlockItem::operations(const Change&) const {
    return {rewrite(spec_.owner, desired())};
}

node::ClaimedItem HostsBlockItem::claimed(const node::Observation&) const {
    return {.kind = kind(),
            .fingerprint = fingerprint(desired()),
            .digest = spec_.lines.empty() ? "missing" : fingerprint(desired()),
            .probes = {*probes().begin()},
            .undo = {{"owner", spec_.owner}}};
}

std::string HostsBlockItem::state(const node::Observation& seen) const {
    const auto block = block_in(seen.text(std::string(kHosts)).value_or(""), spec_.owner);
    return block ? fingerprint(*block) : "missing";
}

Status HostsBlockItem::valid() const {
    TRY_VOID(check_line(label(), spec_.owner));
    for (const std::string& line : spec_.lines)
        TRY_VOID(check_line(label() + " line \"" + line.substr(0, 40) + "\"", line, true));
    return {};
}

std::vector<node::Operation> HostsBlockItem::undo(const std::string& owner) { return {rewrite(owner, "")}; }

}  // namespace pigsty::item
