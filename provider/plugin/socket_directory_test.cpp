#include "provider/plugin/socket_directory.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pigsty::plugin {
namespace {

std::filesystem::path scratch() {
    const auto path = std::filesystem::temp_directory_path() / ("socket_directory_test." + std::to_string(getpid()));
    std::filesystem::create_directories(path);
    return path;
}

mode_t mode_of(const std::string& path) {
    struct stat status{};
    return stat(path.c_str(), &status) == 0 ? status.st_mode & 07777U : 0;
}

TEST(SocketDirectory, is_private_and_leaves_nothing_behind) {
    const auto parent = scratch();
    {
        auto directory = SocketDirectory::make(parent, "");
        ASSERT_TRUE(directory);
        const auto path = std::filesystem::path(directory->socket_path()).parent_path();
        EXPECT_EQ(path.parent_path(), parent);
        EXPECT_EQ(mode_of(path), 0700U);
        std::ofstream(directory->socket_path()) << "";
        EXPECT_TRUE(directory->admit_group());
        EXPECT_EQ(mode_of(path), 0700U);
    }
    EXPECT_TRUE(std::filesystem::is_empty(parent));
    std::filesystem::remove_all(parent);
}

TEST(SocketDirectory, opens_to_the_group_that_was_asked_for) {
    const auto parent = scratch();
    {
        auto directory = SocketDirectory::make(parent, std::to_string(getgid()));
        ASSERT_TRUE(directory);
        std::ofstream(directory->socket_path()) << "";
        ASSERT_TRUE(directory->admit_group());
        EXPECT_EQ(mode_of(directory->socket_path()), 0660U);
        EXPECT_EQ(mode_of(std::filesystem::path(directory->socket_path()).parent_path()), 0710U);
    }
    auto nobody = SocketDirectory::make(parent, "no-such-group");
    ASSERT_TRUE(nobody);
    const Status refused = nobody->admit_group();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message,
              "PLUGIN_UNIX_SOCKET_GROUP names the group \"no-such-group\", which this machine does not have");
    nobody->remove();
    std::filesystem::remove_all(parent);
}

TEST(SocketDirectory, refuses_a_directory_the_handshake_cannot_name) {
    EXPECT_FALSE(SocketDirectory::make("/tmp/" + std::string(100, 'x'), ""));
    EXPECT_FALSE(SocketDirectory::make("/tmp/a|b", ""));
    const auto missing = SocketDirectory::make("/no/such/directory", "");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().hint, "set TMPDIR to a directory that you can write to");
}

TEST(SocketDirectory, falls_back_to_tmp_where_TMPDIR_is_too_long) {
    const char* before = std::getenv("TMPDIR");
    const std::string saved = before == nullptr ? "" : before;
    setenv("TMPDIR", ("/tmp/" + std::string(100, 'x')).c_str(), 1);
    const auto directory = SocketDirectory::make("", "");
    ASSERT_TRUE(directory);
    EXPECT_TRUE(directory->socket_path().starts_with("/tmp/pigsty-"));
    before == nullptr ? unsetenv("TMPDIR") : setenv("TMPDIR", saved.c_str(), 1);
}

}  // namespace
}  // namespace pigsty::plugin
