#include "node/index/index.h"

#include <algorithm>

#include "node/index/state.h"

namespace miroir::node {

namespace {

bool same_words(const protocol::Settings& a, const protocol::Settings& b) {
    const auto parts = [](const protocol::Settings& s) {
        return std::tie(s.searchable_attributes, s.stop_words, s.separator_tokens, s.non_separator_tokens, s.dictionary,
                        s.localized_attributes, s.typo_tolerance.disable_on_attributes,
                        s.typo_tolerance.disable_on_numbers);
    };
    return parts(a) == parts(b);
}

bool same_facets(const protocol::Settings& a, const protocol::Settings& b) {
    const auto parts = [](const protocol::Settings& s) {
        return std::tie(s.filterable_attributes, s.sortable_attributes, s.distinct_attribute, s.ranking_rules);
    };
    return parts(a) == parts(b);
}

}  // namespace

Index::Index() : state_(std::make_unique<State>()) {}
Index::~Index() = default;
Index::Index(Index&&) noexcept = default;
Index& Index::operator=(Index&&) noexcept = default;

const protocol::Settings& Index::settings() const { return state_->settings; }

Result<void> Index::set_settings(protocol::Settings settings) {
    State& state = *state_;
    const bool words = !same_words(state.settings, settings);
    const bool facets = !same_facets(state.settings, settings);
    if (state.settings.embedders != settings.embedders) MIROIR_CHECK(state.move_vectors(settings));
    std::swap(state.settings, settings);
    if (auto checked = state.check_places(); !checked) {
        std::swap(state.settings, settings);
        return checked;
    }
    state.rebuild_roles();
    if (words) state.reindex_words();
    if (facets) state.reindex_facets();
    return {};
}

const std::optional<std::string>& Index::primary_key() const { return state_->primary_key; }

void Index::set_primary_key(std::optional<std::string> name) {
    if (name) state_->field_of(*name);
    state_->primary_key = std::move(name);
}

std::size_t Index::document_count() const { return state_->present.cardinality(); }
const DocIds& Index::document_ids() const { return state_->present; }

std::optional<DocId> Index::find(std::string_view external_id) const {
    const auto found = state_->ids.find(external_id);
    if (found == state_->ids.end()) return std::nullopt;
    return found->second;
}

const std::string& Index::external_id(DocId id) const { return state_->rows[id].external_id; }
json::Value Index::document(DocId id) const { return state_->parsed(id); }
std::uint64_t Index::raw_size() const { return state_->raw_size; }
const Fields& Index::fields() const { return state_->fields; }

std::map<std::string, std::uint64_t> Index::field_distribution() const {
    std::map<std::string, std::uint64_t> found;
    for (FieldId id = 0; id < state_->distribution.size(); ++id) {
        if (state_->distribution[id] > 0) found.emplace(state_->fields.name(id), state_->distribution[id]);
    }
    return found;
}

void Index::clear() {
    auto cleared = std::make_unique<State>();
    cleared->settings = std::move(state_->settings);
    cleared->primary_key = std::move(state_->primary_key);
    cleared->fields = std::move(state_->fields);
    cleared->distribution.resize(cleared->fields.names().size());
    cleared->rebuild_roles();
    state_ = std::move(cleared);
}

const FacetField* Index::facet(std::string_view field) const {
    const auto found = state_->facets.find(field);
    return found == state_->facets.end() ? nullptr : &found->second;
}

std::vector<std::string> Index::facet_names() const {
    std::vector<std::string> names;
    for (const auto& [name, field] : state_->facets) names.push_back(name);
    return names;
}

std::optional<GeoPoint> Index::geo_point(DocId id) const {
    const auto found = state_->points.find(id);
    if (found == state_->points.end()) return std::nullopt;
    return found->second;
}

const DocIds& Index::geo_documents() const { return state_->geo_documents; }
const std::map<DocId, json::Value>& Index::geojson() const { return state_->geojson; }

const std::map<DocId, DocumentVectors>& Index::vectors(std::string_view embedder) const {
    static const std::map<DocId, DocumentVectors> kNone;
    const auto found = state_->vectors.find(embedder);
    return found == state_->vectors.end() ? kNone : found->second;
}

const Tokenizer& Index::tokenizer() const { return state_->tokenizer; }
const Postings& Index::postings() const { return state_->postings; }
const std::vector<FieldRole>& Index::roles() const { return state_->roles; }
const Index::Synonyms& Index::synonyms() const { return state_->synonyms; }

}  // namespace miroir::node
