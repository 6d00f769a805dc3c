#include "core/render/unit.h"

#include <spdlog/fmt/fmt.h>

#include "core/render/banner.h"
#include "core/render/etcd.h"
#include "core/render/haproxy.h"
#include "core/render/patroni.h"

namespace pigsty::render {

std::string render_patroni_unit(bool watchdog) {
    // KillMode=process: Patroni stops PostgreSQL itself. Restart=no: a Patroni that ends does so on purpose or leaves a
    // PostgreSQL behind that somebody should look at; a boot starts it again.
    return banner() + fmt::format(
                          "[Unit]\n"
                          "Description=Patroni, high availability for PostgreSQL\n"
                          "After=network-online.target time-sync.target etcd.service\n"
                          "Wants=network-online.target\n"
                          "ConditionPathExists={0}\n"
                          "\n"
                          "[Service]\n"
                          "Type=simple\n"
                          "User=postgres\n"
                          "Group=postgres\n"
                          "RuntimeDirectory=postgresql\n"
                          "RuntimeDirectoryPreserve=yes\n"
                          "RuntimeDirectoryMode=2775\n"
                          "{1}"
                          "ExecStart=/usr/bin/patroni {0}\n"
                          "ExecReload=/bin/kill -s HUP $MAINPID\n"
                          "KillMode=process\n"
                          "Restart=no\n"
                          "TimeoutStopSec=120\n"
                          "LimitNOFILE=8388608\n"
                          "OOMScoreAdjust=-1000\n"
                          "\n"
                          "[Install]\n"
                          "WantedBy=multi-user.target\n",
                          kPatroniYml,
                          watchdog ? fmt::format("ExecStartPre=-+/bin/chown postgres {}\n", kWatchdogDevice) : "");
}

std::string render_etcd_unit(std::string_view data_dir) {
    return banner() + fmt::format(
                          "[Unit]\n"
                          "Description=etcd, the store that clusters agree in\n"
                          "After=network-online.target\n"
                          "Wants=network-online.target\n"
                          "\n"
                          "[Service]\n"
                          "Type=notify\n"
                          "User=etcd\n"
                          "Group=etcd\n"
                          "WorkingDirectory={}\n"
                          "ExecStart=/usr/bin/etcd --config-file {}\n"
                          "Restart=on-failure\n"
                          "RestartSec=5s\n"
                          "TimeoutStartSec=60\n"
                          "TimeoutStopSec=60\n"
                          "LimitNOFILE=65536\n"
                          "OOMScoreAdjust=-1000\n"
                          "\n"
                          "[Install]\n"
                          "WantedBy=multi-user.target\n",
                          data_dir, kEtcdConf);
}

std::string render_pgbouncer_drop_in() {
    // 20,000 clients are 20,000 files; the package's unit leaves systemd's 1,024.
    return banner() +
           "[Unit]\n"
           "After=network-online.target patroni.service\n"
           "Wants=network-online.target\n"
           "\n"
           "[Service]\n"
           "LimitNOFILE=65536\n"
           "Restart=on-failure\n"
           "RestartSec=5s\n";
}

std::string render_haproxy_drop_in() {
    return banner() +
           fmt::format(
               "[Service]\n"
               "ExecStart=\n"
               "ExecStart=/usr/sbin/haproxy -Ws -f {0} -f {1} -p /run/haproxy.pid -S /run/haproxy-master.sock\n"
               "ExecReload=\n"
               "ExecReload=/usr/sbin/haproxy -Ws -f {0} -f {1} -c -q\n"
               "ExecReload=/bin/kill -USR2 $MAINPID\n"
               "LimitNOFILE=4194304\n",
               kHaproxyConfig, kHaproxyServices);
}

}  // namespace pigsty::render
