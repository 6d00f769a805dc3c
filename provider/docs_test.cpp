// The registry documentation in docs/ is what this program writes, and every thing it offers has an example.

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "provider/docs/generate.h"
#include "provider/pigsty_provider.h"

namespace pigsty::provider {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

const fs::path kSource = PIGSTY_SOURCE;

std::string text_of(const fs::path& path) {
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

std::vector<docs::Page> pages() {
    return docs::pages(PigstyProvider(), {.provider_name = "pigsty", .examples = kSource / "examples"});
}

TEST(Docs, are_those_of_this_program) {
    std::set<fs::path> written;
    for (const docs::Page& page : pages()) {
        EXPECT_EQ(text_of(kSource / "docs" / page.path), page.text)
            << page.path << " is not what the program writes: run `terraform-provider-pigsty docs --out docs`";
        written.insert(kSource / "docs" / page.path);
    }
    for (const char* const folder : {"resources", "data-sources", "functions"}) {
        for (const auto& entry : fs::directory_iterator(kSource / "docs" / folder))
            EXPECT_TRUE(written.contains(entry.path())) << entry.path() << " describes what is not there any more";
    }
}

TEST(Docs, show_how_everything_is_used_and_imported) {
    for (const docs::Page& page : pages()) {
        EXPECT_THAT(page.text, HasSubstr("## Example Usage")) << page.path;
        if (page.path.starts_with("resources/")) {
            EXPECT_THAT(page.text, HasSubstr("terraform import")) << page.path;
        }
    }
}

}  // namespace
}  // namespace pigsty::provider
