#include "core/item/guest_lines.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "core/base/hash.h"
#include "core/item/hosting_file.h"

namespace pigsty::item {
namespace {

constexpr const char* kGuest = "standby pg-test2";

std::string line() { return guest_line("hostssl replication replicator 10.10.10.14/32 scram-sha-256", kGuest); }

std::string content_of(const std::filesystem::path& path) {
    std::ifstream in(path);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

class OnDisk : public testing::Test {
  protected:
    OnDisk() { std::filesystem::create_directories(folder_); }
    ~OnDisk() override { std::filesystem::remove_all(folder_); }
    OnDisk(const OnDisk&) = delete;
    OnDisk& operator=(const OnDisk&) = delete;

    void write(const std::string& text) const { std::ofstream(file_) << text; }
    [[nodiscard]] int run(const std::string& script, const std::string& input) const {
        const auto at = folder_ / "script";
        std::ofstream(at) << script;
        std::ofstream(folder_ / "input") << input;
        return std::system(("sh " + at.string() + " <" + (folder_ / "input").string()).c_str());
    }

    const std::filesystem::path folder_ =
        std::filesystem::temp_directory_path() /
        ("guest-" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    const std::filesystem::path file_ = folder_ / "pg_hba.conf";
};

TEST(GuestLines, are_told_from_the_hosts_own) {
    const std::string text = "# a\n" + line() + "\nhost all\n" + guest_line("x", "standby pg-test21") + "\n";
    EXPECT_EQ(without_guests(text), "# a\nhost all\n");
    EXPECT_EQ(lines_of_guest(text, kGuest), std::vector<std::string>{line()});
    EXPECT_EQ(without_guests("no end"), "no end");
}

TEST_F(OnDisk, a_guest_replaces_its_own_lines_alone) {
    write("# a\n" + guest_line("old", kGuest) + "\nhost all\n" + guest_line("x", "standby other") + "\n");
    ASSERT_EQ(run(put_guest_script(file_, kGuest), line() + "\n"), 0);
    EXPECT_EQ(content_of(file_), line() + "\n# a\nhost all\n" + guest_line("x", "standby other") + "\n");
    ASSERT_EQ(run(put_guest_script(file_, kGuest), ""), 0);
    EXPECT_EQ(content_of(file_), "# a\nhost all\n" + guest_line("x", "standby other") + "\n");
}

TEST_F(OnDisk, a_file_that_is_gone_has_no_guests) {
    EXPECT_EQ(run(put_guest_script(file_, kGuest), line()), 0);
    EXPECT_FALSE(std::filesystem::exists(file_));
}

TEST_F(OnDisk, the_host_keeps_them) {
    write("old\n" + line() + "\n");
    const std::string id = "0";
    ASSERT_EQ(run(put_host_script(file_, id, id, 0600), "new\n"), 0);
    EXPECT_EQ(content_of(file_), line() + "\nnew\n");
}

TEST(HostingFile, does_not_see_guests) {
    const HostingFileItem item({.path = "/f", .content = "own\n"});
    node::Observation seen;
    const std::string text = line() + "\nown\n";
    seen.set(
        {node::ProbeKind::path, "/f"},
        node::raw_answer(node::PathState{
            .type = node::PathType::file, .owner = "root", .group = "root", .mode = 0644, .digest = sha256_hex(text)}));
    seen.set({node::ProbeKind::text, "/f"}, node::raw_answer(std::optional<std::string>(text)));
    EXPECT_FALSE(item.compare(seen, nullptr));
    EXPECT_EQ(item.state(seen), item.claimed(seen).digest);
    seen.set({node::ProbeKind::text, "/f"}, node::raw_answer(std::optional<std::string>(text + "other\n")));
    EXPECT_TRUE(item.compare(seen, nullptr));
}

}  // namespace
}  // namespace pigsty::item
