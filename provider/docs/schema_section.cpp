#include "provider/docs/schema_section.h"

#include <algorithm>
#include <functional>
#include <vector>

namespace pigsty::docs {
namespace {

using framework::Attribute;
using framework::AttributeList;
using framework::Nesting;
using value::Kind;
using value::Type;

// A nested section that a list of attributes refers to.
struct Nested {
    std::string path;  // "members.ssh"
    const AttributeList* attributes;
    bool read_only;  // everything in what only we write is ours
};

std::string anchor(std::string path) {
    std::replace(path.begin(), path.end(), '.', '-');
    // Two hyphens between names, as tfplugindocs writes them.
    std::string id = "nestedatt--";
    for (const char c : path) id += c == '-' ? std::string("--") : std::string(1, c);
    return id;
}

std::string sentence(std::string text) {
    if (text.empty() || text.back() == '.' || text.back() == '`' || text.back() == ':') return text;
    return text + ".";
}

void add_sentence(std::string& text, const std::string& more) {
    if (!text.empty() && text.back() != ' ') text += " ";
    text += more;
}

// "Must be a port.", "Each must be a name.", "Must not be empty."
std::string requirement(std::string_view text) {
    constexpr std::string_view kElements = "made of elements that are each ";
    constexpr std::string_view kNot = "not ";
    std::string subject = "Must";
    while (text.starts_with(kElements)) {
        text.remove_prefix(kElements.size());
        subject = "Each must";
    }
    const bool is_denied = text.starts_with(kNot);
    if (is_denied) text.remove_prefix(kNot.size());
    return subject + (is_denied ? " not be " : " be ") + std::string(text) + ".";
}

// What users must mind when they write it is left out where they cannot.
std::string description(const Attribute& attribute, bool read_only) {
    std::string text = sentence(attribute.description);
    if (read_only) return text;
    if (attribute.fixed_default) add_sentence(text, "Default: `" + attribute.fixed_default->to_display(200) + "`.");
    // Where a description says what leaving it out means, that is all there is to say.
    const bool is_said = text.find("Not set:") != std::string::npos;
    if (attribute.kept && attribute.optional && !is_said)
        add_sentence(text, "Left out, it is decided at creation and kept.");
    for (const framework::Validator& validator : attribute.validators) add_sentence(text, requirement(validator.text));
    if (attribute.forces_replacement) {
        add_sentence(text, attribute.replaces ? attribute.replaces_when : "A change makes a new resource.");
    }
    if (!attribute.fixed_after_creation.empty()) {
        add_sentence(text, "Fixed after creation. " + attribute.fixed_after_creation);
    }
    if (!attribute.deprecation.empty()) add_sentence(text, "**Deprecated**: " + sentence(attribute.deprecation));
    if (!attribute.example.empty()) add_sentence(text, "Example: `" + attribute.example + "`.");
    return text;
}

std::string flags(const Attribute& attribute) {
    std::string text = type_name(attribute);
    if (attribute.sensitive) text += ", Sensitive";
    if (attribute.write_only) text += ", Write-only";
    return text;
}

std::string line(const Attribute& attribute, const std::string& path, std::vector<Nested>& nested, bool read_only,
                 const Notes& notes) {
    std::string text = "- `" + attribute.name + "` (" + flags(attribute) + ") " + description(attribute, read_only);
    const std::string inner = path.empty() ? attribute.name : path + "." + attribute.name;
    if (const auto note = notes.find(inner); note != notes.end()) add_sentence(text, note->second);
    if (attribute.members != nullptr) {
        nested.push_back({inner, attribute.members.get(), attribute.computed && !attribute.optional});
        add_sentence(text, "(see [below for nested schema](#" + anchor(inner) + "))");
    }
    return text + "\n";
}

std::string attribute_lists(const AttributeList& attributes, const std::string& path, std::vector<Nested>& nested,
                            const Notes& notes, bool read_only = false) {
    const auto list = [&](const std::string& title, const std::function<bool(const Attribute&)>& belongs) {
        std::string text;
        for (const Attribute& attribute : attributes) {
            if (belongs(attribute)) text += line(attribute, path, nested, read_only, notes);
        }
        if (text.empty()) return text;
        return (path.empty() ? "### " + title : title + ":") + "\n\n" + text + "\n";
    };
    if (read_only) return list("Read-Only", [](const Attribute&) { return true; });
    return list("Required", [](const Attribute& a) { return a.required; }) +
           list("Optional", [](const Attribute& a) { return a.optional; }) +
           list("Read-Only", [](const Attribute& a) { return a.computed && !a.optional; });
}

}  // namespace

std::string type_name(const Type& type) {
    switch (type.kind()) {
        case Kind::kString: return "String";
        case Kind::kNumber: return "Number";
        case Kind::kBool: return "Boolean";
        case Kind::kDynamic: return "Dynamic";
        case Kind::kList: return "List of " + type_name(type.element());
        case Kind::kSet: return "Set of " + type_name(type.element());
        case Kind::kMap: return "Map of " + type_name(type.element());
        case Kind::kTuple: return "Tuple";
        case Kind::kObject: return "Object";
    }
    return {};
}

std::string type_name(const Attribute& attribute) {
    if (!attribute.is_nested()) return type_name(attribute.type);
    switch (attribute.nesting) {
        case Nesting::kList: return "Attributes List";
        case Nesting::kMap: return "Attributes Map";
        default: return "Attributes";
    }
}

std::string first_paragraph(const std::string& markdown) {
    std::string text = markdown.substr(0, markdown.find("\n\n"));
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
}

std::string schema_section(const AttributeList& attributes, const Notes& notes) {
    std::vector<Nested> open;
    std::string text = "## Schema\n\n" + attribute_lists(attributes, {}, open, notes);
    // Sections follow in the order in which they were referred to, each followed by its own.
    while (!open.empty()) {
        const Nested section = open.front();
        open.erase(open.begin());
        std::vector<Nested> inside;
        text += "<a id=\"" + anchor(section.path) + "\"></a>\n### Nested Schema for `" + section.path + "`\n\n" +
                attribute_lists(*section.attributes, section.path, inside, notes, section.read_only);
        for (Nested& inner : inside) inner.read_only = inner.read_only || section.read_only;
        open.insert(open.begin(), inside.begin(), inside.end());
    }
    text.pop_back();  // one line break at the end is enough
    return text;
}

}  // namespace pigsty::docs
