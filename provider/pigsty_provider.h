// PigstyProvider: everything this provider offers, by name.
#pragma once

#include <memory>
#include <vector>

#include "provider/configuration/attributes.h"
#include "provider/framework/provider.h"

namespace pigsty::provider {

class PigstyProvider final : public framework::TypedProvider<PigstyConfig> {
  public:
    [[nodiscard]] framework::Declaration<PigstyConfig> declare() const override;
    Result<std::shared_ptr<void>> configure(const PigstyConfig& config, const framework::Unknowns& unknown,
                                            framework::Call& call) const override;
    void ended_in_order(const std::shared_ptr<void>& data) const override;

    [[nodiscard]] std::vector<framework::Entry<framework::Resource>> resources() const override;
    [[nodiscard]] std::vector<framework::Entry<framework::DataSource>> data_sources() const override;
    [[nodiscard]] std::vector<framework::Entry<framework::Function>> functions() const override;
};

}  // namespace pigsty::provider
