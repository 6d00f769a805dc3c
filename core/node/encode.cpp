#include "core/node/encode.h"

#include <nlohmann/json.hpp>

namespace pigsty::node {

namespace {

using nlohmann::json;

struct Encoder {
    Command operator()(const RunScript& script) const {
        return command("run",
                       {script.text, script.input, std::to_string(script.stall.count()), script.may_fail ? "1" : "0"});
    }
    Command operator()(const PutFile& file) const {
        return command("put", {file.path, file.content, file.owner, file.group, std::to_string(file.mode),
                               file.secret_scope, file.keep_before ? "1" : "0"});
    }
    Command operator()(const RemoveFile& file) const { return command("remove", {file.path}); }
    Command operator()(const WriteJournal& entry) const { return command("journal", {entry.operation, entry.line}); }
    Command operator()(const ReadSecret& secret) const { return command("secret", {secret.scope, secret.name}); }
    Command operator()(const KeepSecret& secret) const {
        return command("keep", {secret.scope, secret.name, std::to_string(secret.generation), secret.bytes.reveal()});
    }
    Command operator()(const Observe& look) const { return observe_command(look.probes); }
};

}  // namespace

Command encode(const Operation& operation) { return std::visit(Encoder(), operation); }

bool may_write(const Operation& operation) {
    if (const auto* const script = std::get_if<RunScript>(&operation)) return script->writes;
    return !std::holds_alternative<ReadSecret>(operation) && !std::holds_alternative<Observe>(operation);
}

std::vector<OperationResult> read_results(const std::vector<Operation>& operations,
                                          const std::vector<CommandResult>& results) {
    std::vector<OperationResult> found;
    for (std::size_t i = 0; i < results.size(); ++i) {
        OperationResult result{.status = results[i].status, .out = results[i].out, .err = results[i].err};
        const auto& fields = results[i].fields;
        if (std::holds_alternative<PutFile>(operations[i]) && !fields.empty()) result.out = fields[0];
        if (std::holds_alternative<ReadSecret>(operations[i]) && fields.size() == 2)
            result.out = fields[0] + "\n" + fields[1];
        found.push_back(std::move(result));
    }
    return found;
}

Command observe_command(const Probes& probes) {
    Command made = command("observe");
    for (const auto& probe : probes) {
        append_field(made.fields, to_string(probe.kind));
        append_field(made.fields, probe.key);
    }
    return made;
}

Result<Observation> read_observation(const Probes& probes, const CommandResult& result) {
    if (result.status != 0) return fail(ErrorCode::failed, "the node cannot be looked at: " + result.err);
    if (result.fields.size() != probes.size())
        return fail(ErrorCode::internal, "the root end answered " + std::to_string(result.fields.size()) +
                                             " probes of " + std::to_string(probes.size()));
    Observation seen;
    auto value = result.fields.begin();
    for (const auto& probe : probes) seen.set(probe, *value++);
    return seen;
}

// One line, ASCII: the root end puts it into its lease file as it is.
std::string to_json_text(const LeaseHolder& holder) {
    const json value = {{"runner", holder.runner},
                        {"host", holder.host},
                        {"pid", holder.pid},
                        {"since", holder.since},
                        {"operation", holder.operation}};
    return value.dump(-1, ' ', true, json::error_handler_t::replace);
}

std::optional<LeaseHolder> lease_holder_from_json_text(const std::string& text) {
    const json value = json::parse(text, nullptr, false);
    if (!value.is_object() || !value.contains("holder") || !value["holder"].is_object()) return std::nullopt;
    const auto& holder = value["holder"];
    const auto word = [&](const char* name) {
        const auto found = holder.find(name);
        return found != holder.end() && found->is_string() ? found->get<std::string>() : std::string();
    };
    const auto pid = holder.find("pid");
    return LeaseHolder{.runner = word("runner"),
                       .host = word("host"),
                       .pid = pid != holder.end() && pid->is_number_integer() ? pid->get<std::int64_t>() : 0,
                       .since = word("since"),
                       .operation = word("operation")};
}

}  // namespace pigsty::node
