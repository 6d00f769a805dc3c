// systemd units of ours, and drop-ins for the packages' own units where these do nearly what we need.
//
//     put_file("/etc/systemd/system/patroni.service", render_patroni_unit());
//
// patroni and etcd get whole units: the packages' read other files and restart where that would harm. pgbouncer and
// haproxy keep the packages' units with a drop-in, <unit>.d/pigsty.conf.
#pragma once

#include <string>
#include <string_view>

namespace pigsty::render {

// `watchdog`: Patroni is given the machine's watchdog device, where it has one.
std::string render_patroni_unit(bool watchdog = false);
std::string render_etcd_unit(std::string_view data_dir);
std::string render_pgbouncer_drop_in();
// The package's unit with our services folder added, for its start and for the check before a reload.
std::string render_haproxy_drop_in();

inline constexpr const char* kPatroniUnit = "/etc/systemd/system/patroni.service";
inline constexpr const char* kEtcdUnit = "/etc/systemd/system/etcd.service";
inline constexpr const char* kPgbouncerDropIn = "/etc/systemd/system/pgbouncer.service.d/pigsty.conf";
inline constexpr const char* kHaproxyDropIn = "/etc/systemd/system/haproxy.service.d/pigsty.conf";
inline constexpr const char* kPatroniYml = "/etc/patroni/patroni.yml";  // a link to /pg/conf/<member>.yml

}  // namespace pigsty::render
