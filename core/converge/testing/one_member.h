// OneMember: what an act gets besides its site, where a test runs it by itself on one machine.
//
//     const auto site = std::make_shared<Site>(Site{.member = {}, .node = node});
//     OneMember context(site);
//     EXPECT_TRUE(act(*site, context));
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/converge/step.h"

namespace pigsty::converge {

class OneMember final : public StepContext {
  public:
    explicit OneMember(std::shared_ptr<Site> site) : sites_{std::move(site)} {}
    [[nodiscard]] const Cancel& cancel() const override { return cancel_; }
    [[nodiscard]] const Identity& identity() const override { return identity_; }
    [[nodiscard]] const std::vector<std::shared_ptr<Site>>& sites() const override { return sites_; }
    [[nodiscard]] bool creating() const override { return false; }
    [[nodiscard]] bool changed(std::string_view, std::string_view) const override { return false; }
    void changed_something(const Site&) override {}
    Status begin_changes() override { return {}; }
    void report(const Site&, std::string, Cancel::Clock::time_point) override {}
    Status wait_for(const Gate&, const std::function<Result<Look>()>&) override { return {}; }
    Result<std::vector<node::OperationResult>> request(Site& site, std::vector<node::Operation> operations) override {
        TRY(auto results, site.node->request(std::move(operations), cancel_));
        if (results.back().status != 0)
            return fail(Error{.code = ErrorCode::failed, .message = "no"}.with_output(results.back().err));
        return results;
    }
    void warn(std::string sentence) override { warnings.push_back(std::move(sentence)); }

    std::vector<std::string> warnings;

  private:
    const Cancel cancel_ = Cancel::within(std::chrono::seconds(30));
    const Identity identity_;
    std::vector<std::shared_ptr<Site>> sites_;
};

}  // namespace pigsty::converge
