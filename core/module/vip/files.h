// keepalived's files: the main one, which all addresses of a node share, and one for each address. Pure.
#pragma once

#include <string>

#include "core/module/vip/spec.h"

namespace pigsty::module::vip {

inline constexpr const char* kUnit = "keepalived.service";
inline constexpr const char* kFolder = "/etc/keepalived";
inline constexpr const char* kConfiguration = "/etc/keepalived/keepalived.conf";
inline constexpr const char* kInstances = "/etc/keepalived/conf.d";
inline constexpr const char* kPortProgram = "/etc/keepalived/port-answers";
// What members prove each other who they are with; keepalived takes 8 characters and no more.
inline constexpr const char* kPassword = "vrrp";
inline constexpr std::size_t kPasswordLength = 8;

std::string secret_scope(const VirtualIp& vip);
std::string main_text();
std::string instance_path(const VirtualIp& vip);
// Of one member. The password is a placeholder.
std::string instance_text(const VirtualIp& vip, const std::string& number);
std::string port_program();

}  // namespace pigsty::module::vip
