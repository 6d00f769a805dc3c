// Schemas back from the protocol's messages: what a host knows of a provider. For tests.
#pragma once

#include <expected>
#include <string>

#include "proto/tfplugin6.pb.h"
#include "provider/framework/server_schema.h"

namespace pigsty::plugin {

// The error is what Terraform would stumble over: a type that is none, a block that is missing.
std::expected<framework::Schema, std::string> read_schema(const tfplugin6::Schema& message);
std::expected<framework::IdentitySchema, std::string> read_identity_schema(
    const tfplugin6::ResourceIdentitySchema& message);
std::expected<framework::FunctionSchema, std::string> read_function(const tfplugin6::Function& message);

}  // namespace pigsty::plugin
