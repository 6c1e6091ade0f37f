#include <algorithm>
#include <limits>

#include "node/retrieve/distinct.h"
#include "node/retrieve/documents/order.h"
#include "node/retrieve/federated/run_query.h"
#include "node/retrieve/filter/evaluate.h"
#include "node/retrieve/format/hit_maker.h"
#include "node/retrieve/format/json_paths.h"
#include "node/retrieve/refusals.h"
#include "node/retrieve/search.h"
#include "node/retrieve/sort_criteria.h"
#include "node/search/geo/distance.h"
#include "protocol/query/documents_query.h"
#include "protocol/text_normal.h"

namespace miroir::node {
namespace {

using Names = std::optional<std::vector<std::string>>;

// displayedAttributes do not count here.
json::Object rendered(const Index& index, DocId id, const Names& fields, bool with_vectors) {
    const json::Value stored = index.document(id);
    json::Object document = fields ? pick_paths(stored.object(), *fields) : stored.object();
    document.erase("_vectors");
    if (!with_vectors) return document;
    json::Object vectors;
    if (const json::Value* kept = stored.find("_vectors"); kept != nullptr && kept->is_object())
        vectors = kept->object();
    for (json::Member& member : vectors_member(index, id)) vectors.set(member.first, std::move(member.second));
    document.append("_vectors", std::move(vectors));
    return document;
}

// Names that the index never saw are nothing.
Names known_fields(const Index& index, const Names& fields) {
    if (!fields) return std::nullopt;
    std::vector<std::string> known = *fields;
    std::erase_if(known, [&](const std::string& name) { return !index.fields().find(name); });
    return outermost(std::move(known));
}

Result<DocIds> chosen_documents(const Index& index, std::string_view uid, const protocol::DocumentsQuery& query,
                                const ReadContext& context) {
    DocIds chosen = index.document_ids();
    if (query.ids) {
        chosen = DocIds();
        for (const std::string& id : *query.ids) {
            if (const auto found = index.find(id)) chosen.add(*found);
        }
    }
    MIROIR_TRY(const auto filter,
               read_filter(query.filter, ErrorCode::InvalidDocumentFilter, context, {.index = &index, .uid = uid}));
    if (!filter) return chosen;
    MIROIR_TRY(const DocIds passed, evaluate_filter(index, *filter, ErrorCode::InvalidDocumentFilter));
    return chosen & passed;
}

std::size_t end_of(const protocol::DocumentsQuery& query) {
    const std::uint64_t room = std::numeric_limits<std::size_t>::max() - query.offset;
    return static_cast<std::size_t>(query.offset + std::min(query.limit, room));
}

std::vector<DocId> page_of(const Index& index, const DocIds& chosen, const protocol::DocumentsQuery& query,
                           const std::vector<SortCriterion>& sort) {
    std::vector<DocId> ids = documents_in_order(index, chosen, sort, end_of(query));
    ids.erase(ids.begin(),
              ids.begin() + static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(query.offset, ids.size())));
    return ids;
}

// The value a document has for a criterion: what a merger of several nodes compares.
protocol::WeightedScore sort_value(const json::Object& document, const SortCriterion& criterion) {
    protocol::WeightedScore score{.kind = protocol::WeightedScore::Kind::Sort, .ascending = criterion.ascending};
    if (criterion.point) {
        score.kind = protocol::WeightedScore::Kind::Geo;
        const json::Value* geo = document.find("_geo");
        const json::Value* lat = geo != nullptr ? geo->find("lat") : nullptr;
        const json::Value* lng = geo != nullptr ? geo->find("lng") : nullptr;
        if (lat == nullptr || lng == nullptr || !lat->is_number() || !lng->is_number()) return score;
        score.distance = metres_between(*criterion.point, {.lat = lat->number(), .lng = lng->number()});
        return score;
    }
    const auto offer = [&](const json::Value& value) {
        json::Value normal;
        if (value.is_number()) normal = value;
        else if (value.is_string()) normal = protocol::normalize_facet(value.string());
        else if (value.is_bool()) normal = value.boolean() ? "true" : "false";
        else return;
        if (protocol::compare_sort_values(criterion.ascending, score.value, normal) < 0)
            score.value = std::move(normal);
    };
    visit_path(document, criterion.field, [&](const json::Value& value) {
        if (!value.is_array()) return offer(value);
        for (const json::Value& element : value.array()) offer(element);
    });
    return score;
}

}  // namespace

Result<json::Value> list_documents(std::string_view uid, const protocol::DocumentsQuery& query,
                                   const ReadContext& context) {
    std::vector<SortCriterion> sort;
    if (query.sort) {
        MIROIR_TRY(sort, parse_sort(*query.sort, ErrorCode::InvalidDocumentSort));
    }
    const Index* index = context.find_index(uid);
    if (index == nullptr) return fail(index_not_found(uid));
    MIROIR_TRY(const DocIds chosen, chosen_documents(*index, uid, query, context));
    MIROIR_CHECK(check_sort_in_documents(*index, sort));
    const Names fields = known_fields(*index, query.fields);
    json::Array results;
    for (const DocId id : page_of(*index, chosen, query, sort)) {
        json::Object document = rendered(*index, id, fields, query.retrieve_vectors);
        if (context.proxy) {
            std::vector<protocol::WeightedScore> scores;
            const json::Value whole = index->document(id);
            for (const SortCriterion& criterion : sort) scores.push_back(sort_value(whole.object(), criterion));
            document.set("_federation", json::Object{{"weightedScoreValues", protocol::to_json(scores)}});
        }
        results.emplace_back(std::move(document));
    }
    return json::Value(json::Object{{"results", std::move(results)},
                                    {"offset", query.offset},
                                    {"limit", query.limit},
                                    {"total", chosen.cardinality()}});
}

Result<json::Value> get_document(std::string_view uid, std::string_view id, const protocol::DocumentQuery& query,
                                 const ReadContext& context) {
    const Index* index = context.find_index(uid);
    if (index == nullptr) return fail(index_not_found(uid));
    const auto found = index->find(id);
    if (!found) return fail(ErrorCode::DocumentNotFound, "Document `" + std::string(id) + "` not found.");
    return json::Value(rendered(*index, *found, known_fields(*index, query.fields), query.retrieve_vectors));
}

Result<DocIds> documents_matching(const Index& index, const json::Value& filter, const ReadContext& context) {
    MIROIR_TRY(const auto parsed, read_filter(filter, ErrorCode::InvalidDocumentFilter, context, {}));
    return evaluate_filter(index, parsed, ErrorCode::InvalidDocumentFilter);
}

}  // namespace miroir::node
