#include "plan/shard_clause.h"

#include "cluster/reserved.h"
#include "protocol/filter/filter.h"

namespace miroir::plan {

namespace {

bool differs(const protocol::Filter& filter) {
    return filter.type == protocol::Filter::Type::Compare && filter.op == protocol::FilterOp::NotEqual;
}

void collect_differing(const protocol::Filter& filter, std::set<std::string>& fields) {
    for (const protocol::Filter& child : filter.children) collect_differing(child, fields);
    if (differs(filter)) fields.insert(filter.field.text);
}

// Did anything change?
bool turn_differences(protocol::Filter& filter, const std::set<std::string>& known) {
    bool turned = false;
    for (protocol::Filter& child : filter.children) turned |= turn_differences(child, known);
    if (!differs(filter) || !known.contains(filter.field.text)) return turned;
    protocol::Filter equal = filter;
    equal.op = protocol::FilterOp::Equal;
    filter = protocol::Filter{.type = protocol::Filter::Type::Not};
    filter.children.push_back(std::move(equal));
    return true;
}

std::optional<protocol::Filter> parsed(const std::optional<json::Value>& filter) {
    if (!filter) return std::nullopt;
    return protocol::parse_filter(*filter, ErrorCode::InvalidSearchFilter).value_or(std::nullopt);
}

}  // namespace

std::set<std::string> differing_fields(const std::optional<json::Value>& filter) {
    std::set<std::string> out;
    if (const auto tree = parsed(filter)) collect_differing(*tree, out);
    return out;
}

std::optional<json::Value> node_filter(const std::optional<json::Value>& filter, const std::set<std::string>& known) {
    if (known.empty()) return filter;
    auto tree = parsed(filter);
    return tree && turn_differences(*tree, known) ? json::Value(protocol::to_expression(*tree)) : filter;
}

json::Value shard_clause(std::span<const ShardId> shards) {
    std::string clause(cluster::kShardField);
    clause += " IN [";
    for (const ShardId shard : shards) {
        if (clause.back() != '[') clause += ", ";
        clause.append("\"").append(cluster::shard_label(shard)).append("\"");
    }
    clause += ']';
    return clause;
}

json::Value stamp_clause(std::string_view op, const std::string& stamp) {
    return std::string(cluster::kStampField) + " " + std::string(op) + " \"" + stamp + "\"";
}

json::Value with_shard_clause(const std::optional<json::Value>& filter, std::span<const ShardId> shards) {
    return protocol::and_filters(filter, shard_clause(shards));
}

}  // namespace miroir::plan
