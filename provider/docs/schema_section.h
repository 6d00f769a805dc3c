// The "Schema" part of a page: attributes by who writes them, nested ones in sections of their own.
#pragma once

#include <map>
#include <string>

#include "provider/framework/attribute.h"
#include "provider/value/type.h"

namespace pigsty::docs {

// `notes`: by path ("timeouts.create"), a sentence that follows what is said of the attribute.
using Notes = std::map<std::string, std::string>;
std::string schema_section(const framework::AttributeList& attributes, const Notes& notes = {});

// "String", "Map of List of String", "Attributes List": as registries name types.
std::string type_name(const value::Type& type);
std::string type_name(const framework::Attribute& attribute);

// The first paragraph on one line: what registries show in lists.
std::string first_paragraph(const std::string& markdown);

}  // namespace pigsty::docs
