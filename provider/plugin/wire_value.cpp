#include "provider/plugin/wire_value.h"

#include "core/base/utf8.h"
#include "provider/value/json.h"
#include "provider/value/msgpack.h"

namespace pigsty::plugin {

using framework::DeferredReason;
using framework::Diagnostic;
using framework::Diagnostics;
using framework::Severity;
using value::CodecResult;
using value::Path;
using value::Type;
using value::Value;

CodecResult<Value> read_dynamic(const tfplugin6::DynamicValue& message, const Type& type) {
    if (!message.msgpack().empty()) return value::from_msgpack(message.msgpack(), type);
    if (!message.json().empty()) return value::from_json(message.json(), type);
    return Value::null();
}

CodecResult<void> write_dynamic(const Value& value, const Type& type, tfplugin6::DynamicValue* message) {
    auto bytes = value::to_msgpack(value, type);
    if (!bytes) return std::unexpected(bytes.error());
    message->set_msgpack(*std::move(bytes));
    return {};
}

void write_path(const Path& path, tfplugin6::AttributePath* message) {
    for (const Path::Step& step : path.steps()) {
        tfplugin6::AttributePath::Step* out = message->add_steps();
        if (const auto* attribute = std::get_if<Path::Attribute>(&step)) {
            out->set_attribute_name(replace_invalid_utf8(attribute->name));
        } else if (const auto* key = std::get_if<Path::Key>(&step)) {
            out->set_element_key_string(replace_invalid_utf8(key->key));
        } else {
            out->set_element_key_int(std::get<Path::Index>(step).index);
        }
    }
}

Path read_path(const tfplugin6::AttributePath& message) {
    Path path;
    for (const tfplugin6::AttributePath::Step& step : message.steps()) {
        switch (step.selector_case()) {
            case tfplugin6::AttributePath::Step::kAttributeName: path = path.attribute(step.attribute_name()); break;
            case tfplugin6::AttributePath::Step::kElementKeyString: path = path.key(step.element_key_string()); break;
            case tfplugin6::AttributePath::Step::kElementKeyInt: path = path.index(step.element_key_int()); break;
            case tfplugin6::AttributePath::Step::SELECTOR_NOT_SET: break;
        }
    }
    return path;
}

namespace {

// What the host can show the source of: an attribute, or an element of a list. Of anything deeper it would show another
// attribute that has the last step's name, and a path that ends in a map's key makes OpenTofu 1.12 panic where the
// configuration writes that key as a number, as in `instances = { 1 = … }`.
Path shown_by_the_host(const Path& path) {
    Path shown;
    if (const auto* attribute = std::get_if<Path::Attribute>(&path.steps().front()))
        shown = shown.attribute(attribute->name);
    if (path.steps().size() == 2) {
        if (const auto* index = std::get_if<Path::Index>(&path.steps().back())) shown = shown.index(index->index);
    }
    return shown;
}

// The host prints a source line, not the path: the text has to name it.
std::string detail_with_path(const Diagnostic& diagnostic) {
    if (!diagnostic.path || diagnostic.path->is_root()) return diagnostic.detail;
    const std::string path = diagnostic.path->to_string();
    if (diagnostic.summary.find(path) != std::string::npos || diagnostic.detail.find(path) != std::string::npos)
        return diagnostic.detail;
    return "At `" + path + "`" + (diagnostic.detail.empty() ? "." : ": " + diagnostic.detail);
}

}  // namespace

void write_diagnostic(const Diagnostic& diagnostic, tfplugin6::Diagnostic* message) {
    message->set_severity(diagnostic.severity == Severity::kError ? tfplugin6::Diagnostic::ERROR
                                                                  : tfplugin6::Diagnostic::WARNING);
    message->set_summary(replace_invalid_utf8(diagnostic.summary));
    message->set_detail(replace_invalid_utf8(detail_with_path(diagnostic)));
    // An empty path would point at nothing; unset, Terraform shows the whole block.
    if (diagnostic.path && !diagnostic.path->is_root())
        write_path(shown_by_the_host(*diagnostic.path), message->mutable_attribute());
}

void write_diagnostics(const Diagnostics& diagnostics, DiagnosticList* list) {
    for (const Diagnostic& diagnostic : diagnostics) write_diagnostic(diagnostic, list->Add());
}

Diagnostics read_diagnostics(const DiagnosticList& list) {
    Diagnostics diagnostics;
    for (const tfplugin6::Diagnostic& message : list) {
        Diagnostic diagnostic{
            .severity = message.severity() == tfplugin6::Diagnostic::WARNING ? Severity::kWarning : Severity::kError,
            .summary = message.summary(),
            .detail = message.detail(),
            .path = {}};
        if (message.has_attribute()) diagnostic.path = read_path(message.attribute());
        diagnostics.add(std::move(diagnostic));
    }
    return diagnostics;
}

framework::ClientCapabilities read_capabilities(const tfplugin6::ClientCapabilities& message) {
    return {.deferral_allowed = message.deferral_allowed(),
            .write_only_attributes_allowed = message.write_only_attributes_allowed(),
            .store_planned_private = message.store_planned_private(),
            .computed_blocks_allowed = message.computed_blocks_allowed()};
}

tfplugin6::Deferred::Reason wire_reason(DeferredReason reason) {
    switch (reason) {
        case DeferredReason::kResourceConfigUnknown: return tfplugin6::Deferred::RESOURCE_CONFIG_UNKNOWN;
        case DeferredReason::kProviderConfigUnknown: return tfplugin6::Deferred::PROVIDER_CONFIG_UNKNOWN;
        case DeferredReason::kAbsentPrerequisite: return tfplugin6::Deferred::ABSENT_PREREQ;
        case DeferredReason::kUnknown: break;
    }
    return tfplugin6::Deferred::UNKNOWN;
}

}  // namespace pigsty::plugin
