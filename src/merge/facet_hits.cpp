#include "merge/facet_hits.h"

#include <algorithm>

#include "json/parse.h"
#include "protocol/text_normal.h"

namespace miroir::merge {

namespace {
constexpr std::uint64_t kDocumentsMax = UINT32_MAX;  // a node's own numbers of documents have 32 bits
}  // namespace

Result<void> FacetHits::add(std::string_view reply) {
    const auto unreadable = [] { return fail(ErrorCode::MiroirNodeBadReply, "the node's answer holds no facet hits"); };
    const auto parsed = json::parse(reply);
    const json::Value* hits = parsed ? parsed->find("facetHits") : nullptr;
    if (hits == nullptr || !hits->is_array()) return unreadable();
    for (const json::Value& hit : hits->array()) {
        const json::Value* value = hit.find("value");
        const json::Value* count = hit.find("count");
        if (value == nullptr || !value->is_string() || count == nullptr || !count->is_unsigned() ||
            count->unsigned_integer() > kDocumentsMax)
            return unreadable();
    }
    for (const json::Value& hit : hits->array()) {
        const std::string& value = hit.find("value")->string();
        Sum& sum = sums_[protocol::normalize_facet(value)];
        if (sum.count == 0) sum.value = value;
        sum.unclear |= sum.value != value;
        sum.count += hit.find("count")->unsigned_integer();
    }
    return {};
}

std::vector<UnclearSpelling> FacetHits::unclear(const std::string& field) const {
    std::vector<UnclearSpelling> out;
    for (const auto& [normal, sum] : sums_) {
        if (sum.unclear) out.push_back({.field = field, .normal = normal, .spelling = sum.value});
    }
    return out;
}

void FacetHits::spell(const std::string& normal, std::string spelling) {
    const auto found = sums_.find(normal);
    if (found != sums_.end()) found->second.value = std::move(spelling);
}

json::Array FacetHits::shown(bool by_count, std::size_t most) const {
    std::vector<const std::map<std::string, Sum>::value_type*> order;
    for (const auto& entry : sums_) order.push_back(&entry);
    if (by_count) {
        std::ranges::sort(order, [](const auto* a, const auto* b) {
            return a->second.count != b->second.count ? a->second.count > b->second.count
                                                      : a->second.value > b->second.value;
        });
    }
    json::Array out;
    for (const auto* entry : order) {
        if (out.size() == most) break;
        out.emplace_back(json::Object{{"value", entry->second.value}, {"count", entry->second.count}});
    }
    return out;
}

}  // namespace miroir::merge
