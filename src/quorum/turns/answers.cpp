#include "quorum/turns/answers.h"

namespace miroir::quorum {

void Answers::plan(const std::vector<const tasks::TaskEntry*>& open) {
    said_.clear();
    asked_.clear();
    for (const tasks::TaskEntry* entry : open) {
        for (const tasks::NodeTask& part : entry->parts) {
            if (part.state != tasks::NodeTask::State::Accepted) continue;
            std::vector<std::uint64_t>& uids = asked_[part.node];
            if (uids.size() < kInOneQuestion) uids.push_back(part.uid);
        }
    }
}

std::vector<NodeId> Answers::nodes() const {
    std::vector<NodeId> out;
    for (const auto& [node, uids] : asked_) out.push_back(node);
    return out;
}

env::Task<bool> Answers::ask(NodeLink& link, std::string address) {
    const NodeId node = link.id();
    const std::vector<std::uint64_t> uids = asked_[node];
    std::string target = "/tasks?limit=" + std::to_string(uids.size()) + "&uids=";
    for (const std::uint64_t uid : uids) target += (target.back() == '=' ? "" : ",") + std::to_string(uid);
    json::Value page = co_await link.look(std::move(address), std::move(target));
    json::Value* results = page.is_object() ? page.object().find("results") : nullptr;
    if (results == nullptr || !results->is_array()) co_return false;
    std::map<std::uint64_t, json::Value>& said = said_[node];
    for (const std::uint64_t uid : uids) said[uid] = json::Value();
    for (json::Value& task : results->array()) {
        const json::Value* uid = task.find("uid");
        if (uid != nullptr && uid->is_unsigned()) said[uid->unsigned_integer()] = std::move(task);
    }
    co_return true;
}

std::optional<json::Value> Answers::take(const NodeId& node, std::uint64_t uid) {
    const auto by_node = said_.find(node);
    if (by_node == said_.end()) return std::nullopt;
    const auto found = by_node->second.find(uid);
    if (found == by_node->second.end()) return std::nullopt;
    json::Value out = std::move(found->second);
    by_node->second.erase(found);
    return out;
}

}  // namespace miroir::quorum
