#include "core/module/pgsql/pool/list_scripts.h"

#include <string_view>

#include <spdlog/fmt/fmt.h>

#include "core/base/quote.h"
#include "core/module/pgsql/pool/fragments.h"

namespace pigsty::module::pgsql {
namespace {

// The superuser comes in by peer authentication alone; pgbouncer must know the name.
constexpr const char* kPutTogether = R"sh(
put_together() {
    [ "$1" != userlist ] || printf '"postgres" ""\n'
    find "$fragments/$1.d" -type f ! -name '.*' -print0 | sort -z | xargs -0 -r cat
}
)sh";

// The lists are what pgbouncer can read, and no more: owner postgres, 0600. It has no checker of its own: it is told to
// reload, and what it says then decides.
constexpr const char* kAssemble = R"sh(
umask 077
exec 9>/run/pigsty-pgbouncer.lock
flock 9
mkdir -p "$fragments/userlist.d" "$fragments/database.d" "$fragments/useropts.d"
changed=
for name in userlist database useropts; do
    list=$dir/$name.txt
    new=$dir/.$name.txt.new
    put_together "$name" >"$new"
    chown postgres:postgres "$new"
    if [ -e "$list" ] && cmp -s "$new" "$list"; then
        rm -f "$new"
        chown postgres:postgres "$list"
        chmod 0600 "$list"
        continue
    fi
    # Until pgbouncer has taken it.
    [ -e "$owed" ] || { : >"$owed"; sync "$owed"; }
    rm -f "$dir/.$name.txt.old"
    [ ! -e "$list" ] || cp -p "$list" "$dir/.$name.txt.old"
    sync "$new"
    mv "$new" "$list"
    changed="$changed $name"
    echo "list $name"
done
sync "$dir"
if [ -e "$owed" ] && systemctl is-active --quiet pgbouncer.service; then
    port=$(sed -n 's/^listen_port *= *//p' "$dir/listen.ini")
    console() {
        runuser -u postgres -- psql -XAtq -v ON_ERROR_STOP=1 -h /run/postgresql -p "$port" -U postgres -d pgbouncer -c "$1" 2>&1
    }
    # RELOAD says yes to anything; what it minds, and that it goes on with what it had, stands in its log alone.
    reload() {
        echo reload
        seen=$(stat -c %s "$log" 2>/dev/null || echo 0)
        problem=$(console RELOAD) || return 1
        problem=$(tail -c "+$((seen + 1))" "$log" 2>/dev/null | grep -E ' (ERROR|WARNING|FATAL) ' || true)
        case $problem in *'config file loading failed'* | *'broken auth file'*) return 1 ;; esac
        problem=$(console 'SHOW CONFIG')
    }
    log=$(sed -n 's/^logfile *= *//p' "$dir/pgbouncer.ini")
    if ! reload; then
        for name in $changed; do
            if [ -e "$dir/.$name.txt.old" ]; then mv "$dir/.$name.txt.old" "$dir/$name.txt"; else : >"$dir/$name.txt"; fi
        done
        console RELOAD >/dev/null || true
        printf 'pgbouncer does not take its new lists:\n%s\n' "$problem" >&2
        exit 3
    fi
fi
# One that does not run reads its lists when it starts.
rm -f "$owed"
for name in $changed; do rm -f "$dir/.$name.txt.old"; done
)sh";

// `sha256sum` names each fragment as "DIGEST  ./userlist.d/app".
constexpr const char* kShow = R"sh(
cd "$fragments" 2>/dev/null || exit 0
find . -type f ! -name '.*' -print0 | sort -z | xargs -0 -r sha256sum
[ ! -e "$owed" ] || { echo "owed ./"; sed 's|^|owed ./|' "$owed"; }
for name in userlist database useropts; do
    put_together "$name" 2>/dev/null | cmp -s - "$dir/$name.txt" || echo "stale $name"
done
)sh";

std::string with_places(const char* script) {
    return fmt::format("set -eu\nexport LC_ALL=C\ndir=/etc/pgbouncer\nfragments={}\nowed=$fragments/.owed\n",
                       kFragmentFolder) +
           kPutTogether + script;
}

std::string kept(const std::string& path) {
    const auto slash = path.rfind('/');
    return path.substr(0, slash + 1) + "." + path.substr(slash + 1) + ".before";
}

}  // namespace

std::string assemble_lists_script() { return with_places(kAssemble); }

std::string show_fragments_script() { return with_places(kShow); }

std::string keep_fragments_script(const std::set<std::string>& wanted, const std::set<std::string>& paths) {
    std::string script = "set -eu\numask 077\n";
    for (const std::string_view list : {"userlist", "database", "useropts"})
        script += fmt::format("mkdir -p {}/{}.d\n", kFragmentFolder, list);
    script += fmt::format("chmod 0700 {0}\ncat >>{0}/.owed <<'PATHS'\n", kFragmentFolder);
    const std::size_t prefix = std::string_view(kFragmentFolder).size() + 1;
    for (const std::string& path : wanted) script += path.substr(prefix) + "\n";
    script += fmt::format("PATHS\nsync {0}/.owed {0}\n", kFragmentFolder);
    for (const std::string& path : paths)
        script += fmt::format("rm -f {1}\n[ ! -e {0} ] || cp -p {0} {1}\n", shell_quote(path), shell_quote(kept(path)));
    return script;
}

std::string put_back_fragments_script(const std::set<std::string>& paths) {
    std::string script = "set -eu\n";
    for (const std::string& path : paths)
        script += fmt::format("if [ -e {1} ]; then mv {1} {0}; else rm -f {0}; fi\n", shell_quote(path),
                              shell_quote(kept(path)));
    return script;
}

std::string forget_fragments_script(const std::set<std::string>& paths) {
    std::string script = "rm -f";
    for (const std::string& path : paths) script += " " + shell_quote(kept(path));
    return script + "\n";
}

}  // namespace pigsty::module::pgsql
