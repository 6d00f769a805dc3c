#include "core/item/hosts_file.h"

#include <algorithm>
#include <cctype>
#include <vector>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/quote.h"
#include "core/base/text.h"
#include "core/node/own_folder.h"

namespace pigsty::item {
namespace {

constexpr std::string_view kAnyBegin = "# pigsty begin ";
constexpr std::string_view kAnyEnd = "# pigsty end ";

std::string begin_mark(const std::string& owner) { return std::string(kAnyBegin) + owner; }
std::string end_mark(const std::string& owner) { return std::string(kAnyEnd) + owner; }

struct Line {
    std::string_view bare;   // without its end
    std::string_view whole;  // with it
};

std::vector<Line> lines_of(std::string_view text) {
    std::vector<Line> lines;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        const std::string_view whole = text.substr(0, end == std::string_view::npos ? end : end + 1);
        std::string_view bare = whole;
        if (bare.ends_with('\n')) bare.remove_suffix(1);
        if (bare.ends_with('\r')) bare.remove_suffix(1);
        lines.push_back({bare, whole});
        text.remove_prefix(whole.size());
    }
    return lines;
}

// Address and names of a line, without its comment.
std::vector<std::string> words_of(std::string_view line) {
    line = line.substr(0, line.find('#'));
    std::vector<std::string> words;
    while (true) {
        const std::size_t first = line.find_first_not_of(" \t");
        if (first == std::string_view::npos) return words;
        const std::size_t end = line.find_first_of(" \t", first);
        words.push_back(lower(line.substr(first, end == std::string_view::npos ? end : end - first)));
        if (end == std::string_view::npos) return words;
        line.remove_prefix(end);
    }
}

// A container's /etc/hosts may be a mount of its own, which no rename can replace: it is written in place then.
constexpr std::string_view kReplace = R"(use strict; use warnings;
sub text_of { my ($path) = @_; open my $in, '<', $path or return; local $/; return scalar <$in> }
sub bare { my ($line) = @_; $line =~ s/\r?\n\z//; return $line }
sub names_of { my ($line) = @_; $line =~ s/#.*//s; my (undef, @names) = split ' ', lc $line; return @names }
sub replace {
    my ($path, $text) = @_;
    my ($mode, $uid, $gid) = (stat $path)[2, 4, 5];
    my $new = "$path.pigsty-new";
    open my $out, '>', $new or die "$new: $!\n";
    print {$out} $text or die "$new: $!\n";
    chmod +($mode // 0644) & 07777, $new; chown $uid // 0, $gid // 0, $new;
    close $out or die "$new: $!\n";
    return if rename $new, $path;
    open $out, '>', $path or die "$path: $!\n";
    print {$out} $text or die "$path: $!\n";
    close $out or die "$path: $!\n";
    unlink $new;
}
)";

// Kinds of lines: b and e are our marks, x those of other owners, - the rest. A begin whose next mark is our end makes a whole
// block. Beside any other of our marks only lines that we wrote go, each once, up to the next mark.
constexpr std::string_view kRewrite = R"(my ($path, $kept_at, $begin, $end) = @ARGV;
my ($block, $more) = split /\0/, do { local $/; <STDIN> } // '', 2;
my $remembered = text_of($kept_at);
my @ours = split /\n/, ($remembered // '') . $block . ($more // '');
my %ours = map { $_ => 1 } @ours;
my %our_names = map { $_ => 1 } map { names_of($_) } @ours;
my @lines = split /(?<=\n)/, text_of($path) // '';
my @kinds = map { my $bare = bare($_); $bare eq $begin ? 'b' : $bare eq $end ? 'e' : $bare =~ /^# pigsty (?:begin|end) / ? 'x' : '-' } @lines;
my ($first) = grep { $kinds[$_] =~ /[be]/ } 0 .. $#lines;
my %gone;
my $take = sub {
    my ($from, $step) = @_;
    my %left = %ours;
    for (my $i = $from + $step; $i >= 0 && $i < @lines && $kinds[$i] eq '-'; $i += $step) { $gone{$i} = 1 if delete $left{bare($lines[$i])} }
};
my $whole = -1;
for my $i (0 .. $#lines) {
    next if $kinds[$i] !~ /[be]/;
    $gone{$i} = 1;
    if ($kinds[$i] eq 'b') {
        my ($next) = grep { $kinds[$_] ne '-' } $i + 1 .. $#lines;
        if (!defined $next || $kinds[$next] ne 'e') { $take->($i, 1); next }
        $whole = $next;
        for my $inner ($i + 1 .. $next - 1) {
            my $bare = bare($lines[$inner]);
            my $theirs = defined $remembered && $bare =~ /\S/ && !$ours{$bare} && !grep { $our_names{$_} } names_of($bare);
            $gone{$inner} = 1 if !$theirs;
        }
    } elsif ($i != $whole) {
        $take->($i, -1);
        my ($next) = grep { $kinds[$_] ne '-' } $i + 1 .. $#lines;
        $take->($i, 1) if defined $next && $kinds[$next] eq 'b';    # swapped: ours stand between them
    }
}
my $text = '';
for my $i (0 .. $#lines) {
    $text .= "$begin\n$block$end\n" if defined $first && $i == $first && $block ne '';
    $text .= $lines[$i] if !$gone{$i};
}
if (!defined $first && $block ne '') {
    $text .= "\n" if $text ne '' && $text !~ /\n\z/;
    $text .= "$begin\n$block$end\n";
}
replace($path, $text) if defined $first || $block ne '';
my ($folder) = $kept_at =~ m{^(.*)/};
if ($block eq '') { unlink $kept_at; rmdir $folder }
else {
    my $part = '';
    for (grep { $_ ne '' } split m{/}, $folder) { $part .= "/$_"; -d $part or mkdir $part, 0700 or die "$part: $!\n" }
    replace($kept_at, $block);
}
)";

constexpr std::string_view kLoopback = R"(my ($path, $name, $line) = @ARGV;
my $stored = text_of('/etc/hostname') // ''; $stored =~ s/\s+//g;
my $running = text_of('/proc/sys/kernel/hostname') // ''; $running =~ s/\s+//g;
my %old = map { $_ => 1 } map { my $lower = lc; $lower, $lower =~ s/\..*//r } grep { $_ ne '' } $stored, $running, $name;
my @lines = split /(?<=\n)/, text_of($path) // '';
$lines[-1] .= "\n" if @lines && $lines[-1] !~ /\n\z/;
my ($place, $inside);
for my $i (0 .. $#lines) {
    $inside = $1 eq 'begin' if $lines[$i] =~ /^# pigsty (begin|end) /;
    exit 0 if !$inside && grep { $_ eq lc $name } names_of($lines[$i]);
}
$inside = 0;
for my $i (0 .. $#lines) {
    $inside = $1 eq 'begin' if $lines[$i] =~ /^# pigsty (begin|end) /;
    next if $inside || $lines[$i] !~ /^127\.0\.1\.1\s/ || $lines[$i] =~ /#/;
    my @names = names_of($lines[$i]);
    if (@names && !grep { !$old{$_} } @names) { $place = $i; last }
}
if (defined $place) { $lines[$place] = "$line\n" }
else {
    my ($local) = grep { $lines[$_] =~ /^127\.0\.0\.1\s/ } 0 .. $#lines;
    splice @lines, defined $local ? $local + 1 : 0, 0, "$line\n";
}
replace($path, join '', @lines);
)";

std::string perl(std::string_view program, std::initializer_list<std::string> arguments) {
    std::string text = "perl -e " + shell_quote(std::string(kReplace) + std::string(program)) + " --";
    for (const std::string& argument : arguments) text += " " + shell_quote(argument);
    return text + "\n";
}

}  // namespace

HostsBlock block_in(std::string_view text, const std::string& owner) {
    const std::string begin = begin_mark(owner);
    const std::string end = end_mark(owner);
    std::string marks;  // in their order, with x for those of others
    bool has_carriage_returns = false;
    bool inside = false;
    std::string lines;
    for (const Line& line : lines_of(text)) {
        const bool is_begin = line.bare == begin;
        const bool is_end = line.bare == end;
        const bool is_other =
            !is_begin && !is_end && (line.bare.starts_with(kAnyBegin) || line.bare.starts_with(kAnyEnd));
        if (is_begin) marks += 'b';
        if (is_end) marks += 'e';
        if (is_other && inside) marks += 'x';
        if (is_end) inside = false;
        if (inside && !is_other) lines += std::string(line.bare) + "\n";
        if (is_begin) inside = true;
        if ((inside || is_end) && line.whole.ends_with("\r\n")) has_carriage_returns = true;
    }
    const auto begins = std::ranges::count(marks, 'b');
    const auto ends = std::ranges::count(marks, 'e');
    if (begins == 0 && ends == 0) return {};
    if (ends == 0) return {.lines = {}, .damage = "the mark of its end is missing"};
    if (begins == 0) return {.lines = {}, .damage = "the mark of its beginning is missing"};
    if (begins > 1 || ends > 1) return {.lines = {}, .damage = "its marks stand there more than once"};
    if (marks.find('e') < marks.find('b')) return {.lines = {}, .damage = "its marks are in the wrong order"};
    if (marks != "be") return {.lines = {}, .damage = "marks of another block stand in it"};
    if (has_carriage_returns) return {.lines = {}, .damage = "its lines end with a carriage return"};
    return {.lines = std::move(lines), .damage = {}};
}

bool names_host(std::string_view text, std::string_view name) {
    const std::string wanted = lower(name);
    bool inside = false;
    for (const Line& line : lines_of(text)) {
        if (line.bare.starts_with(kAnyBegin)) inside = true;
        if (line.bare.starts_with(kAnyEnd)) inside = false;
        if (inside) continue;
        const std::vector<std::string> words = words_of(line.bare);
        if (words.size() > 1 && std::find(words.begin() + 1, words.end(), wanted) != words.end()) return true;
    }
    return false;
}

node::RunScript rewrite_block(const std::string& owner, const std::string& block, const std::string& written) {
    return {
        .text = perl(kRewrite, {std::string(kHosts), fmt::format("{}/hosts/{}", node::kOwnFolder, fingerprint(owner)),
                                begin_mark(owner), end_mark(owner)}),
        .input = block + std::string(1, '\0') + written};
}

std::string loopback_line(std::string_view name) {
    std::string line = "127.0.1.1\t" + std::string(name);
    if (const std::size_t dot = name.find('.'); dot != std::string_view::npos)
        line += " " + std::string(name.substr(0, dot));
    return line;
}

node::RunScript write_loopback_line(const std::string& name) {
    return {.text = perl(kLoopback, {std::string(kHosts), name, loopback_line(name)})};
}

}  // namespace pigsty::item
