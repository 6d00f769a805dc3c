#include "core/module/minio/policy.h"

#include <set>

#include <nlohmann/json.hpp>

namespace pigsty::module::minio {
namespace {

using nlohmann::json;

// "x" and ["x"] mean the same, and so does any order.
json as_set(const json& value) {
    std::set<json> all;
    if (value.is_array())
        all.insert(value.begin(), value.end());
    else
        all.insert(value);
    return json(all);
}

bool is_statement(const json& statement) {
    return statement.is_object() && statement.contains("Effect") &&
           (statement.contains("Action") || statement.contains("NotAction"));
}

json statement_meaning(const json& statement) {
    json meaning;
    for (const auto& [key, value] : statement.items()) {
        if (key == "Sid" && value == "") continue;
        if (key == "Action" || key == "NotAction" || key == "Resource" || key == "NotResource") {
            if (!value.empty()) meaning[key] = as_set(value);
        } else if (key == "Condition" && value.is_object()) {
            for (const auto& [test, operands] : value.items())
                for (const auto& [name, values] : operands.items()) meaning[key][test][name] = as_set(values);
        } else {
            meaning[key] = value;
        }
    }
    return meaning;
}

}  // namespace

std::string bucket_policy(const std::string& bucket) {
    const std::string resource = "arn:aws:s3:::" + bucket;
    return json{{"Version", "2012-10-17"},
                {"Statement", json::array({{{"Effect", "Allow"},
                                            {"Action", json::array({"s3:*"})},
                                            {"Resource", json::array({resource, resource + "/*"})}}})}}
        .dump();
}

std::optional<std::string> policy_meaning(const std::string& text) {
    const json policy = json::parse(text, nullptr, false);
    if (!policy.is_object() || !policy.contains("Statement")) return std::nullopt;
    const json& given = policy["Statement"];
    const json statements = given.is_array() ? given : json::array({given});
    std::set<json> meanings;
    for (const json& statement : statements) {
        if (!is_statement(statement)) return std::nullopt;
        meanings.insert(statement_meaning(statement));
    }
    if (meanings.empty()) return std::nullopt;
    return json(meanings).dump();
}

}  // namespace pigsty::module::minio
