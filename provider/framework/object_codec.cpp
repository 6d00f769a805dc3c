#include "provider/framework/object_codec.h"

#include <utility>

namespace pigsty::framework {
namespace {

using value::Path;
using value::Value;

// What a value that was not written stands for.
Value unwritten(const Attribute& attribute) { return attribute.fixed_default.value_or(Value::null()); }

}  // namespace

ObjectCodec::ObjectCodec(BoundAttributes attributes)
    : attributes_(std::move(attributes)), type_(object_type(attribute_list(attributes_))) {}

void ObjectCodec::load(const Value& value, void* into, Loading& loading) const {
    if (value.is_unknown()) loading.unknown_missing();
    for (const BoundAttribute& bound : attributes_) {
        const Loading::Scope scope(loading, Path::Attribute{bound.attribute.name});
        const Value member = value.is_known() ? value.get(bound.attribute.name) : Value::null();
        // An omitted object equals an object of defaults.
        bound.codec->load(value.is_known() ? member : unwritten(bound.attribute), bound.member(into), loading);
    }
}

Value ObjectCodec::store_member(const BoundAttribute& bound, const void* from, const Value& like) const {
    const Attribute& attribute = bound.attribute;
    if (attribute.write_only) return Value::null();
    const void* member = bound.member(from);
    const bool may_be_unwritten = attribute.optional && !attribute.computed && !bound.codec->has_null();
    if (may_be_unwritten && like.is_null() && bound.codec->is_blank(member)) return Value::null();
    const Value stored = bound.codec->store(member, like.is_unknown() ? Value::null() : like);
    return stored.is_null() ? unwritten(attribute) : stored;
}

Value ObjectCodec::store(const void* from, const Value& like) const {
    value::Members members;
    for (const BoundAttribute& bound : attributes_) {
        const std::string& name = bound.attribute.name;
        members.emplace(name, store_member(bound, from, like.is_known() ? like.get(name) : Value::null()));
    }
    return Value::object(std::move(members));
}

bool ObjectCodec::is_blank(const void* from) const {
    for (const BoundAttribute& bound : attributes_) {
        if (store_member(bound, from, Value::null()) != unwritten(bound.attribute)) return false;
    }
    return true;
}

std::shared_ptr<const ObjectCodec> object_codec(BoundAttributes attributes) {
    return std::make_shared<ObjectCodec>(std::move(attributes));
}

CodecPtr as_codec(std::shared_ptr<const ObjectCodec> codec) { return codec; }

}  // namespace pigsty::framework
