// Text scenarios of testdata/changes.txt: facts and wishes in, changes out.
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>

#include "core/item/directory.h"
#include "core/item/file.h"
#include "core/item/link.h"
#include "core/item/package.h"
#include "core/item/service.h"
#include "core/item/testing/seen.h"

namespace pigsty::converge {
namespace {

struct Scenario {
    std::string name;
    std::vector<item::ItemPtr> wanted{};
    item::Seen seen{};
    std::vector<std::string> expected{};
};

unsigned octal(const std::string& text) { return static_cast<unsigned>(std::stoul(text, nullptr, 8)); }

std::string rest_of(std::istream& line) {
    std::string rest;
    std::getline(line >> std::ws, rest);
    return rest;
}

item::ItemPtr wanted(std::istream& line) {
    std::string kind, name, owner, mode;
    line >> kind >> name;
    if (kind == "package") return std::make_shared<item::PackageItem>(item::PackageSpec{.name = name});
    if (kind == "link") return std::make_shared<item::LinkItem>(item::LinkSpec{.path = name, .target = rest_of(line)});
    if (kind == "service") {
        std::string enabled, running;
        line >> enabled >> running;
        return std::make_shared<item::ServiceItem>(
            item::ServiceSpec{.unit = name, .enabled = enabled == "enabled", .running = running == "running"});
    }
    line >> owner >> mode;
    const std::string user = owner.substr(0, owner.find(':'));
    const std::string group = owner.substr(owner.find(':') + 1);
    if (kind == "directory")
        return std::make_shared<item::DirectoryItem>(
            item::DirectorySpec{.path = name, .owner = user, .group = group, .mode = octal(mode)});
    return std::make_shared<item::FileItem>(
        item::FileSpec{.path = name, .content = rest_of(line), .owner = user, .group = group, .mode = octal(mode)});
}

void see(item::Seen& seen, std::istream& line) {
    std::string kind, name, a, b, c;
    line >> kind >> name;
    if (kind == "absent")
        seen.absent(name);
    else if (kind == "package")
        seen.package(name, rest_of(line));
    else if (kind == "link")
        seen.link(name, rest_of(line));
    else if (kind == "unit") {
        line >> a >> b >> c;
        seen.unit(name, a, b, c);
    } else {
        line >> a >> b;
        if (kind == "directory")
            seen.directory(name, a + " " + b);
        else
            seen.file(name, rest_of(line), a + " " + b);
    }
}

std::vector<Scenario> scenarios() {
    std::vector<Scenario> all;
    std::ifstream file(PIGSTY_TESTDATA "/changes.txt");
    for (std::string text; std::getline(file, text);) {
        if (text.empty() || text.starts_with("#")) continue;
        std::istringstream line(text);
        std::string word;
        line >> word;
        if (word == "==")
            all.push_back({.name = rest_of(line)});
        else if (word == "want")
            all.back().wanted.push_back(wanted(line));
        else if (word == "seen")
            see(all.back().seen, line);
        else if (word == "expect")
            all.back().expected.push_back(rest_of(line));
        else
            ADD_FAILURE() << "what is this: " << text;
    }
    return all;
}

TEST(Scenarios, give_the_changes_they_expect) {
    const auto all = scenarios();
    EXPECT_GE(all.size(), 9U);
    for (const Scenario& scenario : all) {
        std::vector<std::string> changes;
        for (const auto& item : scenario.wanted) {
            if (const auto change = item->compare(scenario.seen.observation(), nullptr))
                changes.push_back(item->label() + ": " + change->reason);
        }
        EXPECT_EQ(changes, scenario.expected) << scenario.name;
    }
}

}  // namespace
}  // namespace pigsty::converge
