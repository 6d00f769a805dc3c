#include "provider/docs/generate.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <set>
#include <system_error>

#include "provider/docs/examples.h"
#include "provider/docs/schema_section.h"

namespace pigsty::docs {
namespace {

using framework::FunctionSchema;
using framework::IdentityAttribute;
using framework::ParameterSchema;
using framework::Provider;

namespace fs = std::filesystem;

// One kind of thing: where its pages and examples are, and how its title reads.
struct KindOfPage {
    const char* folder;          // of pages and of examples
    const char* word;            // "Resource"
    const char* example_prefix;  // "resource"
    const char* example_suffix = ".tf";
};

constexpr KindOfPage kResource{"resources", "Resource", "resource"};
constexpr KindOfPage kDataSource{"data-sources", "Data Source", "data-source"};
constexpr KindOfPage kFunction{"functions", "function", "function"};
constexpr KindOfPage kEphemeral{"ephemeral-resources", "Ephemeral Resource", "ephemeral-resource"};
constexpr KindOfPage kList{"list-resources", "List Resource", "list-resource", ".tfquery.hcl"};
constexpr KindOfPage kAction{"actions", "Action", "action"};

// A YAML block scalar holds any text.
std::string front_matter(const std::string& title, const std::string& subcategory, const std::string& description) {
    return "---\npage_title: \"" + title + "\"\nsubcategory: \"" + subcategory + "\"\ndescription: |-\n  " +
           first_paragraph(description) + "\n---\n\n";
}

std::string example_usage(const fs::path& folder, const std::string& prefix, const std::string& suffix) {
    const std::string blocks = example_blocks(folder, prefix, suffix, "terraform");
    return blocks.empty() ? blocks : "## Example Usage\n\n" + blocks;
}

std::string page_path(const KindOfPage& kind, const std::string& name, const std::string& provider_name) {
    const std::string prefix = provider_name + "_";
    return std::string(kind.folder) + "/" + (name.starts_with(prefix) ? name.substr(prefix.size()) : name) + ".md";
}

std::string rules_section(const std::vector<framework::Validator>& rules) {
    std::string text;
    for (const framework::Validator& rule : rules) text += "- " + rule.text + "\n";
    return text.empty() ? text : "Rules between attributes:\n\n" + text + "\n";
}

// Pages of everything that has attributes look alike.
template <class Declaration>
Page object_page(const KindOfPage& kind, const std::string& name, const Declaration& declaration,
                 const Options& options, const Notes& notes = {}) {
    const fs::path examples = options.examples / kind.folder / name;
    std::string text = front_matter(name + " " + kind.word + " - " + options.provider_name, declaration.subcategory,
                                    declaration.description);
    text += "# " + name + " (" + kind.word + ")\n\n" + declaration.description + "\n\n";
    text += example_usage(examples, kind.example_prefix, kind.example_suffix);
    text += rules_section(declaration.rules);
    text += schema_section(declaration.attributes, notes);
    return {page_path(kind, name, options.provider_name), std::move(text)};
}

std::string identity_section(const std::vector<IdentityAttribute>& identity, const std::string& import_block) {
    std::string text = "By identity, with an `import` block (Terraform and OpenTofu 1.12 or later):\n\n" + import_block;
    const auto list = [&](bool required) {
        std::string lines;
        for (const IdentityAttribute& attribute : identity) {
            if (attribute.required_for_import == required) {
                lines +=
                    "- `" + attribute.name + "` (" + type_name(attribute.type) + ") " + attribute.description + "\n";
            }
        }
        return lines.empty() ? lines : std::string(required ? "Required:\n\n" : "Optional:\n\n") + lines + "\n";
    };
    return text + "#### Identity Schema\n\n" + list(true) + list(false);
}

std::string import_section(const framework::ResourceDeclaration& declaration, const fs::path& examples) {
    if (!declaration.imports) return {};
    std::string text = "\n## Import\n\n";
    const std::string commands = example_blocks(examples, "import", ".sh", "shell");
    if (!commands.empty()) text += "On the command line, or with the same id in an `import` block:\n\n" + commands;
    if (!declaration.identity.empty()) {
        text +=
            identity_section(declaration.identity, example_blocks(examples, "import-by-identity", ".tf", "terraform"));
    }
    text.pop_back();
    return text;
}

std::string not_set(std::chrono::milliseconds bound) {
    const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(bound).count();
    return "Not set: `" + (minutes % 60 == 0 ? std::to_string(minutes / 60) + "h" : std::to_string(minutes) + "m") +
           "`.";
}

Page resource_page(const std::string& name, const framework::ResourceDeclaration& declaration, const Options& options) {
    const framework::DefaultTimeouts& bounds = declaration.timeouts;
    const Notes notes{{"timeouts.create", not_set(bounds.create)},
                      {"timeouts.read", not_set(bounds.read)},
                      {"timeouts.update", not_set(bounds.update)},
                      {"timeouts.delete", not_set(bounds.destroy)}};
    Page page = object_page(kResource, name, declaration, options, notes);
    page.text += import_section(declaration, options.examples / kResource.folder / name);
    return page;
}

std::string signature(const std::string& name, const FunctionSchema& schema) {
    std::string text = name + "(";
    const auto add = [&](const ParameterSchema& parameter, const char* more) {
        text += (text.ends_with('(') ? "" : ", ") + parameter.name + " " + parameter.type.friendly_name() + more;
    };
    for (const ParameterSchema& parameter : schema.parameters) add(parameter, "");
    if (schema.variadic_parameter) add(*schema.variadic_parameter, "...");
    return text + ") " + schema.return_type.friendly_name();
}

Page function_page(const std::string& name, const FunctionSchema& schema, const Options& options) {
    const std::string title = name + " " + kFunction.word + " - " + options.provider_name;
    std::string text = front_matter(title, "", schema.summary);
    text += "# " + std::string(kFunction.word) + ": " + name + "\n\n" + schema.description + "\n\n";
    text +=
        example_usage(options.examples / kFunction.folder / name, kFunction.example_prefix, kFunction.example_suffix);
    text += "## Signature\n\n```text\n" + signature(name, schema) + "\n```\n";
    std::string arguments;
    std::size_t number = 1;
    const auto add = [&](const ParameterSchema& parameter, const char* more) {
        arguments += std::to_string(number++) + ". `" + parameter.name + "` (" + more + type_name(parameter.type) +
                     (parameter.allow_null ? ", Nullable" : "") + ") " + parameter.description + "\n";
    };
    for (const ParameterSchema& parameter : schema.parameters) add(parameter, "");
    if (schema.variadic_parameter) add(*schema.variadic_parameter, "Variadic, ");
    if (!arguments.empty()) text += "\n## Arguments\n\n" + arguments;
    return {page_path(kFunction, name, options.provider_name), std::move(text)};
}

Page provider_page(const Provider& provider, const Options& options) {
    const framework::ObjectDeclaration& declaration = provider.declaration();
    const std::string& name = options.provider_name;
    std::string text = "---\npage_title: \"Provider: " + name + "\"\ndescription: |-\n  " +
                       first_paragraph(declaration.description) + "\n---\n\n# " + name + " Provider\n\n" +
                       declaration.description + "\n\n";
    text += example_usage(options.examples / "provider", "provider", ".tf");
    text += rules_section(declaration.rules);
    text += schema_section(declaration.attributes);
    return {"index.md", std::move(text)};
}

Error file_error(const fs::path& path, const std::string& what, const std::error_code& code) {
    return Error{.code = ErrorCode::failed,
                 .message = what + " " + path.string() + ": " + code.message(),
                 .hint = "documentation is written below the folder that --out names; it must be writable"};
}

Status write_page(const Page& page, const fs::path& out) {
    const fs::path path = out / page.path;
    std::error_code code;
    fs::create_directories(path.parent_path(), code);
    if (code) return fail(file_error(path.parent_path(), "cannot make the folder", code));
    std::ofstream stream(path, std::ios::binary | std::ios::trunc);
    stream << page.text;
    stream.close();
    if (!stream) return fail(file_error(path, "cannot write", std::make_error_code(std::errc::io_error)));
    return {};
}

}  // namespace

std::vector<Page> pages(const Provider& provider, const Options& options) {
    std::vector<Page> pages = {provider_page(provider, options)};
    const auto add = [&](const KindOfPage& kind, const auto& entries) {
        for (const auto& entry : entries) {
            pages.push_back(object_page(kind, entry.name, entry.make()->declaration(), options));
        }
    };
    for (const auto& entry : provider.resources()) {
        pages.push_back(resource_page(entry.name, entry.make()->declaration(), options));
    }
    add(kDataSource, provider.data_sources());
    for (const auto& entry : provider.functions()) {
        pages.push_back(function_page(entry.name, entry.make()->schema(), options));
    }
    add(kEphemeral, provider.ephemerals());
    add(kList, provider.lists());
    add(kAction, provider.actions());
    return pages;
}

Status write_pages(const std::vector<Page>& pages, const fs::path& out) {
    std::set<std::string> current;
    for (const Page& page : pages) {
        TRY_VOID(write_page(page, out));
        current.insert(page.path);
    }
    for (const KindOfPage& kind : {kResource, kDataSource, kFunction, kEphemeral, kList, kAction}) {
        std::error_code none;
        for (const auto& entry : fs::directory_iterator(out / kind.folder, none)) {
            const std::string path = std::string(kind.folder) + "/" + entry.path().filename().string();
            if (!path.ends_with(".md") || current.contains(path)) continue;
            std::error_code code;
            fs::remove(entry.path(), code);
            if (code) return fail(file_error(entry.path(), "cannot remove", code));
        }
    }
    return {};
}

}  // namespace pigsty::docs
