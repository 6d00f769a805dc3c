// ObjectCodec: a struct with declared attributes, filled from an object value and stored back into one.
#pragma once

#include <memory>

#include "provider/framework/attributes.h"
#include "provider/framework/codec.h"

namespace pigsty::framework {

class ObjectCodec final : public Codec {
  public:
    explicit ObjectCodec(BoundAttributes attributes);

    [[nodiscard]] value::Type type() const override { return type_; }
    void load(const value::Value& value, void* into, Loading& loading) const override;
    [[nodiscard]] value::Value store(const void* from, const value::Value& like) const override;
    [[nodiscard]] bool is_blank(const void* from) const override;

  private:
    [[nodiscard]] value::Value store_member(const BoundAttribute& bound, const void* from,
                                            const value::Value& like) const;

    BoundAttributes attributes_;
    value::Type type_;
};

}  // namespace pigsty::framework
