#include "provider/resource/node_network_attributes.h"

#include "core/item/resolv_conf.h"
#include "core/module/node/time_sync.h"
#include "provider/framework/validators.h"

namespace pigsty::provider {
namespace {

using framework::attribute;
using framework::Attributes;
using framework::each;
using framework::follows;
using framework::nested;
using module::machine::Dns;
using module::machine::Firewall;
using module::machine::Machine;
using module::machine::Ntp;

Attributes<Dns> dns_attributes() {
    return {
        attribute("servers", &Dns::servers)
            .required()
            .validate(framework::size_between(1, item::kMostNameServers))
            .validate(each(framework::ip_address()))
            .example("[\"10.10.10.10\"]")
            .description("Addresses of name servers, in the order in which they are asked: three at most, more the "
                         "resolver never asks."),
        attribute("search", &Dns::search)
            .optional()
            .validate(each(follows("a domain", item::check_search_domain)))
            .example("[\"pigsty\"]")
            .description("Domains that are put behind a name without one. They take the place of what others set."),
        attribute("options", &Dns::options)
            .optional()
            .validate(each(follows("an option of resolv.conf(5)", item::check_resolver_option)))
            .example("[\"single-request-reopen\", \"timeout:1\"]")
            .description("Options of the resolver, one an element."),
        attribute("mode", &Dns::mode)
            .fixed_default(Dns().mode)
            .validate(framework::one_of({"add", "overwrite"}))
            .description(
                "`add`: in front of the name servers that are there. `overwrite`: instead of them; the lines of "
                "others become comments, and come back when this goes."),
    };
}

Attributes<Ntp> ntp_attributes() {
    return {
        attribute("servers", &Ntp::servers)
            .optional()
            .validate(
                each(follows("a time server's name or address, or `pool NAME`", module::machine::check_time_source)))
            .example("[\"10.10.10.10\", \"pool pool.ntp.org\"]")
            .description("Time servers, each a name or an address, or `pool NAME` for several behind one name."),
        attribute("serve", &Ntp::serve)
            .optional()
            .validate(each(framework::cidr()))
            .example("[\"10.0.0.0/8\"]")
            .description(
                "Networks whose machines may ask this one for the time. Where it reaches no source itself, it goes "
                "on with its own clock and says so (stratum 10)."),
    };
}

Attributes<Firewall> firewall_attributes() {
    return {
        attribute("trusted", &Firewall::trusted)
            .optional()
            .validate(each(framework::cidr()))
            .example("[\"10.0.0.0/8\"]")
            .description(
                "Networks that may open anything: the machines of the cluster among them, and whoever administers "
                "it."),
        attribute("ports", &Firewall::ports)
            .optional()
            .validate(each(framework::port()))
            .example("[22, 443]")
            .description("TCP ports that are open to all."),
    };
}

}  // namespace

Attributes<Machine> node_network_attributes() {
    return {
        nested("dns", &Machine::dns, dns_attributes())
            .optional()
            .description(
                "Name servers: lines of ours in `/etc/resolv.conf`. Where that is no plain file but another program's "
                "(systemd-resolved, resolvconf, NetworkManager), this is refused: set them there."),
        nested("ntp", &Machine::ntp, ntp_attributes())
            .optional()
            .validate(framework::at_least_one_of({"servers", "serve"}))
            .description(
                "The machine's clock: chrony, with files of ours beside its own. The distribution's sources stay. "
                "Installing "
                "it takes systemd-timesyncd off. In a container, whose clock is its host's, chrony does not start, and "
                "the "
                "apply ends with an error that says so. Removed, chrony is stopped where it was not there before."),
        nested("firewall", &Machine::firewall, firewall_attributes())
            .optional()
            .validate(framework::at_least_one_of({"trusted", "ports"}))
            .description("Who may open connections to the machine: an nftables table of ours, and a unit that loads it "
                         "at boot. Tables "
                         "of others, and firewalld or ufw, are left alone and hold beside it. Answers, loopback and "
                         "ICMP are always let "
                         "in; all else that is not named here is dropped. The rules are kept once a second login from "
                         "here has come "
                         "through; else they are taken back, by the machine itself where nothing reaches it any more, "
                         "and the apply "
                         "ends with an error."),
    };
}

}  // namespace pigsty::provider
