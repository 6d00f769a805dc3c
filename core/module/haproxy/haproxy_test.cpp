// What the table shows without a node, and what its files share with other services of one.
#include <gmock/gmock.h>

#include "core/base/unknown.h"
#include "core/converge/plan.h"
#include "core/item/testing/seen.h"
#include "core/module/ca/signer.h"
#include "core/module/haproxy/shared.h"
#include "core/module/haproxy/table.h"

namespace pigsty::module::haproxy {
namespace {

using testing::ElementsAre;
using testing::Key;
using testing::UnorderedElementsAre;

HaproxyService on_one_node() {
    return {.name = "web",
            .nodes = {{"1", {.address = "10.10.10.11"}}},
            .proxy = {.port = 9002, .servers = {{.name = "a", .ip = "10.10.10.12", .port = 80}}}};
}

ca::Reference authority(const std::string& name) { return {.id = "0", .name = name, .fingerprint = name, .nodes = {}}; }

converge::Managed planned(const HaproxyService& service) {
    return converge::managed(converge::desired(table_of(service, nullptr), members_of(service)));
}

// Of a node that has nothing of it.
node::Observation nothing(const node::Probes& probes) {
    node::Observation seen;
    for (const node::Probe& probe : probes) {
        switch (probe.kind) {
            case node::ProbeKind::path: seen.set(probe, node::raw_answer(node::PathState{})); break;
            case node::ProbeKind::unit:
                seen.set(probe, node::raw_answer(node::UnitState{.load = "not-found", .active = {}, .enabled = {}}));
                break;
            case node::ProbeKind::text: seen.set(probe, node::raw_answer(std::optional<std::string>())); break;
            default: seen.set(probe, "");
        }
    }
    return seen;
}

TEST(HaproxyService, a_plan_shows_all_of_it_without_a_node) {
    HaproxyService service = on_one_node();
    service.ca = authority("ours");
    EXPECT_THAT(planned(service),
                UnorderedElementsAre(Key("web-1 /etc/haproxy/conf.d"), Key("web-1 /etc/haproxy/conf.d/web.cfg"),
                                     Key("web-1 /etc/haproxy/haproxy.cfg"), Key("web-1 /etc/pki"),
                                     Key("web-1 /etc/pki/ca.crt"), Key("web-1 /etc/systemd/system/haproxy.service.d"),
                                     Key("web-1 /etc/systemd/system/haproxy.service.d/pigsty.conf"),
                                     Key("web-1 package haproxy"), Key("web-1 ports of haproxy.service"),
                                     Key("web-1 service haproxy.service")));
}

TEST(HaproxyService, only_its_own_file_is_unknown_while_a_servers_address_is) {
    HaproxyService service = on_one_node();
    service.proxy.servers[0].ip = unknown_marker("servers[0].ip");
    for (const auto& [key, text] : planned(service))
        EXPECT_EQ(text.has_value(), key != "web-1 /etc/haproxy/conf.d/web.cfg") << key;
}

TEST(HaproxyService, is_read_back_from_its_claim) {
    HaproxyService service = on_one_node();
    service.ca = authority("ours");
    service.proxy.options = {"option httpchk"};
    service.proxy.server_options = "inter 3s";
    service.proxy.servers[0].options = "check";
    const auto back = read_json<HaproxyService>(write_json(service));
    ASSERT_TRUE(back);
    EXPECT_EQ(*back, service);
}

// Everything but its own file and port may be another claim's, too.
TEST(HaproxyService, shares_the_nodes_haproxy) {
    HaproxyService service = on_one_node();
    service.ca = authority("ours");
    std::vector<std::string> own;
    for (const converge::Step& step : table_of(service, nullptr)) {
        if (!step.items) continue;
        for (const item::ItemPtr& item : step.items({.member = members_of(service)[0]}))
            if (!item->claimed(nothing(item->probes())).shared) own.push_back(item->label());
    }
    EXPECT_THAT(own, ElementsAre("port 9002", "/etc/haproxy/conf.d/web.cfg"));
}

TEST(AuthorityFile, that_is_shared_is_refused_where_it_is_anothers) {
    const ca::AuthorityFileItem file({.path = kAuthorityFile, .shared = true}, authority("ours"), nullptr);
    const auto seen = nothing(file.looks());
    EXPECT_TRUE(file.check(seen));
    const auto theirs = item::Seen().file(kAuthorityFile, "theirs").text(kAuthorityFile, "theirs").observation();
    const auto refused = file.check(theirs);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message,
              "expected the certificate of the authority ours at /etc/pki/ca.crt or nothing, found something else");
    EXPECT_TRUE(ca::AuthorityFileItem({.path = kAuthorityFile}, authority("ours"), nullptr).looks().empty());
    EXPECT_FALSE(file.claimed(seen).undo.at("was_there").get<bool>());
}

// Others put it there before us.
TEST(AuthorityFile, that_was_there_stays) {
    node::ClaimedItem entry{.kind = "file", .fingerprint = "x", .shared = true};
    entry.undo = {{"was_there", true}};
    EXPECT_TRUE(item::undo(kAuthorityFile, entry)->empty());
    entry.undo = {{"was_there", false}};
    EXPECT_FALSE(item::undo(kAuthorityFile, entry)->empty());
}

}  // namespace
}  // namespace pigsty::module::haproxy
