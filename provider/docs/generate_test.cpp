#include "provider/docs/generate.h"

#include <cstdlib>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "provider/framework/validators.h"

namespace pigsty::docs {
namespace {

using framework::attribute;
using framework::Attributes;
using framework::Call;
using framework::Declaration;
using framework::entry;
using framework::nested;
using framework::object;
using ::testing::HasSubstr;

struct Ssh {
    std::optional<std::string> host;
    std::int64_t port = 22;
};
struct Member {
    std::string address;
    std::optional<Ssh> ssh;
};
struct State {
    std::string name;
    std::map<std::string, Member> members;
    std::map<std::string, std::vector<std::string>> hosts;
    std::optional<Secret> password_wo;
    std::optional<Ssh> route;
    std::string id;
};

Attributes<Ssh> ssh_attributes() {
    return {attribute("host", &Ssh::host).optional().description("Where SSH goes."),
            attribute("port", &Ssh::port).fixed_default(22).validate(framework::port()).description("SSH's port.")};
}
Attributes<Member> member_attributes() {
    return {attribute("address", &Member::address).required().description("The address.").example("\"10.0.0.1\""),
            nested("ssh", &Member::ssh, ssh_attributes()).optional().description("The way there.")};
}

class Thing final : public framework::TypedResource<State>,
                    public framework::Imports<State>,
                    public framework::HasIdentity {
  public:
    Declaration<State> declare() const override {
        return {.description = "Makes a thing.\nOn nodes.\n\nMore about it.",
                .subcategory = "Things",
                .attributes = {
                    attribute("name", &State::name).required().forces_replacement().description("Its name."),
                    nested("members", &State::members, member_attributes()).required().description("By number."),
                    attribute("hosts", &State::hosts).optional().description("Address → names."),
                    attribute("password_wo", &State::password_wo).optional().write_only().description("Password."),
                    object("route", &State::route, ssh_attributes()).computed().description("The route."),
                    attribute("id", &State::id).computed_once().description("Its id.")}};
    }
    Result<State> create(const State& planned, Call&) const override { return planned; }
    Result<std::optional<State>> read(const State& state, Call&) const override { return std::optional(state); }
    framework::Updated<State> update(const State&, const State& planned, Call&) const override { return planned; }
    Status destroy(const State&, Call&) const override { return {}; }
    Result<State> import_state(const framework::ImportKey&, Call&) const override { return State{}; }
    std::vector<framework::IdentityAttribute> identity() const override {
        return {
            {.name = "name", .description = "Its name.", .from = value::Path::of("name"), .required_for_import = true}};
    }
};

class Upper final : public framework::TypedFunction<std::string(std::string, framework::Variadic<std::int64_t>)> {
    framework::FunctionDeclaration declare() const override {
        return {.summary = "Upper case.",
                .description = "Makes upper case.",
                .parameters = {{"text", "What."}, {"n", "How."}}};
    }
    framework::FunctionResult<std::string> call(std::string text, framework::Variadic<std::int64_t>) const override {
        return text;
    }
};

struct Config {
    std::optional<Ssh> ssh;
};

class TestProvider final : public framework::TypedProvider<Config> {
    Declaration<Config> declare() const override {
        return {
            .description = "Things on nodes.",
            .attributes = {nested("ssh", &Config::ssh, ssh_attributes()).optional().description("The way to nodes.")}};
    }
    Result<std::shared_ptr<void>> configure(const Config&, const framework::Unknowns&, Call&) const override {
        return std::shared_ptr<void>();
    }
    std::vector<framework::Entry<framework::Resource>> resources() const override {
        return {entry<framework::Resource, Thing>("test_thing")};
    }
    std::vector<framework::Entry<framework::Function>> functions() const override {
        return {entry<framework::Function, Upper>("upper")};
    }
};

std::string read(const std::filesystem::path& path) {
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

class DocsTest : public ::testing::Test {
  protected:
    std::vector<Page> generated = pages(
        TestProvider(), {.provider_name = "test", .examples = std::filesystem::path(PIGSTY_TESTDATA) / "examples"});
};

// The golden files are what a registry shows; PIGSTY_UPDATE_GOLDEN=1 rewrites them.
TEST_F(DocsTest, pages_are_those_of_the_golden_files) {
    const std::filesystem::path golden = std::filesystem::path(PIGSTY_TESTDATA) / "docs";
    if (std::getenv("PIGSTY_UPDATE_GOLDEN") != nullptr) {
        ASSERT_TRUE(write_pages(generated, golden).has_value());
    }
    ASSERT_EQ(generated.size(), 3U);
    for (const Page& page : generated) EXPECT_EQ(page.text, read(golden / page.path)) << page.path;
}

TEST_F(DocsTest, written_pages_replace_what_is_gone_and_leave_guides_alone) {
    const std::filesystem::path out = std::filesystem::path(::testing::TempDir()) / "pigsty_docs_test";
    std::filesystem::create_directories(out / "resources");
    std::filesystem::create_directories(out / "guides");
    std::ofstream(out / "resources" / "gone.md") << "old";
    std::ofstream(out / "guides" / "start.md") << "by hand";
    ASSERT_TRUE(write_pages(generated, out).has_value());
    EXPECT_FALSE(std::filesystem::exists(out / "resources" / "gone.md"));
    EXPECT_EQ(read(out / "guides" / "start.md"), "by hand");
    EXPECT_EQ(read(out / "resources" / "thing.md"), generated[1].text);
    std::filesystem::remove_all(out);
}

TEST_F(DocsTest, a_folder_that_cannot_be_written_is_an_error) {
    const Status status = write_pages(generated, "/proc/none");
    ASSERT_FALSE(status.has_value());
    EXPECT_THAT(status.error().message, HasSubstr("cannot make the folder /proc/none"));
}

}  // namespace
}  // namespace pigsty::docs
