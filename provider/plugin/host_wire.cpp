#include "provider/plugin/host_wire.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include "provider/value/json.h"

namespace pigsty::plugin {

using framework::Diagnostics;
using framework::Mismatches;
using value::Value;

void refuse(const std::string& summary, const std::string& detail) { throw HostError(summary + ": " + detail); }

Value decode(const tfplugin6::DynamicValue& message, const value::Type& type, const char* what) {
    if (message.msgpack().empty() && !message.json().empty()) refuse(what, "answered as JSON, not as msgpack");
    auto value = read_dynamic(message, type);
    if (!value) refuse("Provider produced invalid object", std::string(what) + ": " + value.error().to_string());
    return *std::move(value);
}

void encode(const Value& value, const value::Type& type, tfplugin6::DynamicValue* message) {
    auto done = write_dynamic(value, type, message);
    if (!done) throw HostError("the test's own value does not fit the schema: " + done.error().to_string());
}

void check(const Mismatches& mismatches, const std::string& summary) {
    if (mismatches.empty()) return;
    std::string detail;
    for (const auto& mismatch : mismatches) detail += "\n  " + mismatch.to_string();
    refuse(summary, detail);
}

void check_diagnostics(const DiagnosticList& list) {
    for (const auto& diagnostic : list) {
        if (diagnostic.severity() == tfplugin6::Diagnostic::INVALID)
            refuse("diagnostic without severity", diagnostic.summary());
        if (diagnostic.summary().empty()) refuse("diagnostic without summary", diagnostic.detail());
    }
}

Diagnostics told(const DiagnosticList& list) {
    check_diagnostics(list);
    return read_diagnostics(list);
}

Value value_from(const value::Type& type, std::string_view json) {
    auto value = value::from_json(json, type);
    if (!value) throw HostError("the test's own JSON does not fit the schema: " + value.error().to_string());
    return *std::move(value);
}

std::string deterministic_bytes(const google::protobuf::Message& message) {
    std::string bytes;
    {
        google::protobuf::io::StringOutputStream stream(&bytes);
        google::protobuf::io::CodedOutputStream coded(&stream);
        coded.SetSerializationDeterministic(true);
        message.SerializeToCodedStream(&coded);
    }
    return bytes;
}

}  // namespace pigsty::plugin
