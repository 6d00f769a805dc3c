#include "provider/resource/minio_cluster.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "core/module/minio/files.h"
#include "core/module/minio/look.h"
#include "provider/framework/validators.h"
#include "provider/resource/minio_attributes.h"
#include "provider/resource/problems.h"

namespace pigsty::provider {
namespace {

using module::minio::Changes;
using module::minio::MinioCluster;

// Of private data: how many objects each bucket held when Read looked.
constexpr const char* kObjects = "objects";

void refuse_buckets_that_hold_objects(Plan<MinioState>& plan) {
    const auto counts = nlohmann::json::parse(plan.private_data.get(kObjects).value_or("{}"), nullptr, false);
    if (!counts.is_object()) return;
    for (const std::string& name : module::minio::changes_between(plan.prior->spec, plan.planned.spec).buckets) {
        const auto found = counts.find(name);
        if (found == counts.end() || !found->is_number_integer() || *found == 0) continue;
        const auto objects = found->get<std::int64_t>();
        plan.diagnostics.add_error(
            "Bucket " + name + " holds objects",
            "Expected an empty bucket where one is to be removed, found " +
                std::string(objects >= module::minio::kMostCounted ? "at least " : "") + std::to_string(objects) +
                (objects == 1 ? " object" : " objects") + " (versions counted) in " + name +
                ". Nothing removes objects here: empty it first (mc rm --recursive --force --versions), or keep it in "
                "`buckets`.",
            value::Path::of("buckets"));
    }
}

void refuse_changed_locks(Plan<MinioState>& plan) {
    const auto before = module::minio::buckets_of(plan.prior->spec);
    for (const auto& [name, bucket] : module::minio::buckets_of(plan.planned.spec)) {
        const auto found = before.find(name);
        if (found == before.end() || found->second.object_lock == bucket.object_lock) continue;
        plan.diagnostics.add_error("Object lock is fixed after creation",
                                   std::string("Expected ") + (bucket.object_lock ? "false" : "true") + ", found " +
                                       (bucket.object_lock ? "true" : "false") + " for bucket " + name +
                                       ": S3 decides it when a bucket is made. Make a bucket of another name.",
                                   value::Path::of("buckets").key(name).attribute("object_lock"));
    }
}

}  // namespace

Declaration<MinioState> MinioClusterResource::declare() const {
    return {.description =
                "A MinIO cluster: object storage that speaks S3, for backups above all, with its buckets, users and "
                "policies. Root password and the users' generated secrets are made on the nodes and kept there, root "
                "only, below `/var/lib/pigsty/secrets`.\n\n"
                "Packages `minio` and `minio-client` come from the nodes' repositories. No system's own have the "
                "server: name one that has in `repositories` of `pigsty_node`.",
            .subcategory = "MinIO",
            .attributes = minio_attributes()};
}

converge::Table MinioClusterResource::table(const MinioState& state, const Fleet* fleet) const {
    return module::minio::table_of(state.spec, connect_through(fleet));
}

std::vector<MinioState> MinioClusterResource::shapes() const {
    MinioState state;
    state.spec.ca.emplace();
    return {std::move(state)};
}

converge::Table MinioClusterResource::update_table(const MinioState& prior, const MinioState& planned,
                                                   const Fleet& fleet, Call& /*call*/) const {
    Changes changes = module::minio::changes_between(prior.spec, planned.spec);
    changes.leaves_alone = [common = planned.common](const std::string& sentence) {
        return common.drift_policy == "report" || framework::noted_drift({sentence}, common.drift_ignore).empty();
    };
    // What this very plan changes is no drift.
    const auto before = module::minio::managed_objects(prior.spec);
    const auto after = module::minio::managed_objects(planned.spec);
    changes.leaves_alone = [ignored = std::move(changes.leaves_alone), before, after](const std::string& sentence) {
        const std::string key = sentence.substr(0, sentence.find(": "));
        const auto then = before.find(key);
        const auto now = after.find(key);
        const bool is_planned = then == before.end() || now == after.end() || then->second != now->second;
        return !is_planned && ignored(sentence);
    };
    return module::minio::table_of(planned.spec, connect_through(&fleet), changes);
}

converge::Table MinioClusterResource::before_destroy(const MinioState& state, const Fleet* /*fleet*/) const {
    return module::minio::removal_of(state.spec);
}

converge::Managed MinioClusterResource::more_managed(const MinioState& state) const {
    return module::minio::managed_objects(state.spec);
}

std::vector<Told> MinioClusterResource::tell(MinioState& state) const {
    state.access = module::minio::access_of(state.spec, state.common.id);
    return {{.attribute = "access", .made_of = {"port", "domain", "region", "ca"}}};
}

Result<std::vector<std::string>> MinioClusterResource::more_drift(const MinioState& state, const converge::Run& run,
                                                                  Call& call) const {
    const node::Probe probe = module::minio::look_probe(state.spec);
    bool asked = false;
    // The first member's answer came with everything else of its node; another one is asked only where that one is silent.
    for (const auto& site : run.sites()) {
        TRY(const auto seen, site->node->observe({probe}, call.cancel));
        const module::minio::Look look = module::minio::read_look(seen.command(probe.key));
        asked = asked || look.asked;
        if (!look.serves) continue;
        nlohmann::json counts = nlohmann::json::object();
        for (const auto& [name, bucket] : look.buckets) counts[name] = bucket.objects;
        call.private_data.set(kObjects, counts.dump());
        std::vector<std::string> sentences;
        for (const auto& difference : module::minio::differences(state.spec, look))
            sentences.push_back(difference.sentence(state.spec));
        return sentences;
    }
    if (!asked) return std::vector<std::string>{};  // the client's file is gone: drift of its own
    return std::vector<std::string>{state.spec.name + " cluster: no member takes writes"};
}

void MinioClusterResource::more_forecast(const Plan<MinioState>& plan, framework::Forecast& forecast) const {
    if (plan.prior == nullptr || !forecast.last_change) return;
    const auto drift = repaired_drift(plan.private_data.get("observed"), plan.planned.common);
    const MinioCluster& before = plan.prior->spec;
    const MinioCluster& after = plan.planned.spec;
    if (after.members.size() > 1 && module::minio::environment_text(before) != module::minio::environment_text(after))
        forecast.last_change->push_back("all members of " + after.name +
                                        " restart at once, some seconds without service: they start together or not at "
                                        "all when their environment changes");
    for (std::string& sentence : module::minio::objects_forecast(before, after, drift))
        forecast.last_change->push_back(std::move(sentence));
}

void MinioClusterResource::modify_plan(Plan<MinioState>& plan) const {
    ModuleResource::modify_plan(plan);
    if (plan.prior == nullptr || plan.unknown.at("buckets")) return;
    refuse_buckets_that_hold_objects(plan);
    refuse_changed_locks(plan);
}

void MinioClusterResource::validate(const MinioState& config, framework::Validation& validation) const {
    ModuleResource::validate(config, validation);
    const bool knows_policies = !validation.unknown.at("buckets") && !validation.unknown.at("policies");
    std::vector<Problem> problems = module::minio::problems_of(config.spec);
    if (!knows_policies)
        std::erase_if(problems, [](const Problem& problem) { return problem.path.starts_with("users"); });
    report_problems(problems, validation);
    if (!config.spec.ca && !validation.unknown.at("ca"))
        validation.diagnostics.add_warning(config.spec.name + ": plaintext",
                                           "Without `ca` secrets and objects travel unencrypted between members and "
                                           "to clients. Give it a `ref` of a pigsty_ca.",
                                           value::Path::of("ca"));
}

}  // namespace pigsty::provider
