// TypedEphemeral<S>: values that live for one run and never reach a state.
//
//     class PgCredential final : public TypedEphemeral<Credential> {
//         Declaration<Credential> declare() const override;
//         Result<Opened<Credential>> open(const Credential& config, Call& call) const override;   //
//         call.private_data → close Status close(Call& call) const override;
//     };
//
// Open runs in plan and again in apply. close gets the private data of open, not of the last renewal.
#pragma once

#include <chrono>
#include <optional>

#include "provider/framework/data_source.h"

namespace pigsty::framework {

using RenewAt = std::optional<std::chrono::system_clock::time_point>;

template <class S>
struct Opened {
    S result;
    RenewAt renew_at = std::nullopt;
};

class Ephemeral {
  public:
    virtual ~Ephemeral() = default;
    [[nodiscard]] virtual const ObjectDeclaration& declaration() const = 0;
    virtual void validate_object(const Value& config, Diagnostics& diagnostics) const = 0;
    virtual Result<Opened<Value>> open_object(const Value& config, Call& call) const = 0;
    // Called only when open or the last renewal asked for it.
    virtual Result<RenewAt> renew(Call& call) const = 0;
    virtual Status close(Call& call) const = 0;
};

template <class S>
class TypedEphemeral : public DeclaredKind<Ephemeral, S> {
  public:
    virtual Result<Opened<S>> open(const S& config, Call& call) const = 0;
    Result<RenewAt> renew(Call&) const override { return RenewAt(); }
    Status close(Call&) const override { return {}; }

    Result<Opened<Value>> open_object(const Value& config, Call& call) const final {
        TRY(const Opened<S> opened, open(this->load(config), call));
        return Opened<Value>{this->store(opened.result, config), opened.renew_at};
    }
};

}  // namespace pigsty::framework
