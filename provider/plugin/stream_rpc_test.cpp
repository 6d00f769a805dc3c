// The RPCs that answer or take a stream.

#include <gtest/gtest.h>

#include "provider/plugin/plugin_process.h"
#include "provider/plugin/wire_value.h"

namespace pigsty::plugin {
namespace {

using value::Type;
using value::Value;

class StreamRpc : public testing::Test {
  protected:
    void SetUp() override {
        auto started = PluginProcess::start(PIGSTY_TEST_PROVIDER);
        ASSERT_TRUE(started) << started.error();
        plugin_ = *std::move(started);
        context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
    }
    void TearDown() override { EXPECT_EQ(plugin_->shut_down(), 0); }

    static void name_only(const std::string& name, tfplugin6::DynamicValue* message) {
        const Type type = Type::object({{"name", Type::string()}, {"note", Type::string()}});
        ASSERT_TRUE(
            write_dynamic(Value::object({{"name", Value::string(name)}, {"note", Value::null()}}), type, message));
    }

    std::vector<tfplugin6::ListResource::Event> listed(const tfplugin6::ListResource::Request& request) {
        auto stream = plugin_->provider().ListResource(&context_, request);
        std::vector<tfplugin6::ListResource::Event> events;
        for (tfplugin6::ListResource::Event event; stream->Read(&event);) events.push_back(event);
        EXPECT_TRUE(stream->Finish().ok());
        return events;
    }

    std::vector<tfplugin6::InvokeAction::Event> invoked(const tfplugin6::InvokeAction::Request& request) {
        auto stream = plugin_->provider().InvokeAction(&context_, request);
        std::vector<tfplugin6::InvokeAction::Event> events;
        for (tfplugin6::InvokeAction::Event event; stream->Read(&event);) events.push_back(event);
        EXPECT_TRUE(stream->Finish().ok());
        return events;
    }

    std::unique_ptr<PluginProcess> plugin_;
    grpc::ClientContext context_;
};

TEST_F(StreamRpc, ListResource_streams_identities_and_objects_when_asked) {
    tfplugin6::ListResource::Request request;
    request.set_type_name("test_thing");
    request.set_limit(2);
    request.set_include_resource_object(true);
    name_only("all", request.mutable_config());
    const auto events = listed(request);
    ASSERT_EQ(events.size(), 2U);
    EXPECT_EQ(events[1].display_name(), "thing 1");
    const auto identity = read_dynamic(events[1].identity().identity_data(), Type::object({{"name", Type::string()}}));
    EXPECT_EQ(identity->get("name").as_string(), "1");
    EXPECT_TRUE(events[1].has_resource_object());
}

TEST_F(StreamRpc, ListResource_leaves_objects_out_when_not_asked) {
    tfplugin6::ListResource::Request request;
    request.set_type_name("test_thing");
    request.set_limit(1);
    name_only("all", request.mutable_config());
    const auto events = listed(request);
    ASSERT_EQ(events.size(), 1U);
    EXPECT_FALSE(events[0].has_resource_object());
}

TEST_F(StreamRpc, ListResource_tells_errors_in_a_last_event) {
    tfplugin6::ListResource::Request request;
    request.set_type_name("test_thing");
    request.set_limit(1);
    name_only("throw", request.mutable_config());
    const auto events = listed(request);
    ASSERT_EQ(events.size(), 2U);
    EXPECT_FALSE(events[1].has_identity());
    EXPECT_EQ(events[1].diagnostic(0).summary(), "Unexpected error in the provider");
}

TEST_F(StreamRpc, ListResource_refuses_unknown_types) {
    tfplugin6::ListResource::Request request;
    request.set_type_name("test_nothing");
    const auto events = listed(request);
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].diagnostic(0).summary(), "Unknown list resource type");
}

TEST_F(StreamRpc, ListResource_stops_when_terraform_stops_reading) {
    tfplugin6::ListResource::Request request;
    request.set_type_name("test_thing");
    request.set_limit(INT64_MAX);
    name_only("all", request.mutable_config());
    auto stream = plugin_->provider().ListResource(&context_, request);
    tfplugin6::ListResource::Event event;
    ASSERT_TRUE(stream->Read(&event));
    context_.TryCancel();
    while (stream->Read(&event)) {
    }
    EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
    // TearDown: the endless list has ended, or the process would not.
}

TEST_F(StreamRpc, InvokeAction_streams_progress_and_completes_once) {
    tfplugin6::InvokeAction::Request request;
    request.set_action_type("test_deed");
    name_only("x", request.mutable_config());
    const auto events = invoked(request);
    ASSERT_EQ(events.size(), 3U);
    EXPECT_EQ(events[0].progress().message(), "begun");
    EXPECT_EQ(events[1].progress().message(), "half done");
    ASSERT_TRUE(events[2].has_completed());
    EXPECT_EQ(events[2].completed().diagnostics(0).summary(), "Done");
}

// A stream that ends without its completion passes for success.
TEST_F(StreamRpc, InvokeAction_completes_with_an_error_after_an_exception) {
    tfplugin6::InvokeAction::Request request;
    request.set_action_type("test_deed");
    name_only("throw", request.mutable_config());
    const auto events = invoked(request);
    ASSERT_EQ(events.size(), 2U);
    ASSERT_TRUE(events[1].has_completed());
    EXPECT_EQ(events[1].completed().diagnostics(0).severity(), tfplugin6::Diagnostic::ERROR);
}

TEST_F(StreamRpc, InvokeAction_refuses_unknown_types) {
    tfplugin6::InvokeAction::Request request;
    request.set_action_type("test_nothing");
    const auto events = invoked(request);
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].completed().diagnostics(0).summary(), "Unknown action type");
}

TEST_F(StreamRpc, state_bytes_are_refused_both_ways) {
    auto stream = plugin_->provider().ReadStateBytes(&context_, {});
    tfplugin6::ReadStateBytes::Response chunk;
    ASSERT_TRUE(stream->Read(&chunk));
    EXPECT_TRUE(chunk.has_range());
    EXPECT_EQ(chunk.diagnostics(0).summary(), "State stores are not supported");
    EXPECT_FALSE(stream->Read(&chunk));
    EXPECT_TRUE(stream->Finish().ok());

    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
    tfplugin6::WriteStateBytes::Response response;
    auto writer = plugin_->provider().WriteStateBytes(&context, &response);
    writer->Write({});
    writer->WritesDone();
    ASSERT_TRUE(writer->Finish().ok());
    EXPECT_EQ(response.diagnostics(0).summary(), "State stores are not supported");
}

}  // namespace
}  // namespace pigsty::plugin
