#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/module/minio/files.h"
#include "core/module/minio/look.h"
#include "core/module/minio/overview.h"
#include "core/module/minio/policy.h"
#include "core/module/minio/table.h"

namespace pigsty::module::minio {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

MinioCluster three() {
    return {.name = "minio",
            .members = {{"1", {.address = "10.10.10.10"}},
                        {"2", {.address = "10.10.10.11"}},
                        {"3", {.address = "10.10.10.12"}}},
            .data = "/data{1...2}",
            .ca = ca::Reference{.id = "id", .name = "ca", .fingerprint = "ab", .nodes = {}}};
}

std::vector<std::string> paths(const MinioCluster& cluster) {
    std::vector<std::string> all;
    for (const Problem& problem : problems_of(cluster)) all.push_back(problem.path);
    return all;
}

TEST(MinioVolumes, follow_from_members_and_drives) {
    MinioCluster cluster = three();
    EXPECT_EQ(volumes_of(cluster), "https://minio-{1...3}.pigsty:9000/data{1...2}");
    EXPECT_THAT(drives_of(cluster), ElementsAre("/data1", "/data2"));
    EXPECT_TRUE(is_distributed(cluster));
    cluster.members.erase("2");
    cluster.members.erase("3");
    EXPECT_EQ(volumes_of(cluster), "/data{1...2}");
    cluster.data = "/data/minio";
    EXPECT_EQ(volumes_of(cluster), "/data/minio");
    EXPECT_FALSE(is_distributed(cluster));
    cluster.pools = {"http://a-{1...2}:9000/x{1...2}", "http://b-{1...2}:9000/y"};
    EXPECT_EQ(volumes_of(cluster), "http://a-{1...2}:9000/x{1...2} http://b-{1...2}:9000/y");
    EXPECT_THAT(drives_of(cluster), ElementsAre("/x1", "/x2", "/y"));
}

TEST(MinioRules, refuse_gaps_and_what_leads_nowhere) {
    EXPECT_THAT(problems_of(three()), IsEmpty());
    MinioCluster cluster = three();
    cluster.members.erase("2");
    EXPECT_THAT(paths(cluster), ElementsAre("members"));
    EXPECT_EQ(problems_of(cluster).front().message,
              "expected members with numbers that follow each other, found none with 2 before 3");
    cluster = three();
    cluster.users = {{"app", {.policy = "nowhere"}}, {"half", {.policy = "pgsql", .secret_wo_version = 1}}};
    cluster.policies = {{"pgsql", "{}"}, {"broken", "{"}};
    cluster.environment = {{"MINIO_REGION", "x"}};
    cluster.buckets = {{"pgsql", {.object_lock = true}}};
    EXPECT_THAT(paths(cluster), ElementsAre("users[\"app\"].policy", "users[\"half\"].secret_wo",
                                            "policies[\"broken\"]", "policies[\"pgsql\"]", "policies[\"pgsql\"]",
                                            "environment[\"MINIO_REGION\"]", "buckets[\"pgsql\"].versioning"));
}

TEST(MinioRules, know_drive_patterns_and_names) {
    EXPECT_TRUE(kDrivePattern.holds("/data{1...4}"));
    EXPECT_FALSE(kDrivePattern.holds("/data{4...1}"));
    EXPECT_FALSE(kDrivePattern.holds("/data{1..4}"));
    EXPECT_FALSE(kDrivePattern.holds("/a{1...2}/b{1...2}"));
    EXPECT_FALSE(kDrivePattern.holds("data"));
    EXPECT_FALSE(kBucketName.holds("Ab"));
    EXPECT_FALSE(kBucketName.holds("a_b"));
    EXPECT_TRUE(kHostPattern.holds("${minio_cluster}-${minio_seq}.pigsty"));
    EXPECT_FALSE(kHostPattern.holds("minio.pigsty"));
    EXPECT_EQ(bytes_of("10GiB"), 10737418240);
}

TEST(MinioPolicy, is_compared_by_meaning) {
    const auto ours = policy_meaning(bucket_policy("pgsql"));
    ASSERT_TRUE(ours);
    EXPECT_EQ(policy_meaning(R"({"Statement":{"Resource":["arn:aws:s3:::pgsql/*","arn:aws:s3:::pgsql"],"Action":"s3:*",
                                 "Effect":"Allow"},"Version":"2012-10-17"})"),
              ours);
    EXPECT_NE(policy_meaning(bucket_policy("other")), ours);
    EXPECT_EQ(policy_meaning("{\"Version\": \"2012-10-17\"}"), std::nullopt);
    EXPECT_EQ(policy_meaning("[]"), std::nullopt);
}

TEST(MinioEnvironment, is_what_systemd_reads) {
    MinioCluster cluster = three();
    cluster.environment = {{"MINIO_BANNER", R"(a "b" $c \d)"}};
    EXPECT_THAT(environment_text(cluster), HasSubstr("MINIO_BANNER=\"a \\\"b\\\" \\$c \\\\d\"\n"));
    EXPECT_THAT(environment_text(cluster), HasSubstr("MINIO_ROOT_PASSWORD=\"{{root:1}}\"\n"));
}

TEST(MinioLook, tells_what_differs_in_words) {
    MinioCluster cluster = three();
    cluster.buckets = {{"pgsql", {.versioning = true}}, {"meta", {.quota = "1GiB"}}};
    const Look look = read_look(
        "serves\n"
        "bucket meta\n{\"status\":\"error\",\"error\":{\"cause\":{\"message\":\"Bucket `meta` does not exist.\"}}}\n"
        "{\"status\":\"error\"}\n0\n"
        "bucket "
        "pgsql\n{\"status\":\"success\",\"Versioning\":{\"status\":\"Suspended\"},\"ObjectLock\":{\"enabled\":\"\"}}\n"
        "{\"status\":\"success\",\"bucket\":\"pgsql\",\"quota\":5}\n7\n"
        "user pgbackrest\n{\"status\":\"success\",\"policyName\":\"meta,pgsql\",\"userStatus\":\"disabled\"}\nother\n"
        "policy "
        "meta\n{\"status\":\"success\",\"policyInfo\":{\"Policy\":{\"Statement\":[{\"Effect\":\"Deny\",\"Action\":\"s3:"
        "*\"}]}}}\n"
        "policy pgsql\n{\"status\":\"error\",\"error\":{\"cause\":{\"message\":\"The canned policy does not "
        "exist.\"}}}\n");
    EXPECT_TRUE(look.serves);
    EXPECT_EQ(look.buckets.at("pgsql").objects, 7);
    std::vector<std::string> sentences;
    for (const Difference& one : differences(cluster, look)) sentences.push_back(one.sentence(cluster));
    EXPECT_THAT(
        sentences,
        ElementsAre("minio bucket meta: is not there", "minio bucket pgsql: versioning is off, expected on",
                    "minio bucket pgsql: quota is 5 bytes, expected none", "minio policy meta: says something else",
                    "minio policy pgsql: is not there", "minio user pgbackrest: is disabled",
                    "minio user pgbackrest: policies are meta, pgsql, expected pgsql",
                    "minio user pgbackrest: has another secret"));
}

TEST(MinioLook, says_nothing_of_what_could_not_be_asked) {
    EXPECT_FALSE(read_look("").asked);
    EXPECT_FALSE(read_look("unready\n").serves);
    EXPECT_FALSE(read_look("serves\nbucket pgsql\n\n\n0\n").serves);
}

TEST(MinioOverview, joins_members_and_what_the_server_says_of_them) {
    node::Observation seen;
    const auto answer = [&](std::string_view part, const std::string& said) {
        for (const node::Probe& probe : overview_probes(three()))
            if (probe.key.contains(part)) seen.set(probe, said);
    };
    answer("login()", "unready\n");
    answer("admin info", R"({"status":"success","info":{"backend":{"standardSCParity":3},"servers":[
        {"endpoint":"minio-1.pigsty:9000","state":"online","drives":[{"state":"ok"},{"state":"offline"}]},
        {"endpoint":"minio-3.pigsty:9000","state":"offline"}]}})");
    const Overview overview = overview_of(three(), seen);
    EXPECT_FALSE(overview.serves);
    EXPECT_EQ(overview.parity, 3);
    EXPECT_EQ(
        overview.members.at("1"),
        (MemberOverview{
            .name = "minio-1", .address = "10.10.10.10", .state = "online", .drives_online = 1, .drives_offline = 1}));
    EXPECT_EQ(overview.members.at("2").state, "");
    EXPECT_EQ(overview.members.at("3").state, "offline");
}

TEST(MinioChanges, tell_what_goes_and_what_is_set) {
    MinioCluster planned = three();
    planned.buckets = Named<Bucket>{{"data", Bucket{}}};
    planned.users = {{"pgbackrest", {.policy = "data"}}};
    const Changes changes = changes_between(three(), planned);
    EXPECT_THAT(changes.buckets, ElementsAre("pgsql"));
    EXPECT_THAT(changes.policies, ElementsAre("pgsql"));
    EXPECT_THAT(changes.users, IsEmpty());
    EXPECT_THAT(objects_forecast(three(), planned, {}),
                ElementsAre("make minio bucket data", "make minio policy data", "set minio user pgbackrest",
                            "remove minio bucket pgsql", "remove minio policy pgsql"));
    EXPECT_THAT(objects_forecast(three(), three(), {"minio user pgbackrest: is disabled"}),
                ElementsAre("set minio user pgbackrest"));
}

}  // namespace
}  // namespace pigsty::module::minio
