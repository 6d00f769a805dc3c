#include "provider/plugin/log.h"

#include <map>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace pigsty::plugin {
namespace {

using spdlog::level::level_enum;

const std::chrono::system_clock::time_point kTime{std::chrono::microseconds(1700000000000042)};

level_enum level_from(const std::map<std::string, std::string>& environment) {
    return level_from_environment([&](const char* name) -> std::optional<std::string> {
        const auto found = environment.find(name);
        if (found == environment.end()) return std::nullopt;
        return found->second;
    });
}

TEST(Log, line_is_what_terraform_parses) {
    EXPECT_EQ(log_line(level_enum::info, "provider.pigsty", "said \"hello\"\n", kTime, {{"tf_rpc", "ReadResource"}}),
              R"({"@level":"info","@message":"said \"hello\"\n","@module":"provider.pigsty",)"
              R"("@timestamp":"2023-11-14T22:13:20.000042Z","tf_rpc":"ReadResource"})"
              "\n");
}

TEST(Log, level_names_are_terraforms) {
    const auto level_of = [](level_enum level) {
        return nlohmann::json::parse(log_line(level, "m", "x", kTime))["@level"].get<std::string>();
    };
    EXPECT_EQ(level_of(level_enum::trace), "trace");
    EXPECT_EQ(level_of(level_enum::debug), "debug");
    EXPECT_EQ(level_of(level_enum::warn), "warn");
    EXPECT_EQ(level_of(level_enum::err), "error");
    EXPECT_EQ(level_of(level_enum::critical), "error");
}

TEST(Log, lines_stay_valid_and_short_enough) {
    for (const std::string& message : {std::string(1 << 20, 'x'), std::string(1 << 20, '\x01'),
                                       std::string("a\xff"
                                                   "b")}) {
        const std::string line = log_line(level_enum::info, "m", message, kTime, {{"k", message}});
        EXPECT_LT(line.size(), 64U * 1024);
        EXPECT_TRUE(nlohmann::json::accept(line));
        EXPECT_EQ(line.find('\n'), line.size() - 1);
    }
}

TEST(Log, the_most_specific_variable_decides_the_level) {
    EXPECT_EQ(level_from({}), level_enum::warn);
    EXPECT_EQ(level_from({{"TF_LOG", "debug"}}), level_enum::debug);
    EXPECT_EQ(level_from({{"TF_LOG", "JSON"}}), level_enum::trace);
    EXPECT_EQ(level_from({{"TF_LOG", "TRACE"}, {"TF_LOG_PROVIDER", "ERROR"}}), level_enum::err);
    EXPECT_EQ(level_from({{"TF_LOG_PROVIDER", "OFF"}, {"TF_LOG_PROVIDER_PIGSTY", "INFO"}}), level_enum::info);
    EXPECT_EQ(level_from({{"TF_LOG", "OFF"}}), level_enum::off);
    EXPECT_EQ(level_from({{"TF_LOG", "warn"}}), level_enum::warn);
}

}  // namespace
}  // namespace pigsty::plugin
