#include "core/module/platform/offered.h"

#include "core/base/quote.h"
#include "core/base/text.h"

namespace pigsty::module::platform {
namespace {

// "offered", "nowhere", or nothing where apt has read no list yet: then its installation finds out.
node::Probe offer_of(const std::string& package) {
    const std::string name = shell_quote(package);
    return {node::ProbeKind::command,
            "if dpkg-query -W -f '${db:Status-Status}' -- " + name +
                " 2>/dev/null | grep -qx installed; then echo offered; exit 0; fi\n"
                "ls /var/lib/apt/lists/*Packages* >/dev/null 2>&1 || exit 0\n"
                "if LC_ALL=C apt-cache policy -- " +
                name +
                " 2>/dev/null | grep -q '^ *Candidate: [^(]'; then echo offered; exit 0; fi\n"
                "echo nowhere\ncat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | "
                "sed -nE 's/^(deb|URIs:) +//p' | sort -u | head -5\n"};
}

}  // namespace

node::Probes OfferedItem::looks() const { return {offer_of(package_)}; }

Status OfferedItem::check(const node::Observation& seen) const {
    const std::string said(trimmed(seen.command(offer_of(package_).key)));
    if (!said.starts_with("nowhere")) return {};
    std::string searched;
    for (std::size_t begin = said.find('\n'); begin != std::string::npos; begin = said.find('\n', begin + 1)) {
        const std::string line = said.substr(begin + 1, said.find('\n', begin + 1) - begin - 1);
        searched += (searched.empty() ? "" : "; ") + line;
    }
    return fail(
        Error{.code = ErrorCode::failed,
              .message = "expected package " + package_ + " in a repository of this node, found none in " +
                         (searched.empty() ? "any: it has no repositories" : searched)}
            .with_hint("name a repository that has it in `repositories` of the machine's pigsty_node, or install the "
                       "package by hand"));
}

}  // namespace pigsty::module::platform
