// Logs as Terraform reads them from a plugin: one JSON object a line on standard error, filtered by TF_LOG.
//
//     install_logging(level_from_environment(process_environment()));
//     spdlog::info("connected to {}", address);                       // anywhere in our code
//     log_event(spdlog::level::trace, "answered", {{"tf_rpc", "ReadResource"}, {"tf_req_duration_ms", "12"}});
//
// Terraform drops lines below the user's level; we read the same variables only to spare the work. Secrets never
// reach a log: they are of type Secret, which cannot be formatted. Any thread may log.
#pragma once

#include <chrono>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include <spdlog/common.h>

#include "provider/plugin/handshake.h"

namespace pigsty::plugin {

using LogFields = std::initializer_list<std::pair<std::string_view, std::string_view>>;

// One record with its newline, at most 64 KiB, or Terraform would cut it into pieces that are no JSON.
std::string log_line(spdlog::level::level_enum level, std::string_view module, std::string_view message,
                     std::chrono::system_clock::time_point time, LogFields fields = {});

// The most specific of TF_LOG_PROVIDER_PIGSTY, TF_LOG_PROVIDER and TF_LOG that is set; `fallback` if none is.
spdlog::level::level_enum level_from_environment(const EnvironmentReader& read,
                                                 spdlog::level::level_enum fallback = spdlog::level::warn);

// Makes spdlog's default logger, and gRPC's own messages, write such lines to standard error.
void install_logging(spdlog::level::level_enum level);

// A record with fields of its own, through the same sink. Nothing is built when the level is off.
void log_event(spdlog::level::level_enum level, std::string_view message, LogFields fields);

}  // namespace pigsty::plugin
