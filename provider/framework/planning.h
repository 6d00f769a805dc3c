// The rules of planning on values, free of any resource: defaults, kept values, unknown marking, replacement.
//
// Everything here is a pure function; planner.h puts them in order.
#pragma once

#include <vector>

#include "provider/framework/attribute.h"

namespace pigsty::framework {

// What stands for computed attributes that nobody wrote and that have no default and are not kept.
enum class Undecided { kPrior, kUnknown };

// The planned object: the configuration, defaults where it says nothing, prior values where they are kept, null for
// write-only attributes. Objects without a prior one (a create, a new member) have unknowns for all that is computed.
Value planned_object(const AttributeList& attributes, const Value& config, const Value& prior, Undecided undecided);

// The configuration with its defaults filled in.
Value with_defaults(const AttributeList& attributes, const Value& config);

// Null for all write-only attributes, and the reverse: those of the configuration put into a planned object.
Value without_write_only(const AttributeList& attributes, const Value& object);
Value with_write_only(const AttributeList& attributes, const Value& planned, const Value& config);

// The prior spelling wherever it means the same.
Value with_prior_spelling(const AttributeList& attributes, const Value& prior, const Value& object);

// Paths of changed attributes that force a replacement.
std::vector<Path> replacements(const AttributeList& attributes, const Value& prior, const Value& planned);

// An error for each change of an attribute that is fixed after creation.
void refuse_fixed_changes(const AttributeList& attributes, const Value& prior, const Value& planned,
                          Diagnostics& diagnostics);

// Is anything unknown but text? Such values are missing from the C++ struct.
bool has_missing_unknown(const Value& value, const Type& type);

// `object` with every unknown replaced by what `fallback` has there, else by null.
Value settled(const Value& object, const Value& fallback);

}  // namespace pigsty::framework
