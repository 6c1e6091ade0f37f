#include <algorithm>
#include <limits>

#include "node/retrieve/federated/run_query.h"
#include "node/retrieve/filter/evaluate.h"
#include "node/retrieve/format/hit_maker.h"
#include "node/retrieve/refusals.h"
#include "node/retrieve/search.h"
#include "node/retrieve/vectors/nearest.h"
#include "protocol/query/documents_query.h"
#include "protocol/score_details.h"
#include "protocol/settings/settings.h"

namespace miroir::node {
namespace {

struct Found {
    std::vector<std::pair<DocId, float>> hits;
    std::uint64_t total = 0;
};

protocol::ScoreDetails scores_of(float similarity) { return {protocol::VectorScore{.similarity = similarity}}; }

// Below the threshold everything that was not looked at is out, too.
Found find_similar(const Index& index, const protocol::SimilarQuery& query, DocId id, DocIds candidates) {
    candidates.remove(id);
    const std::uint64_t room = std::numeric_limits<std::size_t>::max() - query.offset - 1;
    const auto wanted = static_cast<std::size_t>(query.offset + std::min(query.limit, room) + 1);
    const auto near = nearest_to_document(index, query.embedder, id, candidates, wanted);
    Found found;
    DocIds seen;
    bool cut = false;
    for (std::size_t i = 0; i < near.size() && !cut; ++i) {
        seen.add(near[i].first);
        if (i < query.offset) continue;
        if (found.hits.size() >= query.limit) break;
        cut = query.ranking_score_threshold &&
              protocol::global_score(scores_of(near[i].second)) < *query.ranking_score_threshold;
        if (cut) candidates.remove(near[i].first);
        else found.hits.push_back(near[i]);
    }
    if (cut) candidates &= seen;
    found.total = std::min<std::uint64_t>(candidates.cardinality(), index.settings().max_total_hits);
    return found;
}

}  // namespace

Result<json::Value> similar(std::string_view uid, const protocol::SimilarQuery& query, const ReadContext& context) {
    const Index* index = context.find_index(uid);
    if (index == nullptr) return fail(index_not_found(uid));
    if (!index->settings().embedders.contains(query.embedder)) {
        return fail(ErrorCode::InvalidSimilarEmbedder, "Cannot find embedder with name `" + query.embedder + "`.");
    }
    MIROIR_TRY(const auto filter,
               read_filter(query.filter, ErrorCode::InvalidSimilarFilter, context, {.index = index, .uid = uid}));
    MIROIR_TRY(const std::string id,
               protocol::document_id_of(query.id, "Invalid value at `.id`: ", ErrorCode::InvalidSimilarId));
    const auto document = index->find(id);
    if (!document) return fail(ErrorCode::NotFoundSimilarId, "Document `" + id + "` not found.");
    MIROIR_TRY(DocIds candidates, evaluate_filter(*index, filter, ErrorCode::InvalidSimilarFilter));
    const Found found = find_similar(*index, query, *document, std::move(candidates));
    const HitMaker maker(*index, HitFormat::of(query), MatchingWords());
    json::Array hits;
    for (const auto& [near, similarity] : found.hits) {
        hits.emplace_back(maker.make(near, scores_of(similarity)).to_json());
    }
    json::Object body{{"hits", std::move(hits)},
                      {"id", id},
                      {"processingTimeMs", context.elapsed_ms()},
                      {"limit", query.limit},
                      {"offset", query.offset},
                      {"estimatedTotalHits", found.total}};
    if (query.show_performance_details) body.append("performanceDetails", json::Object());
    return json::Value(std::move(body));
}

}  // namespace miroir::node
