#include "plan/replay_plan.h"

#include "cluster/reserved.h"
#include "protocol/filter/filter.h"

namespace miroir::plan {
namespace {

json::Value equals(const std::string& field, const std::string& value) {
    protocol::Filter filter;
    filter.field.text = field;
    filter.values.emplace_back().text = value;
    return protocol::to_expression(filter);
}

// NOT of nothing: the field is there at all.
json::Value condition(const std::string& field, protocol::FilterOp op, bool negated) {
    protocol::Filter filter;
    filter.field.text = field;
    filter.op = op;
    if (!negated) return protocol::to_expression(filter);
    protocol::Filter out;
    out.type = protocol::Filter::Type::Not;
    out.children.push_back(std::move(filter));
    return protocol::to_expression(out);
}

void ask_everything(protocol::SearchQuery& asked, const std::string& distinct_field) {
    asked.distinct.reset();
    asked.facets.reset();
    asked.ranking_score_threshold.reset();
    asked.page.reset();
    asked.hits_per_page.reset();
    asked.offset = 0;
    asked.limit = kReplayMost;
    asked.attributes_to_retrieve = std::set<std::string>();
    if (!distinct_field.empty()) asked.attributes_to_retrieve->insert(distinct_field);
    asked.attributes_to_highlight.reset();
    asked.attributes_to_crop.reset();
    asked.show_matches_position = false;
    asked.retrieve_vectors = false;
}

}  // namespace

json::Value stamps_clause(std::span<const std::string_view> stamps) {
    std::string clause = std::string(cluster::kStampField) + " IN [";
    for (const std::string_view stamp : stamps) {
        if (clause.back() != '[') clause += ", ";
        clause.append("\"").append(stamp).append("\"");
    }
    return clause + "]";
}

SearchPlan everything_plan(const SearchPlan& plan) {
    SearchPlan out = plan;
    ask_everything(out.asked, plan.recipe.distinct_field);
    if (!out.asked_vectors) return out;
    ask_everything(*out.asked_vectors, plan.recipe.distinct_field);
    const bool excludes = out.asked_vectors->q && out.asked_vectors->q->find('-') != std::string::npos;
    if (!excludes && plan.recipe.semantic_ratio) out.asked_vectors->hybrid->semantic_ratio = 1;  // nothing is marked
    return out;
}

SearchPlan shown_plan(const SearchPlan& plan, std::span<const std::string_view> stamps) {
    SearchPlan out = plan;
    for (protocol::SearchQuery* asked : {&out.asked, out.asked_vectors ? &*out.asked_vectors : nullptr}) {
        if (asked == nullptr) continue;
        asked->distinct.reset();
        asked->facets.reset();
        asked->ranking_score_threshold.reset();
        asked->page.reset();
        asked->hits_per_page.reset();
        asked->limit = stamps.size();
        asked->filter = protocol::and_filters(asked->filter, stamps_clause(stamps));
    }
    return out;
}

SearchPlan valued_plan(const SearchPlan& plan) {
    using protocol::FilterOp;
    SearchPlan out = plan;
    out.asked = plan.asked_census.value_or(protocol::SearchQuery());
    out.asked.facets.reset();
    for (const FilterOp op : {FilterOp::Exists, FilterOp::Null, FilterOp::Empty})
        out.asked.filter =
            protocol::and_filters(out.asked.filter, condition(plan.recipe.distinct_field, op, op != FilterOp::Exists));
    return out;
}

SearchPlan counted_plan(const SearchPlan& plan, std::span<const std::string_view> stamps) {
    SearchPlan out = plan;
    out.asked = protocol::SearchQuery();
    out.asked.facets = plan.asked.facets;
    out.asked.limit = 0;
    out.asked.filter = stamps_clause(stamps);
    return out;
}

json::Value without_stamp(const std::string& stamp) {
    return "NOT " + std::string(cluster::kStampField) + " = \"" + stamp + "\"";
}

SearchPlan spelling_plan(const SearchPlan& plan, const std::string& field, const std::string& value) {
    SearchPlan out = plan;
    out.asked.facets = std::vector<std::string>{field, std::string(cluster::kStampField)};
    out.asked.page.reset();
    out.asked.hits_per_page.reset();
    out.asked.offset = 0;
    out.asked.limit = 1;  // with none a hybrid search would not look at vectors
    // What a node has not looked at counts, below the threshold or not: it is to look at all.
    if (out.asked.ranking_score_threshold) out.asked.limit = plan.index->settings.max_total_hits;
    out.asked.attributes_to_retrieve = std::set<std::string>();
    out.asked.show_ranking_score = out.asked.show_ranking_score_details = false;
    out.asked.filter = protocol::and_filters(out.asked.filter, equals(field, value));
    return out;
}

}  // namespace miroir::plan
