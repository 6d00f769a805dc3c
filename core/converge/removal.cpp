#include "core/converge/removal.h"

#include "core/base/quote.h"
#include "core/item/shell_parts.h"
#include "core/node/own_folder.h"

namespace pigsty::converge {

std::string removal_script(const RemovalScript& removal) {
    std::string script = item::stop_unit_function();
    for (const std::string& unit : removal.units) {
        const std::string quoted = shell_quote(unit);
        // Told to stop first: killed alone, it would be started again.
        if (removal.kills)
            script += "systemctl stop --no-block -- " + quoted + " 2>/dev/null && systemctl kill --signal=KILL -- " +
                      quoted + " 2>/dev/null\n";
        script += "stop_unit " + quoted + " || exit 1\n";
    }
    if (!removal.proof.empty()) script += "(\n" + removal.proof + "\n) || exit 1\n";
    std::vector<std::string> paths = removal.paths;
    if (!removal.secrets.empty()) paths.push_back(node::secrets_folder(removal.secrets));
    for (const std::string& path : paths) script += "rm -rf -- " + shell_quote(path) + " || exit 1\n";
    return script;
}

Act run(std::string script) {
    return [script = std::move(script)](Site& site, StepContext& context) -> Status {
        TRY_VOID(context.request(site, {node::RunScript{.text = script, .stall = std::chrono::seconds(180)}}));
        return {};
    };
}

}  // namespace pigsty::converge
