// UserTest: users of a live cluster, as their tests make, read, change and drop them.
#pragma once

#include <string>

#include "core/module/pgsql/object/user.h"
#include "core/module/pgsql/session/testing/live_cluster.h"

namespace pigsty::module::pgsql {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class UserTest : public LiveCluster {
  protected:
    PgUser wish(std::string name) {
        PgUser user;
        user.cluster = connection_of(cluster, session->id());
        user.name = std::move(name);
        return user;
    }
    std::string created(const PgUser& user) {
        auto id = create_user(*session, user, {.name = "create pg_user"}, cancel);
        EXPECT_TRUE(id) << summary(id.error()) << "\n" << detail(id.error());
        return id.value_or("");
    }
    Live<PgUser> read(const PgUser& user, const std::string& id, ClusterSession& with) {
        auto live = read_user(with, user, id, cancel);
        EXPECT_TRUE(live) << summary(live.error()) << "\n" << detail(live.error());
        EXPECT_TRUE(live && *live) << "gone";
        return live && *live ? **live : Live<PgUser>{};
    }
    // Another process sees exactly what was asked for.
    void expect_as_wished(const PgUser& user, const std::string& id) { expect_as_wished_by({}, user, id); }
    void expect_as_wished_by(const std::string& run_id, const PgUser& user, const std::string& id) {
        const Live<PgUser> live = read(user, id, *fresh(run_id));
        EXPECT_EQ(to_json(live.object), to_json(user));
        EXPECT_THAT(live.drift, IsEmpty());
    }
    Status updated(const PgUser& prior, const PgUser& planned, const std::string& id) {
        return update_user(*session, {.prior = prior, .planned = planned, .id = id}, {.name = "update pg_user"},
                           cancel);
    }
    Status dropped(const PgUser& user, const std::string& id) {
        return drop_user(*session, user, id, {.name = "destroy pg_user"}, cancel);
    }
};

}  // namespace pigsty::module::pgsql
