#include "provider/plugin/log.h"

#include <algorithm>
#include <cctype>
#include <ctime>
#include <memory>

#include <grpc/support/log.h>
#include <nlohmann/json.hpp>
#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

namespace pigsty::plugin {

namespace {

constexpr const char* kModule = "provider.pigsty";
constexpr std::size_t kMaxText = 48 * 1024;  // escapes may lengthen it: the line has to stay below 64 KiB
constexpr std::size_t kMaxLine = 64 * 1024;

const char* level_name(spdlog::level::level_enum level) {
    switch (level) {
        case spdlog::level::trace: return "trace";
        case spdlog::level::debug: return "debug";
        case spdlog::level::info: return "info";
        case spdlog::level::warn: return "warn";
        default: return "error";
    }
}

// Exactly six digits of fraction: the host's parser refuses anything else.
std::string timestamp(std::chrono::system_clock::time_point time) {
    const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
    const std::time_t seconds = micros / 1000000;
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                       utc.tm_hour, utc.tm_min, utc.tm_sec, micros % 1000000);
}

// One write a line, so that lines of threads and of child processes do not mix.
void write_line(std::string_view line) {
    while (!line.empty()) {
        const ssize_t written = write(STDERR_FILENO, line.data(), line.size());
        if (written <= 0) return;  // a log nobody reads is no reason to fail
        line.remove_prefix(static_cast<std::size_t>(written));
    }
}

class JsonLines final : public spdlog::sinks::base_sink<std::mutex> {
  protected:
    void sink_it_(const spdlog::details::log_msg& message) override {
        write_line(log_line(message.level, kModule, {message.payload.data(), message.payload.size()}, message.time));
    }
    void flush_() override {}
};

void log_from_grpc(gpr_log_func_args* args) {
    // gRPC's errors are about connections, which have diagnostics of their own: details for whoever debugs.
    if (!spdlog::should_log(spdlog::level::debug)) return;
    write_line(log_line(spdlog::level::debug, "grpc", args->message, std::chrono::system_clock::now()));
}

}  // namespace

std::string log_line(spdlog::level::level_enum level, std::string_view module, std::string_view message,
                     std::chrono::system_clock::time_point time, LogFields fields) {
    using nlohmann::ordered_json;
    ordered_json record;
    record["@level"] = level_name(level);
    record["@message"] = std::string(message.substr(0, kMaxText));
    record["@module"] = std::string(module);
    record["@timestamp"] = timestamp(time);
    for (const auto& [key, value] : fields) record[std::string(key)] = std::string(value.substr(0, kMaxText));
    std::string line = record.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
    if (line.size() + 1 >= kMaxLine) {
        // Control characters take six bytes each: an eighth of the text always fits.
        record["@message"] = std::string(message.substr(0, kMaxText / 8));
        for (const auto& [key, value] : fields) record.erase(std::string(key));
        line = record.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
    }
    line += '\n';
    return line;
}

spdlog::level::level_enum level_from_environment(const EnvironmentReader& read, spdlog::level::level_enum fallback) {
    for (const char* name : {"TF_LOG_PROVIDER_PIGSTY", "TF_LOG_PROVIDER", "TF_LOG"}) {
        std::string text = read(name).value_or("");
        if (text.empty()) continue;
        std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::toupper(c); });
        if (text == "DEBUG") return spdlog::level::debug;
        if (text == "INFO") return spdlog::level::info;
        if (text == "WARN") return spdlog::level::warn;
        if (text == "ERROR") return spdlog::level::err;
        if (text == "OFF") return spdlog::level::off;
        return spdlog::level::trace;  // TRACE, JSON, and as in Terraform anything else
    }
    return fallback;
}

void install_logging(spdlog::level::level_enum level) {
    auto logger = std::make_shared<spdlog::logger>("pigsty", std::make_shared<JsonLines>());
    logger->set_level(level);
    spdlog::set_default_logger(std::move(logger));
    gpr_set_log_function(log_from_grpc);
    gpr_set_log_verbosity(level <= spdlog::level::debug ? GPR_LOG_SEVERITY_INFO : GPR_LOG_SEVERITY_ERROR);
}

void log_event(spdlog::level::level_enum level, std::string_view message, LogFields fields) {
    if (!spdlog::should_log(level)) return;
    write_line(log_line(level, kModule, message, std::chrono::system_clock::now(), fields));
}

}  // namespace pigsty::plugin
