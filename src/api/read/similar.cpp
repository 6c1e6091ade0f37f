// Documents like another: its vector is read from the node that holds it, then all nodes search by that vector.
#include "api/read/foreign_keys.h"
#include "api/read/search_flights.h"
#include "api/read/search_run.h"
#include "cluster/reserved.h"
#include "json/parse.h"
#include "json/write.h"
#include "merge/hit_bytes.h"
#include "plan/read_checks.h"
#include "plan/replay_plan.h"
#include "protocol/query/documents_query.h"

namespace miroir::api {
namespace {

using Reply = env::Task<Result<http::Reply>>;
using protocol::SimilarQuery;

struct Model {
    std::optional<std::vector<float>> vector;
    std::string stamp;
};

// `_vectors.<embedder>.embeddings`: a list of vectors, or one; the first counts.
Model model_of(const json::Value& document, const std::string& embedder) {
    Model out;
    if (const json::Value* stamp = document.find(cluster::kStampField); stamp != nullptr && stamp->is_string())
        out.stamp = stamp->string();
    const json::Value* vectors = document.find("_vectors");
    const json::Value* own = vectors != nullptr ? vectors->find(embedder) : nullptr;
    const json::Value* embeddings = own != nullptr && own->is_object() ? own->find("embeddings") : own;
    if (embeddings != nullptr && embeddings->is_array() && !embeddings->array().empty() &&
        embeddings->array().front().is_array())
        embeddings = &embeddings->array().front();
    if (embeddings == nullptr || !embeddings->is_array() || embeddings->array().empty()) return out;
    out.vector.emplace();
    for (const json::Value& number : embeddings->array()) {
        if (number.is_number()) out.vector->push_back(static_cast<float>(number.number()));
    }
    return out;
}

// Documents like another are told by their vectors alone, a search goes by what the ranking rules put before them.
bool sorts_before_vectors(const protocol::Settings& settings) {
    using Kind = protocol::RankingRule::Kind;
    const auto first = std::ranges::find_if(  // nothing is asked to be sorted
        settings.ranking_rules, [](const protocol::RankingRule& rule) { return rule.kind != Kind::Sort; });
    return first == settings.ranking_rules.end() || first->kind == Kind::Asc || first->kind == Kind::Desc;
}

bool compares_vectors(const protocol::Settings& settings) {
    using Kind = protocol::RankingRule::Kind;
    return std::ranges::any_of(settings.ranking_rules, [](const protocol::RankingRule& rule) {
        return rule.kind != Kind::Asc && rule.kind != Kind::Desc && rule.kind != Kind::Sort;
    });
}

protocol::SearchQuery search_of(const SimilarQuery& query, const Model& model, const plan::IndexEntry& index) {
    protocol::SearchQuery search;
    search.filter = protocol::and_filters(query.filter, plan::without_stamp(model.stamp));
    search.attributes_to_retrieve = query.attributes_to_retrieve;
    search.retrieve_vectors = query.retrieve_vectors;
    search.show_ranking_score = query.show_ranking_score;
    search.show_ranking_score_details = query.show_ranking_score_details;
    search.hybrid = protocol::HybridQuery{.semantic_ratio = 1, .embedder = query.embedder};
    search.vector = model.vector;
    const std::uint64_t end = query.offset > plan::kReplayMost ? plan::kReplayMost : query.offset + query.limit;
    search.limit = std::min(end, plan::kReplayMost);
    if (sorts_before_vectors(index.settings)) search.limit = plan::kReplayMost;  // the order is made here
    return search;
}

std::optional<double> similarity(const merge::PickedHit& picked) {
    const auto weight = std::ranges::find(picked.hit->key, merge::RankEntry::Shape::Weight, &merge::RankEntry::shape);
    const bool compared = picked.hit->semantic && weight != picked.hit->key.end() && weight->present;
    return compared ? std::optional(weight->number) : std::nullopt;
}

// The nearest first, then the earliest inserted.
std::vector<merge::PickedHit> by_similarity(std::vector<merge::PickedHit> hits) {
    std::ranges::sort(hits, [](const merge::PickedHit& a, const merge::PickedHit& b) {
        const auto left = similarity(a), right = similarity(b);
        return left != right ? left > right : merge::stamp_of(a.hit->key) < merge::stamp_of(b.hit->key);
    });
    return hits;
}

// The page of the hits that are like the document.
std::vector<merge::PickedHit> page_of(const SearchOutcome& found, const SimilarQuery& query, std::uint64_t& total) {
    std::vector<merge::PickedHit> page;
    std::uint64_t place = 0;
    for (const merge::PickedHit& picked : by_similarity(found.merged.page)) {
        const bool compared = similarity(picked).has_value();
        const bool near = !query.ranking_score_threshold || picked.hit->score >= *query.ranking_score_threshold;
        if (compared && !near) {  // the engine stops here, and forgets what lies behind
            total = place;
            break;
        }
        if (!compared || page.size() >= query.limit) break;
        if (place++ >= query.offset) page.push_back(picked);
    }
    return page;
}

Reply answer(Visit visit, SimilarQuery query) {
    MIROIR_CO_TRY(const plan::IndexPtr index, visit.desk.open(visit.index_text()));
    if (!index->settings.embedders.contains(query.embedder)) {
        co_return fail(ErrorCode::InvalidSimilarEmbedder, "Cannot find embedder with name `" + query.embedder + "`.");
    }
    json::Value forced = visit.grant.forced_filter(index->uid.value);
    if (!forced.is_null())
        query.filter = protocol::join_filters(query.filter.value_or(json::Value()), std::move(forced));
    MIROIR_CO_CHECK(plan::check_filter_text(query.filter, visit.desk.filter_gates(), ErrorCode::InvalidSimilarFilter));
    MIROIR_CO_TRY(const std::string id,
                  protocol::document_id_of(query.id, "Invalid value at `.id`: ", ErrorCode::InvalidSimilarId));
    DocumentPlace place{.desk = visit.desk,
                        .index = index,
                        .id = id,
                        .raw_query = "retrieveVectors=true",
                        .call = visit.in.call,
                        .seed = visit.pin.value_or(0)};
    MIROIR_CO_TRY(http::Reply document, co_await fetch_document(std::move(place)));
    if (document.status == 404) co_return fail(ErrorCode::NotFoundSimilarId, "Document `" + id + "` not found.");
    if (document.status != 200) co_return scrubbed(std::move(document));
    MIROIR_CO_CHECK(plan::check_filter_fields(*index, query.filter, ErrorCode::InvalidSimilarFilter, false));
    MIROIR_CO_CHECK(co_await resolve_foreign(visit.desk, index, query.filter, visit.in.call));
    const Model model = model_of(json::parse(document.body).value_or(json::Value()), query.embedder);
    SearchWish wish{.index = index,
                    .query = search_of(query, model, *index),
                    .call = visit.in.call,
                    .options = {.apart = true, .settings_distinct = false, .all_reachable = true},
                    .pin = visit.pin};
    if (!model.vector) wish.query.hybrid.reset(), wish.query.limit = 0;
    const SharedOutcome shared = co_await share_search(visit.desk, std::move(wish));
    if (!*shared) co_return fail(shared->error());
    const SearchOutcome& found = **shared;
    if (found.refusal) co_return refusal_of(found);
    std::uint64_t total = found.merged.total;
    std::string body = "{\"hits\":[";
    for (const merge::PickedHit& picked : page_of(found, query, total)) {
        if (body.back() != '[') body += ',';
        merge::append_hit(body, picked.hit->bytes, found.plan.frame.hits);
    }
    json::Object rest;
    rest.append("id", id);
    rest.append("processingTimeMs", elapsed_ms(visit));
    rest.append("limit", query.limit);
    rest.append("offset", query.offset);
    rest.append("estimatedTotalHits", std::min(total, index->settings.max_total_hits));
    if (query.show_performance_details) rest.append("performanceDetails", json::Object());
    body += "]," + json::to_text(json::Value(std::move(rest))).substr(1);
    http::Reply reply = server::json_text_reply(200, std::move(body));
    Doubts doubts;
    if (model.vector && !compares_vectors(index->settings)) doubts.add("no ranking rule compares vectors");
    if (found.merged.total > plan::kReplayMost && sorts_before_vectors(index->settings))
        doubts.add("documents are ranked by other rules before their vectors");
    add_search_headers(reply, found, std::move(doubts));
    co_return reply;
}

}  // namespace

env::Task<Result<http::Reply>> post_similar(Visit visit) {
    MIROIR_CO_TRY(SimilarQuery query, protocol::parse_similar_query(visit.body));
    co_return co_await answer(std::move(visit), std::move(query));
}

env::Task<Result<http::Reply>> get_similar(Visit visit) {
    MIROIR_CO_TRY(SimilarQuery query, protocol::parse_similar_parameters(visit.in.raw_query));
    co_return co_await answer(std::move(visit), std::move(query));
}

}  // namespace miroir::api
