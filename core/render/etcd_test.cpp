#include "core/render/etcd.h"

#include "core/render/golden.h"
#include "core/render/unit.h"

namespace pigsty::render {
namespace {

TEST(Etcd, writes_its_configuration) {
    EXPECT_GOLDEN("etcd.conf",
                  render_etcd_conf(
                      {.cluster = "etcd",
                       .name = "etcd-2",
                       .address = "10.10.10.12",
                       .members = {{"etcd-1", "10.10.10.11"}, {"etcd-2", "10.10.10.12"}, {"etcd-3", "10.10.10.13"}}}));
    EXPECT_EQ(etcd_endpoint("fd00::1", 2379), "https://[fd00::1]:2379");
}

TEST(Unit, files) {
    EXPECT_GOLDEN("patroni.service", render_patroni_unit());
    EXPECT_GOLDEN("etcd.service", render_etcd_unit("/data/etcd"));
    EXPECT_GOLDEN("pgbouncer-drop-in.conf", render_pgbouncer_drop_in());
    EXPECT_GOLDEN("haproxy-drop-in.conf", render_haproxy_drop_in());
}

}  // namespace
}  // namespace pigsty::render
