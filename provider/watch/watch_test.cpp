#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <sstream>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "provider/watch/event_line.h"
#include "provider/watch/follow.h"
#include "provider/watch/publisher.h"

namespace pigsty::watch {
namespace {

using namespace std::chrono_literals;

converge::ProgressEvent package_done() {
    return {.operation = "create pg_cluster pg-test",
            .member = "pg-test-2",
            .what = "package postgresql-17",
            .took = 6100ms};
}

class RuntimeDirectory : public testing::Test {
  protected:
    void SetUp() override {
        std::string name = (std::filesystem::temp_directory_path() / "pigsty-watch.XXXXXX").string();
        ASSERT_NE(mkdtemp(name.data()), nullptr);
        base_ = name;
        setenv("XDG_RUNTIME_DIR", base_.c_str(), 1);
    }
    void TearDown() override {
        unsetenv("XDG_RUNTIME_DIR");
        std::filesystem::remove_all(base_);
    }

    std::string base_;
};

TEST(EventLine, comes_back_as_it_was_sent) {
    const auto back = from_line(to_line(package_done()));
    ASSERT_TRUE(back);
    EXPECT_EQ(back->member, "pg-test-2");
    EXPECT_EQ(back->what, "package postgresql-17");
    EXPECT_EQ(back->took, 6100ms);
    EXPECT_EQ(back->state, converge::ProgressState::done);
}

TEST(EventLine, ignores_what_it_does_not_know) {
    EXPECT_FALSE(from_line("no json"));
    EXPECT_FALSE(from_line(R"({"state":"pondering","what":"x"})"));
    EXPECT_FALSE(from_line(R"({"state":7})"));
}

TEST_F(RuntimeDirectory, is_for_its_owner_only) {
    const std::string path = runtime_directory();
    struct stat status{};
    ASSERT_EQ(stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0700U);
    ASSERT_EQ(chmod(path.c_str(), 0755), 0);
    EXPECT_EQ(runtime_directory(), "") << "a folder open to others is not used";
}

// Follows until `wanted` lines were printed or the time is over; answers what was printed.
class Follower {
  public:
    Follower() : file_(std::tmpfile()) {
        done_ =
            std::async(std::launch::async, [this] { return follow(runtime_directories(), file_, stop_.get_token()); });
    }
    ~Follower() { std::fclose(file_); }

    std::string until(const std::string& text) {
        const auto deadline = std::chrono::steady_clock::now() + 10s;
        while (printed().find(text) == std::string::npos && std::chrono::steady_clock::now() < deadline)
            std::this_thread::yield();
        stop_.request_stop();
        done_.wait();
        return printed();
    }

  private:
    std::string printed() {
        std::string text(1 << 16, '\0');
        text.resize(static_cast<std::size_t>(std::max<ssize_t>(0, pread(fileno(file_), text.data(), text.size(), 0))));
        return text;
    }

    std::FILE* file_;
    std::stop_source stop_;
    std::future<std::size_t> done_;
};

TEST_F(RuntimeDirectory, a_watcher_that_comes_late_sees_everything) {
    Publisher publisher;
    publisher.event(package_done());
    Follower follower;
    EXPECT_NE(follower.until("postgresql-17").find("pg-test-2 package postgresql-17 … 6.1 s\n"), std::string::npos);
}

TEST_F(RuntimeDirectory, a_watcher_follows_processes_that_start_later) {
    Follower follower;
    Publisher publisher;
    publisher.event(package_done());
    EXPECT_NE(follower.until("postgresql-17").find("pg-test-2 package postgresql-17"), std::string::npos);
}

TEST_F(RuntimeDirectory, a_watcher_with_another_environment_sees_the_same_apply) {
    const std::string ours = std::getenv("XDG_RUNTIME_DIR");
    const std::string fallback = "/tmp/pigsty-" + std::to_string(geteuid());
    unsetenv("XDG_RUNTIME_DIR");
    const bool usable = runtime_directory() == fallback;
    std::unique_ptr<Publisher> publisher = std::make_unique<Publisher>();
    publisher->event({.operation = "create pg_user", .member = "pg-test", .what = "role elsewhere", .took = 100ms});
    setenv("XDG_RUNTIME_DIR", ours.c_str(), 1);
    ASSERT_TRUE(usable) << fallback << " is somebody else's";
    ASSERT_NE(runtime_directory(), fallback);
    Follower follower;
    EXPECT_NE(follower.until("elsewhere").find("role elsewhere"), std::string::npos);
}

TEST_F(RuntimeDirectory, names_do_not_reach_the_terminal_as_commands) {
    Publisher publisher;
    publisher.event(
        {.operation = "create pg_user", .member = "pg-test", .what = "role two\nlines \x1b[2J žluť", .took = 100ms});
    Follower follower;
    // Other providers of this machine may be followed as well.
    const std::string printed = follower.until("žluť");
    EXPECT_NE(printed.find("pg-test role two\\nlines \\x1b[2J žluť … 0.1 s\n"), std::string::npos) << printed;
    EXPECT_EQ(printed.find('\x1b'), std::string::npos);
}

TEST_F(RuntimeDirectory, leaves_no_socket_behind) {
    {
        Publisher publisher;
        publisher.event(package_done());
        EXPECT_FALSE(std::filesystem::is_empty(runtime_directory()));
    }
    EXPECT_TRUE(std::filesystem::is_empty(runtime_directory()));
}

}  // namespace
}  // namespace pigsty::watch
