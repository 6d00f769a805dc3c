#include "provider/framework/attributes.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "provider/framework/validators.h"

namespace pigsty::framework {
namespace {

Nesting nesting_of(const Type& type) {
    switch (type.kind()) {
        case value::Kind::kObject: return Nesting::kObject;
        case value::Kind::kList: return Nesting::kList;
        case value::Kind::kMap: return Nesting::kMap;
        default:
            // Sets of objects cannot be planned one by one, and nothing inside them has a path.
            throw std::logic_error("objects nest as T, std::optional<T>, std::vector<T> or std::map<std::string, T>");
    }
}

}  // namespace

Locator Locator::after(const Locator& first) const {
    Locator both = first;
    both.hops_.insert(both.hops_.end(), hops_.begin(), hops_.end());
    return both;
}

std::string as_sentence(std::string text) {
    if (text.empty()) return text;
    if (text.front() >= 'a' && text.front() <= 'z') text.front() = static_cast<char>(text.front() - 'a' + 'A');
    if (text.back() != '.') text += '.';
    return text;
}

AttributeList attribute_list(const BoundAttributes& attributes) {
    AttributeList list;
    for (const BoundAttribute& bound : attributes) list.push_back(bound.attribute);
    return list;
}

BoundAttribute bind_plain(std::string name, CodecPtr codec, Locator member) {
    BoundAttribute bound{{}, std::move(codec), std::move(member)};
    bound.attribute.name = std::move(name);
    bound.attribute.type = bound.codec->type();
    bound.attribute.sensitive = bound.codec->is_secret();
    return bound;
}

BoundAttribute bind_choice(std::string name, CodecPtr codec, Locator member, const std::vector<Choice>& choices) {
    BoundAttribute bound = bind_plain(std::move(name), std::move(codec), std::move(member));
    std::vector<std::string> names;
    for (const Choice& choice : choices) names.push_back(choice.name);
    bound.attribute.never_blank = bound.attribute.type.is_primitive() && !bound.codec->has_null();
    Validator rule = one_of(std::move(names));
    if (bound.attribute.type.is_collection()) rule = each(std::move(rule));
    bound.attribute.validators.push_back(std::move(rule));
    return bound;
}

BoundAttribute bind_nested(std::string name, CodecPtr codec, Locator member, AttributeList members, bool plain_object) {
    BoundAttribute bound = bind_plain(std::move(name), std::move(codec), std::move(member));
    bound.attribute.nesting = nesting_of(bound.attribute.type);
    bound.attribute.plain_object = plain_object;
    // A plain object is shown whole or not at all.
    bound.attribute.sensitive = plain_object && std::any_of(members.begin(), members.end(),
                                                            [](const Attribute& inner) { return inner.sensitive; });
    bound.attribute.members = std::make_shared<const AttributeList>(std::move(members));
    return bound;
}

BoundAttributes bind_within(const Locator& outer, BoundAttributes inner) {
    for (BoundAttribute& bound : inner) bound.member = bound.member.after(outer);
    return inner;
}

}  // namespace pigsty::framework
