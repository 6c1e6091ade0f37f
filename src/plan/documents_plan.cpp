#include "plan/documents_plan.h"

#include <algorithm>
#include <cmath>

#include "cluster/reserved.h"
#include "json/write.h"
#include "plan/shard_clause.h"
#include "protocol/filter/filter.h"

namespace miroir::plan {
namespace {

// An engine makes room for all that it is asked for before it looks how much there is.
constexpr std::uint64_t kMostAtOnce = 1 << 26;

json::Array texts(const std::vector<std::string>& names) { return {names.begin(), names.end()}; }

std::optional<json::Value> filter_of(const cluster::CoverPart& part, const protocol::DocumentsQuery& query,
                                     const DocumentStretch& stretch) {
    std::optional<json::Value> filter = query.filter;
    if (!part.whole) filter = with_shard_clause(filter, part.shards);
    if (stretch.from) filter = protocol::and_filters(filter, stamp_clause(">=", *stretch.from));
    if (stretch.after) filter = protocol::and_filters(filter, stamp_clause(">", *stretch.after));
    if (stretch.through) filter = protocol::and_filters(filter, stamp_clause("<=", *stretch.through));
    return filter;
}

}  // namespace

NodeCall documents_call(const IndexEntry& index, const cluster::CoverPart& part, const protocol::DocumentsQuery& query,
                        const DocumentStretch& stretch) {
    NodeCall call{.node = part.node, .shards = part.shards, .method = "POST", .target = {}};
    call.target = "/indexes/" + index.uid.value + "/documents/fetch";
    call.headers.emplace_back("Meili-Proxy-Search", "true");  // shows the values that are sorted by
    json::Object body;
    body.append("offset", std::min(stretch.offset, kMostAtOnce));
    body.append("limit", std::min(stretch.limit, kMostAtOnce));
    if (stretch.keys_only) body.append("fields", json::Array{json::Value(cluster::kStampField)});
    else if (query.fields) body.append("fields", texts(*query.fields));
    if (query.retrieve_vectors && !stretch.keys_only) body.append("retrieveVectors", true);
    if (query.ids) body.append("ids", texts(*query.ids));
    if (auto filter = filter_of(part, query, stretch)) body.append("filter", *std::move(filter));
    if (!stretch.own_order) {
        json::Array sort = query.sort ? texts(*query.sort) : json::Array();
        sort.emplace_back(std::string(cluster::kStampField) + ":asc");
        body.append("sort", std::move(sort));
    }
    call.body = json::to_text(json::Value(std::move(body)));
    return call;
}

bool by_insertion(const protocol::DocumentsQuery& query) { return !query.sort || query.sort->empty(); }

bool is_far(const protocol::DocumentsQuery& query) { return query.offset >= kFarOffset && by_insertion(query); }

namespace {

// Documents fall on nodes by a hash.
struct Share {
    double mean = 0, deviation = 0;
};

Share share_of(std::uint64_t documents, std::size_t shards, std::size_t all) {
    const double part = static_cast<double>(shards) / static_cast<double>(all);
    const double mean = static_cast<double>(documents) * part;
    return {.mean = mean, .deviation = std::sqrt(mean * (1 - part))};
}

}  // namespace

std::uint64_t likely_share(std::uint64_t wanted, std::size_t shards, std::size_t all) {
    if (shards >= all) return wanted;
    const Share share = share_of(wanted, shards, all);
    const double likely = share.mean + 3 * share.deviation + 1;
    return likely >= static_cast<double>(wanted) ? wanted : static_cast<std::uint64_t>(likely);
}

SureShare sure_share(std::uint64_t distance, std::size_t shards, std::size_t all) {
    if (shards >= all) return {.documents = distance};
    const Share share = share_of(distance, shards, all);
    const double sure = share.mean - 3 * share.deviation - 1;
    if (sure <= 0) return {};
    const double part = static_cast<double>(shards) / static_cast<double>(all);
    return {.documents = static_cast<std::uint64_t>(sure),
            .spread = static_cast<std::uint64_t>(2.5 * std::sqrt(sure * (1 - part)))};
}

}  // namespace miroir::plan
