#include "core/module/pgsql/cluster/hba_reload.h"

#include "core/module/pgsql/spec/layout.h"

namespace pigsty::module::pgsql {
namespace {

// PostgreSQL says itself what it thinks of the file, before it takes it: the old one comes back when it minds. Where no
// server listens (2), it reads the file as it starts; one that is starting or ending (1) is waited for. What it then
// refuses, as a connection too many, is an error: a file that nobody has read must not pass for one in force.
constexpr const char* kReloadPostgresql = R"sh(
ready=2
if systemctl is-active -q patroni.service; then
    for i in $(seq 30); do
        ready=0
        pg_isready -q -h /var/run/postgresql -p "$port" || ready=$?
        [ "$ready" -eq 1 ] || break
        sleep 1
    done
fi
if [ "$ready" -ne 2 ]; then
    wrong=$(ask "SELECT 'line ' || line_number || ': ' || error FROM pg_hba_file_rules WHERE error IS NOT NULL") || exit 1
    [ -z "$wrong" ] || { echo "$wrong" >&2; exit 1; }
    ask 'SELECT pg_reload_conf()' >/dev/null
fi
)sh";

}  // namespace

std::string reload_hba_script(std::int64_t port) {
    return "port=" + std::to_string(port) + "\nask() { " + local_psql(port) + " -c \"$1\"; }" + kReloadPostgresql;
}

}  // namespace pigsty::module::pgsql
