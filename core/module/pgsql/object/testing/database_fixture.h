// DatabaseTest: databases of a live cluster, as their tests make, read, change and drop them.
#pragma once

#include <string>

#include "core/module/pgsql/object/database.h"
#include "core/module/pgsql/session/testing/live_cluster.h"

namespace pigsty::module::pgsql {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class DatabaseTest : public LiveCluster {
  protected:
    PgDatabase wish(std::string name) {
        PgDatabase database;
        database.cluster = connection_of(cluster, session->id());
        database.name = std::move(name);
        database.pgbouncer = false;
        return database;
    }
    std::string created(const PgDatabase& database) {
        auto id = create_database(*session, database, {.name = "create pg_database"}, cancel);
        EXPECT_TRUE(id) << summary(id.error()) << "\n" << detail(id.error());
        return id.value_or("");
    }
    void expect_as_wished(const PgDatabase& database, const std::string& id) {
        const auto live = read_database(*fresh(), database, id, cancel);
        ASSERT_TRUE(live) << summary(live.error()) << "\n" << detail(live.error());
        ASSERT_TRUE(*live) << "gone";
        EXPECT_EQ(to_json((*live)->object), to_json(database));
        EXPECT_THAT((*live)->drift, IsEmpty());
    }
    Status updated(const PgDatabase& prior, const PgDatabase& planned, const std::string& id) {
        return update_database(*session, {.prior = prior, .planned = planned, .id = id}, {.name = "update pg_database"},
                               cancel);
    }
    Status dropped(const PgDatabase& database, const std::string& id) {
        return drop_database(*session, database, id, {.name = "destroy pg_database"}, cancel);
    }
};

}  // namespace pigsty::module::pgsql
