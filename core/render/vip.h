// A virtual address that follows the leader: vip-manager's configuration and what stands beside it on each member.
//
//     put_file(kVipConfiguration, render_vip_configuration(vip), secrets);
//     put_file(kVipDropIn, render_vip_drop_in(vip));
//     put_file(kVipProgram, vip_program());
//     put_file(kVipGuardUnit, render_vip_guard_unit(vip));
//
// vip-manager follows Patroni's leader key in etcd. That is no lease: cut off from etcd it keeps the address, it leaves it
// behind when it ends, and a watch that was interrupted may not see who leads meanwhile. So a program of ours takes the address
// away wherever Patroni of that very member does not hold the leader's lock, and wherever vip-manager ends.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/render/secret_reference.h"

namespace pigsty::render {

struct VipMember {
    std::string address;             // 10.10.10.2
    std::string interface = "auto";  // auto: the one that holds the member's own address, looked up whenever it starts
    std::string member;              // pg-test-1
    std::string member_address;      // 10.10.10.11
    std::string leader_key;          // /pg/pg-test/leader
    std::string etcd_user;           // pg-test
    std::vector<std::string> etcd_endpoints;
    std::int64_t rest_port = 8008;
    bool rest_ssl = true;
    SecretReference etcd{"etcd"};
};

inline constexpr const char* kVipUnit = "vip-manager.service";
inline constexpr const char* kVipConfiguration = "/etc/default/vip-manager.yml";
inline constexpr const char* kVipDropIn = "/etc/systemd/system/vip-manager.service.d/pigsty.conf";
inline constexpr const char* kVipProgramFolder = "/usr/local/lib/pigsty";
inline constexpr const char* kVipProgram = "/usr/local/lib/pigsty/pg-vip";
inline constexpr const char* kVipGuard = "pg-vip-guard.service";
inline constexpr const char* kVipGuardUnit = "/etc/systemd/system/pg-vip-guard.service";

std::string render_vip_configuration(const VipMember& vip);
std::string render_vip_drop_in(const VipMember& vip);
std::string render_vip_guard_unit(const VipMember& vip);
// Perl, of perl-base alone. The same on all members: what it needs to know stands on its command line.
std::string vip_program();

}  // namespace pigsty::render
