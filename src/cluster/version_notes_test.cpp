#include "cluster/version_notes.h"

#include <gtest/gtest.h>

namespace miroir::cluster {
namespace {

std::vector<std::string> notes_for(const std::vector<std::string>& versions) {
    TopologySpec spec{.nodes = {}, .shards = 4, .replicas = 1};
    for (std::size_t i = 0; i < versions.size(); ++i) {
        const std::string name = "n" + std::to_string(i);
        spec.nodes.push_back({.id = {name}, .address = "http://" + name, .group = {0}, .zone = {}});
    }
    TopologyPtr t = make_topology(spec).value();
    for (std::size_t i = 0; i < versions.size(); ++i) {
        t = with_node_facts(*t, spec.nodes[i].id, {.engine_version = versions[i], .note = {}}).value();
    }
    return version_notes(*t);
}

TEST(VersionNotes, TheOddOneIsNamed) {
    EXPECT_EQ(notes_for({"1.50.0", "1.50.0", "1.50.0"}), (std::vector<std::string>{"", "", ""}));
    EXPECT_EQ(notes_for({"1.50.0", "1.51.0", "1.50.0"}),
              (std::vector<std::string>{"", "runs engine version 1.51.0, its peers 1.50.0", ""}));
}

TEST(VersionNotes, UnknownOnesHaveNoSayAndAmongEqualsTheHigherIsUsual) {
    EXPECT_EQ(notes_for({"", "1.50.0", ""}), (std::vector<std::string>{"", "", ""}));
    EXPECT_EQ(notes_for({"1.9.0", "1.50.0"}),
              (std::vector<std::string>{"runs engine version 1.9.0, its peers 1.50.0", ""}));
}

}  // namespace
}  // namespace miroir::cluster
