#include <gmock/gmock.h>

#include "core/base/unknown.h"
#include "core/module/pgsql/rules/testing/checked.h"

namespace pigsty::module::pgsql {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(LibraryRules, libraries_are_names_each_once) {
    const auto with = [](const std::vector<std::string>& libs) { return after([&](PgCluster& c) { c.libs = libs; }); };
    EXPECT_THAT(with({"pg_stat_statements", "$libdir/passwordcheck", "/opt/x/y.so", unknown_marker("libs")}),
                IsEmpty());
    EXPECT_THAT(with({}), IsEmpty());
    EXPECT_THAT(with({"a, b"}), ElementsAre("libs[0]: expected the name of a library, found \"a, b\""));
    EXPECT_THAT(with({""}), ElementsAre("libs[0]: expected the name of a library, found \"\""));
    EXPECT_THAT(with({"a", "b", "a"}), ElementsAre(HasSubstr("libs[2]: ")));
}

TEST(LibraryRules, one_attribute_sets_them) {
    const auto with = [](bool has_libs) {
        return after([&](PgCluster& c) {
            c.parameters["Shared_Preload_Libraries"] = "pg_stat_statements";
            if (has_libs) c.libs = {"auto_explain"};
        });
    };
    EXPECT_THAT(with(false), IsEmpty());
    EXPECT_THAT(with(true),
                ElementsAre("parameters[\"Shared_Preload_Libraries\"]: shared_preload_libraries is set by the "
                            "attribute libs"));
}

TEST(LibraryRules, packages_are_names_that_apt_reads_as_names) {
    const auto with = [](const std::vector<std::string>& names) {
        return after([&](PgCluster& c) { c.extension_packages = names; });
    };
    EXPECT_THAT(with({"postgis", "pgvector", "pg_cron", "postgresql-17-cron"}), IsEmpty());
    EXPECT_THAT(with({"postgis-"}), ElementsAre(HasSubstr("extension_packages[0]: ")));
    EXPECT_THAT(with({"postgis=3"}),
                ElementsAre(HasSubstr("extension_packages[0]: expected a name without a version")));
    EXPECT_THAT(with({"postgis", "postgis"}), ElementsAre(HasSubstr("extension_packages[1]: ")));
}

}  // namespace
}  // namespace pigsty::module::pgsql
