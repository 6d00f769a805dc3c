// The rules that Terraform applies to schemas when it loads a provider, and ours: every description there,
// defaults of the right type, no flags that contradict each other.
//
//     EXPECT_THAT(provider_problems(provider), IsEmpty());
#pragma once

#include <string>
#include <vector>

#include "provider/framework/attribute.h"
#include "provider/framework/provider.h"
#include "provider/framework/server_schema.h"

namespace pigsty::framework {

// One sentence per broken rule, beginning with `where` and the path. On the wire schema:
std::vector<std::string> schema_problems(const Schema& schema, const std::string& where);
std::vector<std::string> identity_problems(const IdentitySchema& schema, const std::string& where);
std::vector<std::string> function_problems(const FunctionSchema& schema, const std::string& where);
// On declarations:
std::vector<std::string> declaration_problems(const AttributeList& attributes, const std::string& where);
// Everything that a provider declares.
std::vector<std::string> provider_problems(const Provider& provider);

}  // namespace pigsty::framework
