#include "core/module/vip/files.h"

#include <fmt/format.h>

#include "core/base/unknown.h"
#include "core/render/banner.h"
#include "core/render/secret_reference.h"

namespace pigsty::module::vip {
namespace {

// One that asks for a moment too long is no answer; two in a row count, either way.
std::string check_text(const VirtualIp& vip, const std::string& number) {
    if (!vip.check) return {};
    const std::string command =
        vip.check->unit
            ? "/usr/bin/systemctl is-active --quiet " + *vip.check->unit
            : fmt::format("{} {} {}", kPortProgram, vip.members.at(number).node.address, vip.check->port.value_or(0));
    return fmt::format(
        "vrrp_script {}\n{{\n    script \"{}\"\n    interval 1\n    timeout 2\n    fall 2\n    rise 2\n}}\n\n",
        vip.name, command);
}

}  // namespace

std::string secret_scope(const VirtualIp& vip) { return "vip-" + vip.name; }

std::string main_text() {
    // `!` begins a comment there, and `#` does, too. Programs run as nobody and must be root's alone to change.
    return render::banner("#", "Addresses are in " + std::string(kInstances) + ".") +
           "global_defs\n{\n    enable_script_security\n    script_user nobody nogroup\n}\n\ninclude " + kInstances +
           "/*.conf\n";
}

std::string instance_path(const VirtualIp& vip) { return std::string(kInstances) + "/" + vip.name + ".conf"; }

std::string instance_text(const VirtualIp& vip, const std::string& number) {
    const std::string host = host_of(vip);
    const std::string interface = interface_of(vip, number);
    std::string peers;
    for (const auto& [other, member] : vip.members)
        if (other != number) peers += "        " + member.node.address + "\n";
    // Everybody begins as a backup: with `nopreempt` the one that returns leaves the address where it is.
    return render::banner() + check_text(vip, number) +
           fmt::format(
               "vrrp_instance {}\n{{\n    state BACKUP\n{}    interface {}\n    virtual_router_id {}\n    priority {}\n"
               "    advert_int 1\n    unicast_src_ip {}\n    unicast_peer\n    {{\n{}    }}\n"
               "    authentication\n    {{\n        auth_type PASS\n        auth_pass {}\n    }}\n"
               "    virtual_ipaddress\n    {{\n        {}/32 dev {}\n    }}\n{}}}\n",
               vip.name, vip.preempt ? "" : "    nopreempt\n", interface, router_id_of(vip), priority_of(vip, number),
               vip.members.at(number).node.address, peers, render::secret_reference({.name = kPassword}), host,
               interface, vip.check ? "    track_script\n    {\n        " + vip.name + "\n    }\n" : "");
}

std::string port_program() {
    return "#!/bin/bash\n" +
           render::banner("#", "port-answers ADDRESS PORT: whether somebody takes connections there.") +
           "exec 3<>\"/dev/tcp/$1/$2\"\n";
}

}  // namespace pigsty::module::vip
