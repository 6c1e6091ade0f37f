#include "api/chat/lookup.h"

#include <algorithm>
#include <charconv>

#include "api/read/foreign_keys.h"
#include "api/read/search_run.h"
#include "json/parse.h"
#include "json/write.h"
#include "plan/node_settings.h"
#include "plan/read_checks.h"
#include "protocol/liquid/template.h"
#include "protocol/settings/embedder.h"

namespace miroir::api {
namespace {

using protocol::SearchQuery;
using protocol::chat::Findings;
using protocol::chat::Shelf;

constexpr std::size_t kValuesShown = 10;
constexpr std::chrono::seconds kSearchLimit{30};

// The index as a model sees it: nothing hidden, and no list of values cut.
plan::IndexPtr opened(const plan::IndexEntry& index) {
    auto out = std::make_shared<plan::IndexEntry>(index);
    out->settings.displayed_attributes.reset();
    out->settings.max_values_per_facet = plan::kNodeFacetValues;
    return out;
}

// The values of most documents; numbers before texts, and of those that tie the larger ones, as the engine lists them.
std::vector<std::string> most_frequent(const merge::MergedFacet& facet) {
    struct Ranked {
        const merge::MergedFacet::Count* count;
        std::optional<double> number;
    };
    std::vector<Ranked> all;
    for (const merge::MergedFacet::Count& count : facet.values) {
        double number = 0;
        const char* const end = count.value.data() + count.value.size();
        const auto read = std::from_chars(count.value.data(), end, number);
        const bool is_number = read.ec == std::errc() && read.ptr == end && facet.minimum && facet.maximum &&
                               number >= *facet.minimum && number <= *facet.maximum;
        all.push_back({.count = &count, .number = is_number ? std::optional(number) : std::nullopt});
    }
    std::ranges::sort(all, [](const Ranked& a, const Ranked& b) {
        if (a.number.has_value() != b.number.has_value()) return a.number.has_value();
        if (a.count->count != b.count->count) return a.count->count > b.count->count;
        return a.number ? *a.number > *b.number : a.count->value > b.count->value;
    });
    std::vector<std::string> out;
    for (std::size_t i = 0; i < std::min(all.size(), kValuesShown); ++i) out.push_back(all[i].count->value);
    return out;
}

// Everything that may be filtered by: names with what is nested in them, and patterns.
std::vector<std::string> filterable(const protocol::Settings& settings) {
    std::vector<std::string> out;
    for (const protocol::FilterableRule& rule : settings.filterable_attributes) {
        if (!rule.features.is_filterable()) continue;
        out.insert(out.end(), rule.patterns.begin(), rule.patterns.end());
        if (!rule.is_pattern) out.insert(out.end(), {rule.field, rule.field + ".*"});
    }
    std::ranges::sort(out);
    const auto repeated = std::ranges::unique(out);
    out.erase(repeated.begin(), repeated.end());
    return out;
}

env::Task<Result<std::string>> facets_of(Desk& desk, plan::IndexPtr index, json::Value forced, http::Call call) {
    std::vector<std::string> facets = filterable(index->settings);
    if (facets.empty()) co_return std::string();
    SearchQuery query;
    query.limit = 0;
    query.facets = std::move(facets);
    if (!forced.is_null()) query.filter = std::move(forced);
    MIROIR_CO_CHECK(co_await resolve_foreign(desk, index, query.filter, call));
    SearchWish wish{.index = opened(*index), .query = std::move(query), .call = call};
    MIROIR_CO_TRY(const SearchOutcome outcome, co_await run_search(desk, std::move(wish)));
    if (outcome.refusal) co_return fail(error_of(*outcome.refusal));
    std::string out;
    for (const merge::MergedFacet& facet : facets_of_outcome(outcome))
        out += protocol::chat::facet_line(facet.name, most_frequent(facet));
    co_return out;
}

json::Value chat_setting(const plan::IndexEntry& index, std::string_view name) {
    const json::Value* found = index.settings.chat.find(name);
    return found != nullptr ? *found : json::Value();
}

struct Search {
    plan::IndexPtr index;
    SearchQuery query;
};

// Everything that ends a search before it is carried out.
Result<Search> planned(Desk& desk, const server::Incoming& in, const protocol::chat::Wish& wish) {
    Search out;
    const IndexUid uid{wish.index_uid};
    out.index = desk.catalog()->find(uid);
    if (!out.index) return fail(quorum::index_not_found(uid));
    const json::Value parameters = chat_setting(*out.index, "searchParameters");
    if (parameters.is_object()) {
        MIROIR_TRY(out.query, protocol::parse_search_query(parameters));
    }
    out.query.q = wish.q;
    if (wish.filter) out.query.filter = json::Value(*wish.filter);
    MIROIR_TRY(const protocol::Grant grant, desk.admit(in, "search", wish.index_uid));
    json::Value forced = grant.forced_filter(wish.index_uid);
    if (!forced.is_null())
        out.query.filter = protocol::join_filters(out.query.filter.value_or(json::Value()), std::move(forced));
    MIROIR_CHECK(plan::check_kind(*out.index, out.query));
    Result<void> text = plan::check_filter_text(out.query.filter, desk.filter_gates(), ErrorCode::InvalidSearchFilter);
    if (!text && out.query.filter->is_string()) return fail(plan::told_with_index(*out.index, std::move(text).error()));
    if (!text) return fail(std::move(text).error());
    return out;
}

Findings failed(Error error) {
    Findings out;
    out.text = "the search tool call failed with " + error.message;
    out.error = std::move(error);
    return out;
}

// What the settings of the index do not allow is told to the model, who may ask better.
Findings mistaken(const plan::IndexEntry& index, const Error& error) {
    Findings out;
    out.has_documents = true;
    const std::string prefix = "Index `" + index.uid.value + "`: ";
    out.text = error.message.starts_with(prefix) ? error.message.substr(prefix.size()) : error.message;
    return out;
}

// What the settings do not allow, in the engine's order.
Result<void> check_allowed(const plan::IndexEntry& index, const SearchQuery& query) {
    if (query.sort) MIROIR_CHECK(plan::check_sort_syntax(*query.sort, ErrorCode::InvalidSearchSort));
    if (query.distinct) MIROIR_CHECK(plan::check_distinct(index, *query.distinct));
    MIROIR_CHECK(plan::check_filter_fields(index, query.filter, ErrorCode::InvalidSearchFilter, false));
    if (query.sort) MIROIR_CHECK(plan::check_sort_in_search(index, *query.sort));
    return {};
}

bool is_searchable(const protocol::Settings& settings, const std::string& field) {
    return !settings.searchable_attributes ||
           protocol::match_any_field(*settings.searchable_attributes, field) == protocol::PatternMatch::Match;
}

json::Object names_of(const plan::IndexEntry& index, const json::Value& document) {
    json::Array fields;
    for (const json::Member& member : document.object()) {
        if (member.first == "_vectors" || member.first == "_geo" || member.first == "_geojson") continue;
        fields.emplace_back(json::Object{{"name", member.first},
                                         {"value", member.second},
                                         {"is_searchable", is_searchable(index.settings, member.first)}});
    }
    return {{"doc", document}, {"fields", std::move(fields)}};
}

std::string id_of(const plan::IndexEntry& index, const json::Value& document) {
    const json::Value* id = index.primary_key ? document.find(*index.primary_key) : nullptr;
    if (id == nullptr) return {};
    return id->is_string() ? id->string() : json::to_text(*id);
}

// The documents as text, one behind the other.
Result<std::string> rendered(const plan::IndexEntry& index, const json::Array& documents) {
    const json::Value given = chat_setting(index, "documentTemplate");
    const std::string text = given.is_string() ? given.string() : std::string(protocol::default_document_template());
    const auto pattern = protocol::liquid::Template::parse(text);
    if (!pattern) {
        return fail(ErrorCode::InvalidChatSettingDocumentTemplate,
                    "user error: cannot parse template: liquid: " + pattern.error() + "\n");
    }
    std::string out;
    for (const json::Value& document : documents) {
        const auto read = pattern->render(names_of(index, document));
        if (!read) {
            return fail(ErrorCode::InvalidChatSettingDocumentTemplate, "user error: missing field in document `" +
                                                                           id_of(index, document) +
                                                                           "`: liquid: " + read.error() + "\n");
        }
        if (&document != &documents.front()) out += '\n';
        out += *read;
    }
    return out;
}

json::Value displayed(const plan::IndexEntry& index, const json::Value& document) {
    const auto& names = index.settings.displayed_attributes;
    if (!names || std::ranges::find(*names, "*") != names->end()) return document;
    json::Object out;
    for (const json::Member& member : document.object()) {
        if (std::ranges::find(*names, member.first) != names->end()) out.append(member.first, member.second);
    }
    return out;
}

Result<json::Array> documents_of(const std::string& body) {
    auto reply = json::parse(body);
    json::Value* hits = reply && reply->is_object() ? reply->object().find("hits") : nullptr;
    if (hits == nullptr || !hits->is_array())
        return fail(ErrorCode::MiroirShardUnavailable, "The nodes' answers cannot be read.");
    for (json::Value& hit : hits->array()) {
        if (hit.is_object()) hit.object().erase("_geoDistance");
    }
    return std::move(hits->array());
}

env::Task<Findings> carried_out(Desk& desk, Search search, http::Call call) {
    const Result<void> allowed = check_allowed(*search.index, search.query);
    if (!allowed) co_return mistaken(*search.index, allowed.error());
    const Result<void> resolved = co_await resolve_foreign(desk, search.index, search.query.filter, call);
    if (!resolved) co_return failed(resolved.error());
    SearchWish wish{.index = opened(*search.index), .query = std::move(search.query), .call = std::move(call)};
    const Result<SearchOutcome> outcome = co_await run_search(desk, std::move(wish));
    if (!outcome) co_return failed(outcome.error());
    if (outcome->refusal) co_return mistaken(*search.index, error_of(*outcome->refusal));
    const Visit nobody{.desk = desk, .in = {}, .grant = {}};
    const Result<json::Array> documents = documents_of(search_body(nobody, *outcome));
    if (!documents) co_return failed(documents.error());
    Result<std::string> text = rendered(*search.index, *documents);
    if (!text) co_return failed(text.error());
    Findings out;
    out.has_documents = true;
    for (const json::Value& document : *documents) out.documents.push_back(displayed(*search.index, document));
    out.text = *std::move(text);
    co_return out;
}

}  // namespace

env::Task<Result<std::vector<Shelf>>> shelves_for(const Visit& visit) {
    std::vector<Shelf> out;
    const plan::CatalogPtr catalog = visit.desk.catalog();
    for (const auto& [uid, index] : catalog->indexes) {
        if (!visit.grant.allows(uid.value)) continue;
        MIROIR_CO_TRY(std::string facets,
                      co_await facets_of(visit.desk, index, visit.grant.forced_filter(uid.value), visit.in.call));
        const json::Value about = chat_setting(*index, "description");
        out.push_back({.uid = uid.value,
                       .description = about.is_string() ? about.string() : std::string(),
                       .facets = std::move(facets)});
    }
    co_return out;
}

env::Task<Findings> look_up(Desk& desk, const server::Incoming& in, std::string arguments) {
    const auto wish = protocol::chat::read_wish(arguments);
    if (!wish) {
        Findings out;
        out.text = wish.error();
        co_return out;
    }
    Result<Search> search = planned(desk, in, *wish);
    if (!search) co_return failed(search.error());
    http::Call call;
    call.deadline = env::Deadline::after(desk.env().clock, kSearchLimit);
    call.cancel = in.call.cancel;
    call.request_id = in.call.request_id;
    co_return co_await carried_out(desk, *std::move(search), std::move(call));
}

}  // namespace miroir::api
