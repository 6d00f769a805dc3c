// Where a repository of backups is, when it is not on the members' own disks: in a MinIO cluster of ours, or in a store of others
// that speaks S3 and is written by hand (`s3`).
//
//     if (const auto store = store_of(backup)) lines += "repo1-s3-endpoint=" + store->host + "\n";
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/constraint.h"
#include "core/base/json_fields.h"
#include "core/base/secret.h"

namespace pigsty::module::pgsql {

// Where the authority's certificate of a store of others is put: of `backup`, and of `restore_from`.
inline constexpr const char* kStoreAuthority = "/etc/pgbackrest/s3-ca.crt";
inline constexpr const char* kRestoreAuthority = "/etc/pgbackrest/restore-s3-ca.crt";

struct ForeignS3 {
    std::string endpoint;  // host name alone
    std::int64_t port = 443;
    std::string region = "us-east-1";
    std::string uri_style = "host";         // host | path
    std::string key;                        // the access key's id
    std::optional<Secret> key_secret_wo{};  // only where it is written; in no claim and no state
    std::int64_t key_secret_wo_version = 1;
    std::optional<std::string> ca{};               // PEM; null: the authorities that the machine trusts
    const char* authority_file = kStoreAuthority;  // where `ca` is put; in no claim
    // A state has no secret: which one was given is what the version says.
    bool operator==(const ForeignS3& other) const {
        return endpoint == other.endpoint && port == other.port && region == other.region &&
               uri_style == other.uri_style && key == other.key &&
               key_secret_wo_version == other.key_secret_wo_version && ca == other.ca;
    }
};

// Without the secret.
void fields(auto& visit, FieldsOf<ForeignS3> auto& s3) {
    visit("endpoint", s3.endpoint);
    visit("port", s3.port);
    visit("region", s3.region);
    visit("uri_style", s3.uri_style);
    visit("key", s3.key);
    visit("key_secret_wo_version", s3.key_secret_wo_version);
    visit("ca", s3.ca);
}

inline constexpr std::array<std::string_view, 2> kUriStyles{"host", "path"};
// A name that resolves, without scheme and port.
extern const TextRule kEndpoint;
// An id or a secret as a line of pgBackRest's file holds it.
extern const TextRule kAccessKey;

// What pgBackRest is told of either.
struct Store {
    std::string name;      // for people: "MinIO cluster minio", "s3.example.com"
    std::string identity;  // the same store has the same
    std::string host, port, region, uri_style;
    std::string ca_file;  // empty: the system's
};
Store store_of(const ForeignS3& s3);

}  // namespace pigsty::module::pgsql
