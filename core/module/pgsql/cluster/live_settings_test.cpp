#include "core/module/pgsql/cluster/live_settings.h"

#include <nlohmann/json.hpp>

#include "core/module/pgsql/session/testing/live_cluster.h"
#include "core/module/pgsql/spec/settings.h"

namespace pigsty::module::pgsql {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

class SettingsOfAServer : public LiveCluster {
  protected:
    std::int64_t version() { return std::stoll(sql("SELECT current_setting('server_version_num')::int / 10000")); }
};

TEST_F(SettingsOfAServer, are_as_the_table_says) {
    const Settings settings(version());
    const auto rows = nlohmann::json::parse(
        machine
            ->run(
                "runuser -u postgres -- psql -XAtq -d postgres -c \"SELECT json_agg(json_build_array(name, vartype, "
                "coalesce(unit, ''), coalesce(min_val, ''), coalesce(max_val, ''), coalesce(array_to_string(enumvals, "
                "','), ''), context, setting)) FROM pg_settings WHERE context <> 'internal' AND name NOT LIKE '%.%'\"")
            .value(),
        nullptr, false);
    ASSERT_TRUE(rows.is_array());
    ASSERT_GT(rows.size(), 300U);
    const std::map<SettingType, std::string> types{{SettingType::boolean, "bool"},
                                                   {SettingType::integer, "integer"},
                                                   {SettingType::real, "real"},
                                                   {SettingType::string, "string"},
                                                   {SettingType::enumeration, "enum"}};
    for (const auto& row : rows) {
        const std::string name = row[0];
        const Setting* setting = settings.find(name);
        ASSERT_NE(setting, nullptr) << name;
        EXPECT_EQ(setting->name, name);
        EXPECT_EQ(types.at(setting->type), row[1]) << name;
        EXPECT_EQ(setting->unit, row[2].get<std::string>()) << name;
        EXPECT_EQ(setting->values, row[5].get<std::string>()) << name;
        EXPECT_EQ(setting->context == SettingContext::postmaster, row[6] == "postmaster") << name;
        if (row[3] != "") {
            EXPECT_EQ(setting->least, std::stod(row[3].get<std::string>())) << name;
        }
        if (row[4] != "") {
            EXPECT_EQ(setting->most, std::stod(row[4].get<std::string>())) << name;
        }
        if (name.starts_with("transaction_") || patroni_least(name) || name.starts_with("wal_l")) continue;
        const auto refusal = settings.refusal(name, row[7].get<std::string>());
        EXPECT_FALSE(refusal) << name << ": " << (refusal ? refusal->message : "");
    }
}

TEST_F(SettingsOfAServer, are_read_by_us_as_by_the_server) {
    const Settings settings(version());
    const std::vector<std::pair<std::string, std::string>> tries{{"work_mem", "1e2MB"},
                                                                 {"work_mem", "0x64 MB "},
                                                                 {"work_mem", "1.5GB"},
                                                                 {"work_mem", "100.7kB"},
                                                                 {"work_mem", "0.0001GB"},
                                                                 {"work_mem", "4 monkeys"},
                                                                 {"work_mem", "1mb"},
                                                                 {"work_mem", "0144"},
                                                                 {"work_mem", "63"},
                                                                 {"work_mem", ""},
                                                                 {"enable_seqscan", "t"},
                                                                 {"enable_seqscan", "FAL"},
                                                                 {"enable_seqscan", "o"},
                                                                 {"enable_seqscan", "of"},
                                                                 {"enable_seqscan", " on"},
                                                                 {"statement_timeout", "1d"},
                                                                 {"statement_timeout", "1.5 min"},
                                                                 {"statement_timeout", "100us"},
                                                                 {"statement_timeout", "30d"},
                                                                 {"random_page_cost", "1e-1"},
                                                                 {"random_page_cost", "-1"},
                                                                 {"random_page_cost", "x"},
                                                                 {"vacuum_cost_delay", "0.1s"},
                                                                 {"synchronous_commit", "TRUE"},
                                                                 {"synchronous_commit", "t"},
                                                                 {"synchronous_commit", "0"},
                                                                 {"client_min_messages", "debug"},
                                                                 {"client_min_messages", "fatal"},
                                                                 {"bytea_output", "HEX"},
                                                                 {"default_statistics_target", "1e2"},
                                                                 {"default_statistics_target", "10001"},
                                                                 {"default_statistics_target", "99999999999"},
                                                                 {"temp_buffers", "64MB"},
                                                                 {"temp_buffers", "12B"}};
    for (const auto& [name, value] : tries) {
        const std::string said = sql("SET " + name + " = " + sql_literal(value) +
                                     "; SELECT setting FROM pg_settings WHERE name = '" + name + "'");
        const auto refusal = settings.refusal(name, value);
        if (said.find("ERROR") != std::string::npos) {
            EXPECT_TRUE(refusal) << name << " = " << value << ": " << said;
        } else {
            EXPECT_FALSE(refusal) << name << " = " << value << ": " << refusal->message;
            // With client_min_messages at debug, what the server logs stands before the answer.
            const std::string answer = said.substr(0, said.find_last_not_of('\n') + 1);
            EXPECT_TRUE(settings.same(name, value, answer.substr(answer.rfind('\n') + 1)))
                << name << " = " << value << ": " << said;
        }
    }
}

TEST_F(SettingsOfAServer, are_seen_as_it_read_them) {
    cluster.version = version();
    const auto seen = [&](const Given& given) {
        const auto results = node_->request({ask_settings(cluster.port)}, cancel, {});
        return seen_settings(results->back().out, given, Settings(cluster.version)).value();
    };
    machine
        ->run(
            "cp /tmp/pg/postgresql.conf /tmp/kept.conf; printf \"work_mem = '8MB'\\nShared_Buffers = "
            "64MB\\nlog_statement = 'noone'\\n\" >>/tmp/pg/postgresql.conf")
        .value();
    sql("SELECT pg_reload_conf()");
    for (int i = 0; i < 50 && sql("SHOW work_mem") != "8MB\n"; ++i) machine->run("sleep 0.1").value();
    const auto found = seen({.wanted = {{"work_mem", "16MB"},
                                        {"shared_buffers", "65536kB"},
                                        {"geqo", "on"},
                                        {"log_statement", "noone"},
                                        {"unheard_of", "x"}},
                             .gone = {"log_statement", "fsync", "bonjour"}});
    EXPECT_THAT(found.wrong, ElementsAre("geqo is not set, expected on", HasSubstr("log_statement = noone: "),
                                         "work_mem is 8MB, expected 16MB", "fsync is off, expected none"));
    EXPECT_THAT(found.waiting, ElementsAre(Pair("shared_buffers", "128MB")));
    EXPECT_THAT(seen({.wanted = {{"work_mem", "8192kB"}}}).wrong, IsEmpty());
    machine->run("cp /tmp/kept.conf /tmp/pg/postgresql.conf").value();
    sql("SELECT pg_reload_conf()");
}

}  // namespace
}  // namespace pigsty::module::pgsql
