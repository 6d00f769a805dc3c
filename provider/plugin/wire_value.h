// Between the protocol's messages and our values, paths and diagnostics, in both directions.
//
//     auto config = read_dynamic(request->config(), type);
//     if (auto done = write_dynamic(state, type, response->mutable_new_state()); !done) …
//
// Text for messages is made valid UTF-8 on the way out: a single bad byte would make the host drop the whole reply.
#pragma once

#include "proto/tfplugin6.pb.h"
#include "provider/framework/diagnostic.h"
#include "provider/framework/server.h"
#include "provider/value/codec_error.h"
#include "provider/value/type.h"
#include "provider/value/value.h"

namespace pigsty::plugin {

using DiagnosticList = google::protobuf::RepeatedPtrField<tfplugin6::Diagnostic>;

// msgpack where there is any, else JSON; null where both are empty (OpenTofu sends null arguments like this).
value::CodecResult<value::Value> read_dynamic(const tfplugin6::DynamicValue& message, const value::Type& type);
// Always msgpack.
value::CodecResult<void> write_dynamic(const value::Value& value, const value::Type& type,
                                       tfplugin6::DynamicValue* message);

void write_path(const value::Path& path, tfplugin6::AttributePath* message);
value::Path read_path(const tfplugin6::AttributePath& message);

void write_diagnostic(const framework::Diagnostic& diagnostic, tfplugin6::Diagnostic* message);
void write_diagnostics(const framework::Diagnostics& diagnostics, DiagnosticList* list);
framework::Diagnostics read_diagnostics(const DiagnosticList& list);

framework::ClientCapabilities read_capabilities(const tfplugin6::ClientCapabilities& message);
tfplugin6::Deferred::Reason wire_reason(framework::DeferredReason reason);
template <class Response>
void write_deferred(const std::optional<framework::DeferredReason>& reason, Response* response) {
    if (reason) response->mutable_deferred()->set_reason(wire_reason(*reason));
}

}  // namespace pigsty::plugin
