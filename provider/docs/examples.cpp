#include "provider/docs/examples.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <system_error>
#include <vector>

namespace pigsty::docs {

std::string example_blocks(const std::filesystem::path& folder, const std::string& prefix, const std::string& suffix,
                           const std::string& language) {
    std::vector<std::filesystem::path> files;
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(folder, none)) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with(prefix) && name.ends_with(suffix)) files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    std::string text;
    for (const auto& file : files) {
        std::ifstream stream(file, std::ios::binary);
        std::string content{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
        if (!content.ends_with('\n')) content += '\n';
        text += "```" + language + "\n" + content + "```\n\n";
    }
    return text;
}

}  // namespace pigsty::docs
