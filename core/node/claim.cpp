#include "core/node/claim.h"

#include <algorithm>
#include <array>

#include "core/base/hash.h"
#include "core/base/quote.h"

namespace pigsty::node {

namespace {

using nlohmann::json;

constexpr std::string_view kDigestMark = "{{digest:";
constexpr std::array<std::string_view, 3> kStates = {"creating", "ready", "removing"};

void replace_all(std::string& text, std::string_view from, std::string_view to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
}

json to_json(const ClaimedItem& item) {
    json value = {{"kind", item.kind}, {"fingerprint", item.fingerprint}, {"digest", item.digest}};
    if (item.existed_before) value["existed_before"] = true;
    if (item.shared) value["shared"] = true;
    for (const auto& probe : item.probes) value["probes"].push_back({std::string(to_string(probe.kind)), probe.key});
    if (!item.undo.is_null()) value["undo"] = item.undo;
    return value;
}

Result<ClaimedItem> item_from_json(const json& value) {
    ClaimedItem item{.kind = value.at("kind"),
                     .fingerprint = value.at("fingerprint"),
                     .digest = value.at("digest"),
                     .existed_before = value.value("existed_before", false),
                     .shared = value.value("shared", false),
                     .undo = value.value("undo", json())};
    if (!item.undo.is_null() && !item.undo.is_object()) return fail(ErrorCode::failed, "`undo` is no object");
    // Every reader of a claim sorts by it.
    if (item.undo.is_object() && item.undo.contains("order") && !item.undo["order"].is_number_unsigned())
        return fail(ErrorCode::failed, "`order` is no number");
    for (const auto& probe : value.value("probes", json::array())) {
        TRY(const auto kind, probe_kind(probe.at(0).get<std::string>()));
        item.probes.push_back({kind, probe.at(1)});
    }
    return item;
}

Error damaged(const std::string& file, const std::string& what) {
    return Error{ErrorCode::failed, file + " is damaged: " + what}.with_hint(
        "bring the file back from a backup of the node, or remove it and import the resource");
}

Result<Claim> read(const json& value, const std::string& file) {
    const int format = value.at("format");
    if (format > Claim::kFormat)
        return fail(Error{ErrorCode::unsupported, file + " was written in format " + std::to_string(format) +
                                                      " by a newer version; this one knows up to format " +
                                                      std::to_string(Claim::kFormat)}
                        .with_hint("use the newer version of the provider"));
    Claim claim{.kind = value.at("kind"),
                .name = value.at("name"),
                .id = value.at("id"),
                .member = value.value("member", std::string()),
                .spec = value.value("spec", json()),
                .items = {},
                .facts = value.value("facts", json()),
                .handover = value.value("handover", std::string())};
    const std::string state = value.at("state");
    const auto* const known = std::find(kStates.begin(), kStates.end(), state);
    if (known == kStates.end()) return fail(damaged(file, "unknown state \"" + state + "\""));
    if (claim.id.empty()) return fail(damaged(file, "it names no id"));
    if (!claim.facts.is_null() && !claim.facts.is_object()) return fail(damaged(file, "`facts` is no object"));
    if (!value.at("items").is_object()) return fail(damaged(file, "`items` is no object"));
    claim.state = static_cast<ClaimState>(known - kStates.begin());
    for (const auto& [label, item] : value.at("items").items()) {
        auto parsed = item_from_json(item);
        if (!parsed) {
            Error error = damaged(file, label + ": " + parsed.error().message);
            // A kind of probe that we do not know was written by a newer version.
            if (parsed.error().code == ErrorCode::unsupported)
                error = Error{ErrorCode::unsupported, file + ": " + label + ": " + parsed.error().message}.with_hint(
                    "use the newer version of the provider");
            return fail(std::move(error));
        }
        claim.items.emplace(label, *std::move(parsed));
    }
    return claim;
}

}  // namespace

std::string Claim::file_name() const { return kind + "-" + percent_encode(name) + ".json"; }

std::string digest_on_node(std::string_view path) { return "{{digest:" + percent_encode(path) + "}}"; }

std::string to_json_text(const Claim& claim) {
    json value = {{"format", Claim::kFormat},
                  {"kind", claim.kind},
                  {"name", claim.name},
                  {"id", claim.id},
                  {"state", std::string(kStates.at(static_cast<std::size_t>(claim.state)))},
                  {"member", claim.member},
                  {"spec", claim.spec},
                  {"items", json::object()},
                  {"facts", claim.facts}};
    if (!claim.handover.empty()) value["handover"] = claim.handover;
    // Only what we put into `digest` is for the node to replace: a user's text that looks the same stays as it is.
    const std::string mark = uuid4();
    for (const auto& [label, item] : claim.items) {
        value["items"][label] = to_json(item);
        auto& digest = value["items"][label]["digest"].get_ref<std::string&>();
        if (digest.starts_with(kDigestMark)) digest.replace(0, kDigestMark.size(), mark);
    }
    std::string text = value.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
    replace_all(text, kDigestMark, "\\u007b{digest:");
    replace_all(text, mark, kDigestMark);
    return text;
}

Result<Claim> claim_from_json_text(std::string_view text, std::string_view file) {
    try {
        return read(json::parse(text), std::string(file));
    } catch (const json::exception& problem) {
        return fail(damaged(std::string(file), problem.what()));
    }
}

}  // namespace pigsty::node
