#include "core/module/pgsql/cluster/setting_trial.h"

#include <algorithm>

#include "core/base/quote.h"
#include "core/item/path_state.h"
#include "core/module/pgsql/cluster/dcs.h"
#include "core/module/pgsql/spec/layout.h"
#include "core/module/platform/platform.h"

namespace pigsty::module::pgsql {
namespace {

constexpr const char* kLibrarySettings[] = {"shared_preload_libraries", "session_preload_libraries",
                                            "local_preload_libraries"};

// With `postgres -C` PostgreSQL reads its file as it does when it starts, and says what it minds. What it works out itself,
// as the size of shared memory (15 and later), it works out behind the libraries, the limits that belong together and the
// control file; other settings it shows before those.
constexpr const char* kTrial = R"sh(
for library do
    case $library in
        '$libdir/'*) file=$libdir/${library#?libdir/} ;;
        /*) file=$library ;;
        *) file=$libdir/$library ;;
    esac
    [ -e "$file" ] || [ -e "$file.so" ] && continue
    echo "expected the library $file.so, found no such file: the package that holds it is not installed" >&2
    exit 1
done
trial=$(mktemp -d) || exit 1
trap 'rm -rf -- "$trial"' EXIT
printf '%s' "$conf" >"$trial/postgresql.conf" && : >"$trial/postgresql.auto.conf"
ask=shared_buffers
if [ "$version" -ge 15 ] && [ -e "$data/global/pg_control" ]; then
    ask=shared_memory_size
    mkdir "$trial/global" && cp -- "$data/global/pg_control" "$trial/global/" && cp -- "$data/PG_VERSION" "$trial/" || exit 1
fi
chown -R postgres "$trial" && chmod 700 "$trial" && cd "$trial" || exit 1
if ! found=$(LC_ALL=C runuser -u postgres -- "$bin/postgres" -D "$trial" -C "$ask" 2>"$trial/said"); then
    sed "s|$trial/||g; s/^[0-9-]* [0-9:.]* [A-Z]* \[[0-9]*\] //" "$trial/said" >&2
    exit 1
fi
[ "$ask" = shared_memory_size ] || found=$((found / 128))
there=$(awk '/^(MemTotal|SwapTotal):/ {sum += $2} END {print int(sum / 1024)}' /proc/meminfo)
[ "$found" -le "$there" ] || { echo "expected at most $there MB of shared memory, which is all there is here, found $found MB" >&2; exit 1; }
)sh";

std::string conf_quote(const std::string& value) {
    std::string quoted = "'";
    for (const char c : value) quoted.append(c == '\'' || c == '\\' ? 2 : 1, c);
    return quoted + "'";
}

Parameters own_settings(const PgCluster& cluster, const std::string& member) {
    const Settings settings(cluster.version);
    Parameters own = configured(cluster.parameters, settings);
    if (const auto found = cluster.instances.find(member); found != cluster.instances.end())
        for (auto& [name, value] : configured(found->second.parameters, settings)) own[name] = value;
    return own;
}

}  // namespace

bool has_own_settings(const PgCluster& cluster) {
    return !cluster.parameters.empty() || cluster.max_connections || cluster.libs ||
           std::ranges::any_of(cluster.instances, [](const auto& entry) { return !entry.second.parameters.empty(); });
}

Result<std::string> trial_conf(const PgCluster& cluster, const std::string& member) {
    const Settings settings(cluster.version);
    TRY(const render::PgParameters tuned, tuned_parameters(cluster));
    Parameters all;
    // The template names what some versions do not have: Patroni leaves that out.
    for (const auto& [name, value] : tuned)
        if (name.find('.') != std::string::npos || settings.find(name) != nullptr) all[name] = value;
    for (auto& [name, value] : own_settings(cluster, member)) all[name] = value;
    std::string conf;
    for (const auto& [name, value] : all) conf += name + " = " + conf_quote(value) + "\n";
    return conf;
}

std::vector<std::string> trial_libraries(const PgCluster& cluster, const std::string& member) {
    const Parameters own = own_settings(cluster, member);
    std::vector<std::string> libraries = cluster.libs.value_or(std::vector<std::string>());
    // Somewhere else altogether: PostgreSQL alone knows.
    if (own.contains("dynamic_library_path")) return {};
    for (const char* setting : kLibrarySettings) {
        const auto found = own.find(setting);
        if (found == own.end()) continue;
        std::string_view rest = found->second;
        while (true) {
            const auto comma = rest.find(',');
            std::string_view name = rest.substr(0, comma);
            while (!name.empty() && (name.front() == ' ' || name.front() == '"')) name.remove_prefix(1);
            while (!name.empty() && (name.back() == ' ' || name.back() == '"')) name.remove_suffix(1);
            if (!name.empty()) libraries.emplace_back(name);
            if (comma == std::string_view::npos) break;
            rest.remove_prefix(comma + 1);
        }
    }
    return libraries;
}

std::string trial_script(const std::string& bin_dir, const std::string& data, std::int64_t version,
                         const std::string& conf, const std::vector<std::string>& libraries) {
    std::string script = "bin=" + shell_quote(bin_dir) +
                         "\nlibdir=" + shell_quote(bin_dir.substr(0, bin_dir.rfind('/')) + "/lib") +
                         "\ndata=" + shell_quote(data) + "\nversion=" + std::to_string(version) +
                         "\nconf=" + shell_quote(conf) + "\nset --";
    for (const std::string& library : libraries) script += " " + shell_quote(library);
    return script + kTrial;
}

Status try_settings(const PgCluster& cluster, converge::Site& site, converge::StepContext& context) {
    const std::int64_t version = cluster.version.value_or(0);
    TRY(const std::string conf, trial_conf(cluster, site.member.number));
    const std::string script = trial_script(platform::platform_at(site.node).bin_dir(version), kDataDir, version, conf,
                                            trial_libraries(cluster, site.member.number));
    TRY(const auto results,
        site.node->request({node::RunScript{.text = script, .may_fail = true, .writes = false}}, context.cancel()));
    if (results.back().status == 0) return {};
    std::vector<std::string> names;
    for (const auto& [name, value] : own_settings(cluster, site.member.number)) names.push_back(name);
    return fail(Error{.code = ErrorCode::invalid,
                      .message = "PostgreSQL would not start with the settings of " + site.member.name +
                                 (names.empty() ? "" : " (" + item::join(names) + ")")}
                    .at_host(site.member.address.address)
                    .with_output(results.back().err)
                    .with_hint("correct `parameters`; no server was given them"));
}

}  // namespace pigsty::module::pgsql
