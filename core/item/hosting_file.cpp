#include "core/item/hosting_file.h"

#include "core/base/hash.h"
#include "core/item/guest_lines.h"

namespace pigsty::item {

node::Probes HostingFileItem::probes() const {
    return {{node::ProbeKind::path, spec().path}, {node::ProbeKind::text, spec().path}};
}

node::Observation HostingFileItem::own_part(const node::Observation& seen) const {
    node::PathState file = seen.path(spec().path);
    const auto text = seen.text(spec().path);
    if (file.type == node::PathType::file && text) file.digest = sha256_hex(without_guests(*text));
    node::Observation own;
    own.set({node::ProbeKind::path, spec().path}, node::raw_answer(file));
    return own;
}

std::optional<Change> HostingFileItem::compare(const node::Observation& seen, const node::ClaimedItem* claimed) const {
    return FileItem::compare(own_part(seen), claimed);
}

std::vector<node::Operation> HostingFileItem::operations(const Change& change) const {
    if (change.verb == Verb::create) return FileItem::operations(change);
    const FileSpec& file = spec();
    return {
        node::RunScript{.text = put_host_script(file.path, file.owner, file.group, file.mode), .input = file.content}};
}

node::ClaimedItem HostingFileItem::claimed(const node::Observation& seen) const {
    node::ClaimedItem claimed = FileItem::claimed(own_part(seen));
    claimed.probes = {};
    for (const node::Probe& probe : probes()) claimed.probes.push_back(probe);
    return claimed;
}

std::string HostingFileItem::state(const node::Observation& seen) const { return FileItem::state(own_part(seen)); }

}  // namespace pigsty::item
