#include "core/module/minio/files.h"

#include <nlohmann/json.hpp>

#include "core/base/quote.h"
#include "core/node/own_folder.h"
#include "core/render/banner.h"
#include "core/render/secret_reference.h"

namespace pigsty::module::minio {
namespace {

// As systemd reads it from a file of variables: nothing is expanded, `\` and `"` are escaped.
std::string variable(const std::string& name, const std::string& value) {
    std::string quoted;
    for (const char c : value) {
        if (c == '\\' || c == '"' || c == '$' || c == '`') quoted += '\\';
        quoted += c;
    }
    return name + "=\"" + quoted + "\"\n";
}

std::string root_password() { return render::secret_reference({.name = kRootSecret}); }

}  // namespace

std::string secret_scope(const std::string& cluster) { return "minio-" + cluster; }

std::string secret_name(const std::string& user, const User& spec) {
    return (spec.secret_wo_version ? "given." : "user.") + user;
}

std::string environment_text(const MinioCluster& cluster) {
    std::string text = render::banner();
    text += variable("MINIO_OPTS", "--address :" + std::to_string(cluster.port) +
                                       " --console-address :" + std::to_string(cluster.console_port));
    text += variable("MINIO_VOLUMES", volumes_of(cluster));
    text += variable("MINIO_ROOT_USER", kRootUser);
    text += variable("MINIO_ROOT_PASSWORD", root_password());
    if (cluster.region) text += variable("MINIO_REGION", *cluster.region);
    if (cluster.storage_class) text += variable("MINIO_STORAGE_CLASS_STANDARD", *cluster.storage_class);
    for (const auto& [name, value] : cluster.environment) text += variable(name, value);
    return text;
}

std::string unit_text() {
    // A member waits for the others with its start; the bound ends a wait, and Restart= begins it anew.
    return render::banner() +
           "[Unit]\n"
           "Description=MinIO, object storage that speaks S3\n"
           "Wants=network-online.target\n"
           "After=network-online.target local-fs.target\n"
           "AssertFileIsExecutable=/usr/bin/minio\n"
           "\n"
           "[Service]\n"
           "Type=notify\n"
           "User=minio\n"
           "Group=minio\n"
           "WorkingDirectory=/home/minio\n"
           "Environment=HOME=/home/minio\n"
           "EnvironmentFile=/etc/default/minio\n"
           "ExecStart=/usr/bin/minio server $MINIO_OPTS $MINIO_VOLUMES\n"
           // Certificates: the server's own watch does not see a file that another one took the place of.
           "ExecReload=/bin/kill -s HUP $MAINPID\n"
           "Restart=always\n"
           "RestartSec=2s\n"
           "LimitNOFILE=1048576\n"
           "TasksMax=infinity\n"
           "TimeoutStartSec=180\n"
           "TimeoutStopSec=60\n"
           "\n"
           "[Install]\n"
           "WantedBy=multi-user.target\n";
}

std::string client_folder(const std::string& cluster) { return std::string(node::kOwnFolder) + "/minio-" + cluster; }

std::string client_configuration(const MinioCluster& cluster) {
    const nlohmann::json configuration{{"version", "10"},
                                       {"aliases",
                                        {{"local",
                                          {{"url", url_of(cluster, "127.0.0.1")},
                                           {"accessKey", kRootUser},
                                           {"secretKey", root_password()},
                                           {"api", "S3v4"},
                                           {"path", "auto"}}}}}};
    return configuration.dump(1, '\t') + "\n";
}

std::string client_functions(const MinioCluster& cluster) {
    return "conf=" + shell_quote(client_folder(cluster.name)) + "\nexport SSL_CERT_FILE=" + kAuthority +
           " HOME=/root\nmc() { timeout 30 minio-client --config-dir \"$conf\" \"$@\"; }\n"
           // Asks again and again until it is so.
           "serves() { timeout 6 minio-client --config-dir \"$conf\" ready local >/dev/null 2>&1 </dev/null; }\n";
}

}  // namespace pigsty::module::minio
