// The paging law: every node is asked for offset + limit hits from the first, and the page is cut once, after the
// merge. Only a node that answers alone is asked for the page itself.
//
// Hybrid: the engine decides for itself whether words are good enough, and on shards these decisions would mix. So
// words and vectors are asked for apart, and the decision is taken here, over all shards.
#include "plan/search_plan.h"

#include <algorithm>
#include <cmath>

#include "json/write.h"
#include "plan/keys_first.h"
#include "plan/node_settings.h"
#include "plan/shard_clause.h"

namespace miroir::plan {
namespace {

using protocol::SearchQuery;

std::uint64_t saturating_add(std::uint64_t a, std::uint64_t b) { return a > UINT64_MAX - b ? UINT64_MAX : a + b; }

std::uint64_t saturating_multiply(std::uint64_t a, std::uint64_t b) {
    return a != 0 && b > UINT64_MAX / a ? UINT64_MAX : a * b;
}

// Without a share for vectors, or without anything to make one of, a hybrid search is one by words.
bool has_words(const SearchQuery& query) {
    return query.q && query.q->find_first_not_of(" \t\n\r\v\f") != std::string::npos;
}

bool compares_vectors(const SearchQuery& query) {
    return query.hybrid && query.hybrid->semantic_ratio != 0.0F && (has_words(query) || query.vector || query.media);
}

bool marks(const SearchQuery& query) {
    return (query.attributes_to_highlight && !query.attributes_to_highlight->empty()) ||
           (query.attributes_to_crop && !query.attributes_to_crop->empty()) || query.show_matches_position;
}

// A search by vector alone does not look at the text. Where it is marked in hits, or says what must not be found, words
// are given a share next to nothing.
bool words_matter(const SearchQuery& query) { return marks(query) || query.q->find('-') != std::string::npos; }

merge::ReplyFrame frame_of(const SearchQuery& query) {
    merge::ReplyFrame frame;
    frame.query = query.q.value_or("");
    frame.paged = query.is_exhaustive();
    frame.offset = query.offset;
    frame.limit = query.limit;
    frame.page = query.page.value_or(1);
    frame.hits_per_page = query.hits_per_page.value_or(20);
    frame.facets = query.facets && !query.facets->empty();
    frame.semantic = compares_vectors(query);
    frame.query_vector = query.retrieve_vectors && query.hybrid.has_value();
    frame.hits.score = query.show_ranking_score;
    frame.hits.details = query.show_ranking_score_details;
    frame.performance = query.show_performance_details;
    return frame;
}

// Which hits make the page: those before it and those of it, within what the index lets anybody reach.
void cut_page(merge::SearchRecipe& recipe, const merge::ReplyFrame& frame, std::uint64_t reachable) {
    std::uint64_t skip = frame.offset;
    std::uint64_t take = frame.limit;
    if (frame.paged) {
        skip = frame.page == 0 ? 0 : saturating_multiply(frame.page - 1, frame.hits_per_page);
        take = frame.page == 0 ? 0 : frame.hits_per_page;
    }
    recipe.skip = std::min(skip, reachable);
    recipe.take = std::min(take, reachable - recipe.skip);
}

// Is `inner` the attribute `outer`, or a part of it (a.b of a)?
bool within(const std::string& inner, const std::string& outer) {
    return inner == outer || (inner.size() > outer.size() && inner.starts_with(outer) && inner[outer.size()] == '.');
}

// Nodes display everything, so what a client may see is enforced by what is asked for.
std::set<std::string> visible(const std::optional<std::set<std::string>>& asked,
                              const std::vector<std::string>& displayed) {
    if (!asked || asked->contains("*")) return {displayed.begin(), displayed.end()};
    std::set<std::string> out;
    for (const std::string& shown : displayed) {
        for (const std::string& name : *asked) {
            if (within(name, shown)) out.insert(name);
            else if (within(shown, name)) out.insert(shown);
        }
    }
    return out;
}

void hide_undisplayed(SearchQuery& query, const protocol::Settings& settings) {
    if (!settings.displayed_attributes) return;
    const std::vector<std::string>& displayed = *settings.displayed_attributes;
    query.attributes_to_retrieve = visible(query.attributes_to_retrieve, displayed);
    if (query.attributes_to_highlight)
        query.attributes_to_highlight = visible(query.attributes_to_highlight, displayed);
    if (query.attributes_to_crop) {
        std::vector<std::string>& crop = *query.attributes_to_crop;
        const bool all =
            std::ranges::any_of(crop, [](const auto& name) { return name == "*" || name.starts_with("*:"); });
        if (all) crop = displayed;
        else
            std::erase_if(crop, [&](const std::string& name) {
                const std::string bare = name.substr(0, name.rfind(':'));
                return std::ranges::none_of(displayed, [&](const auto& shown) { return within(bare, shown); });
            });
    }
}

// Nodes know our fields, and would show a hit formatted for the sake of one.
void hide_ours(SearchQuery& query) {
    const auto ours = [](const std::string& name) { return name.starts_with(merge::kReservedPrefix); };
    if (query.attributes_to_highlight) std::erase_if(*query.attributes_to_highlight, ours);
    if (query.attributes_to_crop) std::erase_if(*query.attributes_to_crop, ours);
}

bool names(const std::set<std::string>& names, const std::string& field) {
    return std::ranges::any_of(names, [&](const std::string& name) { return name == "*" || within(field, name); });
}

// The merge needs the value of the distinct field in each hit, also when the client did not ask for it.
void fetch_distinct(SearchQuery& query, const std::string& field, merge::HitShape& shape) {
    if (!query.attributes_to_retrieve || names(*query.attributes_to_retrieve, field)) return;
    const std::string top = field.substr(0, field.find('.'));
    const bool beside =
        std::ranges::any_of(*query.attributes_to_retrieve, [&](const std::string& name) { return within(name, top); });
    query.attributes_to_retrieve->insert(field);
    shape.drop_field = beside ? field : top;
    const bool highlit = query.attributes_to_highlight && names(*query.attributes_to_highlight, field);
    const bool cropped =
        query.attributes_to_crop && std::ranges::any_of(*query.attributes_to_crop, [&](const auto& name) {
            const std::string bare = name.substr(0, name.rfind(':'));
            return bare == "*" || within(field, bare);
        });
    if (!highlit && !cropped) shape.drop_formatted = field;
}

std::string body_of(const SearchQuery& query) { return json::to_text(json::Value(protocol::to_json(query))); }

std::string body_within(SearchQuery query, const std::vector<ShardId>& shards) {
    query.filter = with_shard_clause(query.filter, shards);
    return body_of(query);
}

merge::FacetRecipe facet_recipe_of(const protocol::Settings& settings) {
    merge::FacetRecipe recipe;
    recipe.values_max = settings.max_values_per_facet;
    for (const auto& [field, order] : settings.sort_facet_values_by) {
        const bool by_count = order == protocol::FacetOrder::Count;
        if (field == "*") recipe.by_count_default = by_count;
        else recipe.by_count.emplace(field, by_count);
    }
    return recipe;
}

// What every node is asked when several answer: the hits from the first, with what the merge compares.
void ask_from_the_first(SearchQuery& query, const merge::SearchRecipe& recipe) {
    const std::uint64_t wanted = saturating_add(recipe.skip, recipe.take);
    query.show_ranking_score = true;
    query.show_ranking_score_details = true;
    query.offset = 0;
    query.limit = wanted;
    if (query.is_exhaustive()) {
        query.page = wanted == 0 ? 0 : 1;
        query.hits_per_page = wanted;
    }
}

// So many hits a node is asked for at most to see pins that hold others back.
constexpr std::uint64_t kPinReach = 1'000;

void ask_for_pins(SearchPlan& plan, SearchQuery& asked, const std::shared_ptr<const merge::PinOrder>& pins) {
    if (!pins || !plan.index->primary_key || !plan.recipe.distinct_field.empty()) return;
    plan.recipe.pins = pins;
    plan.recipe.key_field = *plan.index->primary_key;
    fetch_distinct(asked, plan.recipe.key_field, plan.frame.hits);
    const std::uint64_t reach = merge::reach_of(*pins);
    plan.pins_out_of_reach = reach > std::max(kPinReach, asked.limit);
    if (plan.recipe.take == 0 || plan.recipe.threshold) return;
    asked.limit = std::max(asked.limit, std::min(reach, kPinReach));
    if (asked.is_exhaustive()) asked.hits_per_page = asked.limit;
}

// The engine throws duplicates out tie by tie: hits that tie with the last one of the page count for the total.
constexpr std::uint64_t kTiesLookedAt = 50;

SearchQuery census_of(const SearchQuery& asked, const std::string& distinct) {
    SearchQuery census = asked;
    census.distinct.reset();
    census.limit = 0;
    census.page.reset();
    census.hits_per_page.reset();
    census.show_ranking_score = census.show_ranking_score_details = census.show_matches_position = false;
    census.attributes_to_highlight.reset();
    census.attributes_to_crop.reset();
    census.attributes_to_retrieve = std::set<std::string>();
    census.facets = std::vector<std::string>{distinct};
    return census;
}

}  // namespace

Result<SearchPlan> plan_search(const IndexPtr& index, const SearchQuery& query, const cluster::TopologyPtr& topology,
                               const cluster::Cover& cover, PlanOptions options) {
    SearchPlan plan{.topology = topology,
                    .index = index,
                    .calls = {},
                    .vector_calls = {},
                    .recipe = {},
                    .facet_recipe = facet_recipe_of(index->settings),
                    .frame = frame_of(query)};
    SearchQuery asked = query;
    asked.use_network.reset();
    hide_undisplayed(asked, index->settings);
    hide_ours(asked);
    cut_page(plan.recipe, plan.frame, options.all_reachable ? kNodeHits : index->settings.max_total_hits);

    plan.frame.hits.displayed = index->settings.displayed_attributes;

    std::optional<std::string> distinct = query.distinct;
    if (!distinct && options.settings_distinct) distinct = index->settings.distinct_attribute;
    if (distinct) asked.distinct = distinct;
    const std::uint64_t page_end = saturating_multiply(plan.frame.page, plan.frame.hits_per_page);
    const std::uint64_t reachable = index->settings.max_total_hits;
    const bool out_of_reach =
        plan.frame.paged && (query.ranking_score_threshold ? page_end >= reachable : page_end > reachable);
    // Distinct goes by ties, which the stamp breaks on nodes.
    const bool alone = cover.parts.size() == 1 && !options.apart && !out_of_reach && !distinct;
    if (alone) {
        asked.limit = plan.recipe.take;
        asked.offset = plan.recipe.skip;
        if (query.is_exhaustive()) asked.offset = query.offset, asked.limit = query.limit;
        plan.recipe.skip = 0;
    } else {
        ask_from_the_first(asked, plan.recipe);
        if (distinct) plan.recipe.distinct_field = *distinct;
        plan.recipe.shown_once = query.distinct && !options.apart;  // a federation compares what all its queries show
        if (distinct) fetch_distinct(asked, *distinct, plan.frame.hits);
        plan.recipe.threshold = query.ranking_score_threshold;
        plan.recipe.estimates = !query.is_exhaustive();
        // Estimates count what was not looked at: nodes must not look further than one node would have.
        if (plan.recipe.estimates) asked.ranking_score_threshold.reset();
        plan.census = distinct && !query.hybrid;
        if (plan.census) plan.asked_census = census_of(asked, *distinct);
        if (plan.census && plan.recipe.estimates && asked.limit > 0)
            asked.limit = saturating_add(asked.limit, kTiesLookedAt);
        ask_for_pins(plan, asked, options.pins);
    }
    const bool mixed = !alone && query.hybrid && has_words(query) && query.hybrid->semantic_ratio > 0 &&
                       query.hybrid->semantic_ratio < 1;
    if (mixed) {
        SearchQuery& vectors = plan.asked_vectors.emplace(asked);
        plan.recipe.semantic_ratio = query.hybrid->semantic_ratio;
        asked.hybrid.reset();
        asked.vector.reset();
        asked.media.reset();
        vectors.hybrid->semantic_ratio = words_matter(query) ? std::nextafter(1.0F, 0.0F) : 1.0F;
    }
    plan.settles = !alone && (distinct || query.ranking_score_threshold || options.candidates);
    plan.wants_candidates = options.candidates;
    plan.apart = plan.recipe.pins_apart = options.apart;
    plan.alone = alone;
    plan.whole = alone && cover.parts.front().whole;
    plan.asked = std::move(asked);
    ask_for_keys(plan, options.keys_first_from);
    plan.calls = calls_for(plan, cover, Leg::Words);
    if (mixed) plan.vector_calls = calls_for(plan, cover, Leg::Vectors);
    return plan;
}

const SearchQuery& asked_in(const SearchPlan& plan, Leg leg) {
    const std::optional<SearchQuery>& apart = leg == Leg::Vectors ? plan.asked_vectors : plan.asked_census;
    return leg != Leg::Words && apart ? *apart : plan.asked;
}

std::vector<NodeCall> calls_for(const SearchPlan& plan, const cluster::Cover& cover, Leg leg) {
    const SearchQuery& asked = asked_in(plan, leg);
    std::string of_all;  // what nodes are asked that hold nothing else is the same for all of them
    std::vector<NodeCall> calls;
    calls.reserve(cover.parts.size());
    for (const cluster::CoverPart& part : cover.parts) {
        if (part.whole && of_all.empty()) of_all = body_of(asked);
        NodeCall& call = calls.emplace_back(NodeCall{.node = part.node, .shards = part.shards});
        call.target = "/indexes/" + plan.index->uid.value + "/search";
        call.body = part.whole ? of_all : body_within(asked, part.shards);
    }
    return calls;
}

json::Value explained(const SearchPlan& plan) {
    const auto calls_of = [&](const std::vector<NodeCall>& calls) {
        json::Array out;
        for (const NodeCall& call : calls) {
            json::Array shards;
            for (const ShardId shard : call.shards) shards.emplace_back(shard.value);
            json::Object line;
            line.append("node", plan.topology->node(call.node).id.value);
            line.append("shards", std::move(shards));
            line.append("target", call.method + " " + call.target);
            line.append("body", call.body);
            out.emplace_back(std::move(line));
        }
        return out;
    };
    json::Object merge;
    merge.append("skip", plan.recipe.skip);
    merge.append("take", plan.recipe.take);
    if (!plan.recipe.distinct_field.empty()) merge.append("distinct", plan.recipe.distinct_field);
    if (plan.census) merge.append("census", true);
    if (plan.keys_first) merge.append("keysFirst", true);
    if (plan.recipe.semantic_ratio) merge.append("semanticRatio", *plan.recipe.semantic_ratio);
    json::Object out;
    out.append("index", plan.index->uid.value);
    out.append("topologyVersion", plan.topology->version());
    out.append("settingsVersion", plan.index->settings_version);
    out.append("calls", calls_of(plan.calls));
    if (!plan.vector_calls.empty()) out.append("vectorCalls", calls_of(plan.vector_calls));
    out.append("merge", std::move(merge));
    return out;
}

}  // namespace miroir::plan
