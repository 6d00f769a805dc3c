#include "core/module/pgsql/backup/trouble.h"

#include <algorithm>
#include <array>
#include <initializer_list>

#include "core/base/text.h"

namespace pigsty::module::pgsql {
namespace {

constexpr std::size_t kLongestLine = 300;

class Printed {
  public:
    explicit Printed(std::string_view text) : text_(text) {}
    [[nodiscard]] bool says(std::initializer_list<std::string_view> any) const {
        return std::ranges::any_of(any, [&](std::string_view words) { return text_.contains(words); });
    }
    // The first error, without its number; where there is none, the first line that says anything.
    [[nodiscard]] std::string first_error() const {
        constexpr std::string_view kMark = "ERROR: [";
        std::string_view rest = text_;
        if (const auto at = rest.find(kMark); at != std::string_view::npos) {
            rest.remove_prefix(at + kMark.size());
            if (const auto end = rest.find("]: "); end != std::string_view::npos && end < 6)
                rest.remove_prefix(end + 3);
        }
        rest = trimmed(rest);
        return std::string(trimmed(rest.substr(0, std::min(rest.find('\n'), kLongestLine))));
    }

  private:
    std::string_view text_;
};

std::string store_named(const Backup& backup) {
    const auto store = store_of(backup);
    return store ? store->name : "the repository";
}

TroubleKind kind_of(const Printed& printed) {
    if (printed.says({"SignatureDoesNotMatch", "InvalidAccessKeyId"})) return TroubleKind::refused_key;
    if (printed.says({"AccessDenied"})) return TroubleKind::refused_right;
    if (printed.says({"No space left on device", "StorageFull", "QuotaExceeded", "Disk quota exceeded"}))
        return TroubleKind::full;
    if (printed.says({"NoSuchBucket"})) return TroubleKind::no_bucket;
    if (printed.says({"unable to verify certificate", "certificate verify failed", "unable to find hostname",
                      "unable to negotiate TLS", "unable to set user-defined CA"}))
        return TroubleKind::certificate;
    if (printed.says({"HostConnectError", "unable to connect to", "unable to get address", "timeout connecting",
                      "Connection refused", "No route to host", "Network is unreachable", "timeout after"}))
        return TroubleKind::unreachable;
    if (printed.says({"do not match the database", "does not match the database", "backup and archive info files"}))
        return TroubleKind::other_cluster;
    if (printed.says({"Permission denied", "Read-only file system"})) return TroubleKind::unreadable;
    // A write that the disk took in part has no error of the system.
    if (printed.says({"unable to write '"})) return TroubleKind::full;
    if (printed.says({"cipher header invalid", "unable to load info file", "unable to flush", "CryptoError"}) &&
        !printed.says({"FileMissingError"}))
        return TroubleKind::other_key;
    if (printed.says({"FileMissingError", "has a stanza-create been performed", "missing stanza path"}))
        return TroubleKind::no_stanza;
    if (printed.says({"unable to acquire lock"})) return TroubleKind::busy;
    if (printed.says({"was not archived before"})) return TroubleKind::not_archived;
    if (printed.says({"failed with 404"})) return TroubleKind::no_bucket;
    if (printed.says({"failed with 403"})) return TroubleKind::refused_key;
    return TroubleKind::other;
}

}  // namespace

std::string printable(std::string_view text) {
    std::string clean;
    for (const char c : text)
        if (c == '\n' || c == '\t' || (c >= 0x20 && c < 0x7f)) clean += c;
    return clean;
}

Trouble trouble_in(std::string_view text, const Backup& backup) {
    const std::string clean = printable(text);
    const Printed printed(clean);
    if (trimmed(clean).empty()) return {};
    const std::string store = store_named(backup);
    const std::string user = user_of(backup);
    const std::string bucket = bucket_of(backup);
    // A store of others is not ours to change.
    const bool is_foreign = backup.s3.has_value();
    switch (kind_of(printed)) {
        case TroubleKind::refused_key:
            return {TroubleKind::refused_key, "the repository refuses the key of " + user,
                    is_foreign ? "give s3.key_secret_wo the secret of " + user + " at " + store +
                                     ", and its version another number"
                               : "an apply reads the key of " + user + " from " + store + " anew"};
        case TroubleKind::refused_right:
            return {TroubleKind::refused_right,
                    "the repository denies " + user + " what it asks for in bucket " + bucket,
                    "is there a bucket " + bucket + "? Give " + user +
                        (is_foreign ? " rights on it at " : " a policy on it in `users` of ") + store};
        case TroubleKind::no_bucket:
            return {TroubleKind::no_bucket, "the repository has no bucket " + bucket,
                    (is_foreign ? "make it at " : "name it in `buckets` of ") + store +
                        ", or name another one in backup.bucket"};
        case TroubleKind::certificate:
            if (is_foreign)
                return {TroubleKind::certificate,
                        "the repository's certificate is of no authority that is trusted here",
                        "s3.ca takes the certificate of the authority of " + store};
            return {TroubleKind::certificate, "the repository's certificate is not one of the cluster's authority",
                    "`ca` of " + store +
                        " and of this cluster must be one authority, and the certificate must not have "
                        "ended"};
        case TroubleKind::unreachable:
            return {TroubleKind::unreachable, "the repository is not reached",
                    "is " + store +
                        " running, and does it let these machines in? WAL is kept until it is back, "
                        "as long as the disk has room"};
        case TroubleKind::full:
            return {TroubleKind::full, "the repository is full",
                    "make room there, or keep less (backup.retention); WAL is kept on the leader meanwhile"};
        case TroubleKind::other_key:
            return {TroubleKind::other_key,
                    "what the repository holds of this cluster cannot be read with the cluster's key: it was written "
                    "with another one, or without",
                    "use another backup.path, or remove what is there"};
        case TroubleKind::other_cluster:
            return {TroubleKind::other_cluster,
                    "what the repository holds under this name is of another PostgreSQL cluster",
                    "use another backup.path, or remove what is there"};
        case TroubleKind::unreadable:
            return {TroubleKind::unreadable,
                    "the repository's files cannot be used by postgres: " + printed.first_error(),
                    "they belong to postgres: chown -R postgres: " + path_of(backup)};
        case TroubleKind::no_stanza: return {TroubleKind::no_stanza, "the repository holds no stanza", {}};
        case TroubleKind::busy: return {TroubleKind::busy, "another backup runs", {}};
        case TroubleKind::not_archived:
            return {TroubleKind::not_archived, "PostgreSQL does not bring its WAL to the repository",
                    "its log says why: " + std::string("/pg/log/postgres") + " on the leader"};
        default: return {TroubleKind::other, printed.first_error(), {}};
    }
}

Error error_of(const Trouble& trouble) {
    Error error{.code = ErrorCode::failed, .message = trouble.message};
    if (trouble.kind == TroubleKind::other_cluster || trouble.kind == TroubleKind::other_key)
        error.code = ErrorCode::conflict;
    return std::move(error.with_hint(trouble.hint));
}

}  // namespace pigsty::module::pgsql
