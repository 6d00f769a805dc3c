// Golden files: rendered text as it lands on a node, kept under testdata/ for people to read.
//
//     EXPECT_GOLDEN("pg-test-1.yml", render_patroni_yml(member));
//
// PIGSTY_UPDATE_GOLDEN=1 in the environment writes them anew; the difference is then reviewed with git.
#pragma once

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include <gmock/gmock.h>

namespace pigsty::render {

inline void expect_golden(const std::string& name, const std::string& text, const char* file, int line) {
    const std::string path = std::string(PIGSTY_TESTDATA) + "/" + name;
    if (std::getenv("PIGSTY_UPDATE_GOLDEN") != nullptr) std::ofstream(path) << text;
    std::ifstream in(path);
    std::ostringstream golden;
    golden << in.rdbuf();
    const testing::ScopedTrace trace(file, line, path);
    EXPECT_EQ(text, golden.str());
}

}  // namespace pigsty::render

#define EXPECT_GOLDEN(name, text) ::pigsty::render::expect_golden(name, text, __FILE__, __LINE__)
