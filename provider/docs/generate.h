// Registry documentation from the declarations: one page for the provider, one for each resource, data source, function,
// action, ephemeral resource and list.
//
//     const auto pages = docs::pages(provider, {.provider_name = "pigsty", .examples = "examples"});
//     TRY_VOID(docs::write_pages(pages, "docs"));
//
// The layout is that of the Terraform and OpenTofu registries. Examples come from files that real runs use:
// examples/provider/provider*.tf, examples/resources/NAME/resource*.tf with import.sh and import-by-identity.tf,
// examples/data-sources/NAME/data-source*.tf, and so on; a page without such a file has no example.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "provider/framework/provider.h"

namespace pigsty::docs {

struct Options {
    std::string provider_name;       // "pigsty": the prefix of all type names
    std::filesystem::path examples;  // need not exist
};

struct Page {
    std::string path;  // below the output folder: "resources/node.md"
    std::string text;

    friend bool operator==(const Page&, const Page&) = default;
};

std::vector<Page> pages(const framework::Provider& provider, const Options& options);

// Writes the pages below `out` and removes generated pages whose subject is gone. Pages written by hand
// (`guides/`, `design/`) are left alone.
Status write_pages(const std::vector<Page>& pages, const std::filesystem::path& out);

}  // namespace pigsty::docs
