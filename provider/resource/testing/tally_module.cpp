#include "provider/resource/testing/tally_module.h"

#include "core/converge/members.h"
#include "core/item/file.h"

namespace pigsty::module::tally {

std::vector<converge::Member> members_of(const Tally& tally) { return converge::members_of(tally.name, tally.members); }

converge::Table table_of(const Tally& tally) {
    return {
        {.name = "configuration", .items = [tally](const converge::Site& site) {
             return std::vector<item::ItemPtr>{std::make_shared<item::FileItem>(item::FileSpec{
                 .path = kFile,
                 .content = site.member.name + " " + std::to_string(tally.port) + " " + tally.ca.fingerprint + "\n"})};
         }}};
}

Access access_of(const Tally& tally, const std::string& id) {
    Access access{.id = id, .endpoints = {}};
    for (const auto& [number, member] : tally.members)
        access.endpoints.push_back(member.address + ":" + std::to_string(tally.port));
    return access;
}

}  // namespace pigsty::module::tally
