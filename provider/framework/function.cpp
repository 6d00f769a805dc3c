#include "provider/framework/function.h"

#include <utility>

namespace pigsty::framework {

FunctionSchema function_schema(const FunctionDeclaration& declaration, const std::vector<CodecPtr>& parameters,
                               bool variadic, const Codec& result) {
    FunctionSchema schema;
    schema.summary = declaration.summary;
    schema.description = declaration.description;
    schema.deprecation_message = declaration.deprecation;
    schema.return_type = result.type();
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        ParameterSchema parameter;
        // A parameter without a declaration shows up in the self-check: it has no name.
        if (i < declaration.parameters.size()) {
            parameter.name = declaration.parameters[i].name;
            parameter.description = declaration.parameters[i].description;
        }
        parameter.type = parameters[i]->type();
        parameter.allow_null = parameters[i]->has_null();
        if (variadic && i + 1 == parameters.size()) {
            schema.variadic_parameter = std::move(parameter);
        } else {
            schema.parameters.push_back(std::move(parameter));
        }
    }
    return schema;
}

FunctionResult<bool> load_argument(const Codec& codec, const value::Value& value, std::int64_t index, void* into) {
    Loading loading;
    codec.load(value, into, loading);
    for (const Diagnostic& problem : loading.problems()) {
        const std::string where = problem.path->is_root() ? "" : problem.path->to_string() + ": ";
        return argument_error(index, where + problem.detail);
    }
    return true;
}

}  // namespace pigsty::framework
