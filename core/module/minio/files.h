// Where things of MinIO are on a node, and what its files say.
#pragma once

#include <string>

#include "core/module/minio/spec.h"

namespace pigsty::module::minio {

inline constexpr const char* kUnit = "minio.service";
inline constexpr const char* kAccount = "minio";
inline constexpr const char* kHome = "/home/minio";
inline constexpr const char* kCertificates = "/home/minio/.minio/certs";
inline constexpr const char* kAuthority = "/home/minio/.minio/certs/CAs/ca.crt";
inline constexpr const char* kEnvironment = "/etc/default/minio";
inline constexpr const char* kUnitFile = "/etc/systemd/system/minio.service";
inline constexpr const char* kRootUser = "pigsty";
inline constexpr const char* kRootSecret = "root";

std::string secret_scope(const std::string& cluster);
// Of a user's secret: one that we made, or one that was given.
std::string secret_name(const std::string& user, const User& spec);

std::string environment_text(const MinioCluster& cluster);
std::string unit_text();
// The administration client's own folder, and its configuration: the root account of the server beside it.
std::string client_folder(const std::string& cluster);
std::string client_configuration(const MinioCluster& cluster);
// Begins a script: `mc ARGUMENTS…` is the client, as the server's root.
std::string client_functions(const MinioCluster& cluster);

}  // namespace pigsty::module::minio
