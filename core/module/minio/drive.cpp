#include "core/module/minio/drive.h"

#include "core/base/quote.h"
#include "core/base/text.h"

namespace pigsty::module::minio {
namespace {

// Of the path, or of what is there on the way to it.
node::Probe file_system_of(const std::string& path) {
    return {node::ProbeKind::command, "p=" + shell_quote(path) +
                                          "\nwhile [ ! -e \"$p\" ]; do p=$(dirname \"$p\"); done\n"
                                          "[ \"$(stat -L -c %d -- \"$p\")\" != \"$(stat -c %d /)\" ] || echo root\n"};
}

}  // namespace

node::Probes DriveItem::looks() const {
    node::Probes looks = folder_.looks();
    looks.insert(file_system_of(path_));
    return looks;
}

Status DriveItem::check(const node::Observation& seen) const {
    if (own_file_system_ && trimmed(seen.command(file_system_of(path_).key)) == "root") {
        return fail(
            Error{.code = ErrorCode::conflict,
                  .message = "expected " + path_ + " to be on a file system of its own, found it on the root disk"}
                .with_hint("with more than one drive MinIO uses none on the root disk: mount a disk at " + path_ +
                           " (by /etc/fstab, so that it is there after a boot) and apply again"));
    }
    return folder_.check(seen);
}

}  // namespace pigsty::module::minio
