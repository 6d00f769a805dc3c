// Schemas as the protocol's messages.
//
//     write_schema(server.provider_schema(), response->mutable_provider());
#pragma once

#include "proto/tfplugin6.pb.h"
#include "provider/framework/server.h"
#include "provider/framework/server_schema.h"

namespace pigsty::plugin {

void write_schema(const framework::Schema& schema, tfplugin6::Schema* message);
void write_identity_schema(const framework::IdentitySchema& schema, tfplugin6::ResourceIdentitySchema* message);
void write_function(const framework::FunctionSchema& schema, tfplugin6::Function* message);
void write_capabilities(const framework::ServerCapabilities& capabilities, tfplugin6::ServerCapabilities* message);

}  // namespace pigsty::plugin
