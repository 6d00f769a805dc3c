#include "core/item/firewall.h"

#include <chrono>
#include <set>
#include <sstream>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/item/path_state.h"

namespace pigsty::item {
namespace {

// Longer than the second login may take, so that the timer only strikes where we are gone.
constexpr std::chrono::seconds kTakenBackAfter{30};
constexpr std::chrono::seconds kLoginWithin{10};

// "rules DIGEST" of what is loaded, as nft says it, and "file DIGEST" of what is loaded at boot.
const node::Probe& look_at_rules() {
    static const node::Probe probe{
        node::ProbeKind::command,
        "file=/etc/pigsty-firewall.nft\n"
        "if rules=$(nft -n -s list table inet pigsty 2>/dev/null); then printf '%s' \"$rules\" "
        "| sha256sum | sed 's/ .*//; "
        "s/^/rules /'; fi\n"
        "[ ! -f $file ] || sha256sum <$file | sed 's/ .*//; s/^/file /'\n:\n"};
    return probe;
}

struct LoadedRules {
    std::string rules, file;
};

LoadedRules loaded_in(const node::Observation& seen) {
    LoadedRules loaded;
    std::istringstream words(seen.command(look_at_rules().key));
    for (std::string what, digest; words >> what >> digest;) (what == "rules" ? loaded.rules : loaded.file) = digest;
    return loaded;
}

constexpr const char* kFirewallParts = R"sh(file=/etc/pigsty-firewall.nft
new=$file.pigsty-new
undo=/run/pigsty/firewall-undo
timer=pigsty-firewall-undo
stop_timer() { systemctl stop $timer.timer $timer.service 2>/dev/null; systemctl reset-failed $timer.timer $timer.service 2>/dev/null; :; }
take_back() { stop_timer; [ ! -e $undo ] || sh $undo; rm -f $undo $new; }
)sh";

std::string try_script() {
    return kFirewallParts +
           fmt::format(
               R"sh(command -v nft >/dev/null || {{ echo 'firewall: no nft on this node (package nftables)' >&2; exit 1; }}
mkdir -p -m 0700 /run/pigsty && umask 077 && cat >$new || exit 1
nft -c -f $new >&2 || {{ rm -f $new; exit 1; }}
stop_timer
cat >$undo <<'END' || exit 1
nft delete table inet pigsty 2>/dev/null
[ ! -f /etc/pigsty-firewall.nft ] || nft -f /etc/pigsty-firewall.nft
END
systemd-run --quiet --collect --unit=$timer --on-active={} --timer-property=AccuracySec=1s /bin/sh $undo >&2 || {{
  rm -f $undo $new; exit 1
}}
nft -f $new >&2 || {{ take_back; exit 1; }}
)sh",
               kTakenBackAfter.count());
}

constexpr const char* kKeepRules = R"sh(if ! systemctl is-active --quiet $timer.timer; then
  take_back; echo 'firewall: taken back by the timer before it was kept: apply again' >&2; exit 1
fi
stop_timer
chmod 0644 $new && sync $new && mv -fT $new $file && rm -f $undo
)sh";

Result<std::string> run_on(node::Node& node, std::string text, std::string input, const Cancel& cancel) {
    TRY(const auto results,
        node.request({node::RunScript{.text = std::move(text), .input = std::move(input)}}, cancel));
    if (!results.empty() && results.back().status == 0) return results.back().out;
    return fail(Error{ErrorCode::failed, "firewall: the rules were not taken, and are as before"}.with_output(
        results.empty() ? "" : results.back().err));
}

}  // namespace

std::string FirewallItem::unit_text() {
    return "# Written by pigsty; written whole\n"
           "[Unit]\n"
           "Description=Firewall of pigsty, a table of its own\n"
           "DefaultDependencies=no\n"
           "Wants=network-pre.target\n"
           "Before=network-pre.target shutdown.target\n"
           "Conflicts=shutdown.target\n"
           "# Its configuration begins with `flush ruleset`: whenever it is read, ours comes again.\n"
           "After=nftables.service\n"
           "PartOf=nftables.service\n"
           "ReloadPropagatedFrom=nftables.service\n"
           "\n"
           "[Service]\n"
           "Type=oneshot\n"
           "RemainAfterExit=yes\n"
           "ExecStart=/usr/sbin/nft -f /etc/pigsty-firewall.nft\n"
           "ExecReload=/usr/sbin/nft -f /etc/pigsty-firewall.nft\n"
           "ExecStop=-/usr/sbin/nft delete table inet pigsty\n"
           "\n"
           "[Install]\n"
           "WantedBy=sysinit.target\n";
}

// Protocols by number: a small system has no names of them. In one transaction: a table that is not there yet cannot be
// deleted, so it is made first.
std::string FirewallItem::desired() const {
    std::string text =
        "# Firewall of pigsty; written whole\n"
        "table inet pigsty\n"
        "delete table inet pigsty\n"
        "table inet pigsty {\n"
        "\tchain input {\n"
        "\t\ttype filter hook input priority filter; policy drop;\n"
        "\t\tct state established,related accept\n"
        "\t\tiifname \"lo\" accept\n"
        "\t\tmeta l4proto 1 accept\n"
        "\t\tmeta l4proto 58 accept\n"
        "\t\tip6 saddr fe80::/10 udp dport 546 accept\n";
    for (const std::string& network : spec_.trusted)
        text += fmt::format("\t\t{} saddr {} accept\n", network.contains(':') ? "ip6" : "ip", network);
    for (const std::int64_t port : std::set<std::int64_t>(spec_.ports.begin(), spec_.ports.end()))
        text += fmt::format("\t\ttcp dport {} accept\n", port);
    return text + "\t}\n}\n";
}

node::Probes FirewallItem::probes() const { return {look_at_rules()}; }

std::optional<Change> FirewallItem::compare(const node::Observation& seen, const node::ClaimedItem* claimed) const {
    const LoadedRules loaded = loaded_in(seen);
    if (loaded.file.empty() && loaded.rules.empty()) return Change{Verb::create, "missing"};
    std::vector<std::string> reasons;
    if (loaded.file.empty())
        reasons.emplace_back("missing");
    else if (loaded.file != sha256_hex(desired()))
        reasons.emplace_back("content differs");
    if (loaded.rules.empty())
        reasons.emplace_back("its rules are not loaded");
    else if (reasons.empty() && (claimed == nullptr || claimed->digest != state(seen)))
        reasons.emplace_back("the rules that are loaded differ");
    if (reasons.empty()) return std::nullopt;
    return Change{Verb::update, join(reasons)};
}

Status FirewallItem::converse(node::Node& node, const Change&, const Cancel& cancel) const {
    TRY_VOID(run_on(node, try_script(), desired(), cancel));
    if (auto in = node.log_in_anew(cancel.within_at_most(kLoginWithin)); !in) {
        // Over the connection that is open; where that went, too, the timer does it.
        const auto taken_back =
            run_on(node, std::string(kFirewallParts) + "take_back\n", "", Cancel::within(kTakenBackAfter));
        return fail(
            Error{ErrorCode::conflict,
                  "firewall: with these rules a second login did not come through: they were "
                  "taken back" +
                      std::string(taken_back ? "" : " by the machine's own timer")}
                .with_output(in.error().message)
                .with_hint("put the network that this login comes from into firewall.trusted, or the port of SSH "
                           "into firewall.ports"));
    }
    TRY_VOID(run_on(node, std::string(kFirewallParts) + kKeepRules, "", cancel));
    return {};
}

node::ClaimedItem FirewallItem::claimed(const node::Observation& seen) const {
    return {.kind = kind(),
            .fingerprint = fingerprint(desired()),
            .digest = state(seen),
            .existed_before = false,
            .probes = {look_at_rules()}};
}

std::string FirewallItem::state(const node::Observation& seen) const {
    const LoadedRules loaded = loaded_in(seen);
    if (loaded.file.empty() && loaded.rules.empty()) return "missing";
    return fingerprint(loaded.file + " " + loaded.rules);
}

std::vector<node::Operation> FirewallItem::undo() {
    return {node::RunScript{.text = std::string(kFirewallParts) +
                                    "stop_timer\nnft delete table inet pigsty 2>/dev/null\nrm -f $file $new $undo\n"}};
}

}  // namespace pigsty::item
