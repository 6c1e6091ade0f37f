#include "node/retrieve/format/hit_maker.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

#include "json/write.h"
#include "node/retrieve/format/json_paths.h"
#include "node/retrieve/sort_criteria.h"
#include "node/search/geo/distance.h"
#include "protocol/settings/settings.h"

namespace miroir::node {
namespace {

constexpr std::string_view kVectors = "_vectors";

// "title:20" is the title, 20 words; a length that is no number is the query's own.
std::pair<std::string_view, std::size_t> crop_of(std::string_view attribute, std::size_t length) {
    const std::size_t colon = attribute.rfind(':');
    if (colon == std::string_view::npos) return {attribute, length};
    const std::string_view text = attribute.substr(colon + 1);
    std::size_t own = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), own);
    const bool valid = fault == std::errc() && end == text.data() + text.size();
    return {attribute.substr(0, colon), valid ? own : length};
}

std::optional<double> degrees_of(const json::Value* value) {
    if (value == nullptr) return std::nullopt;
    if (value->is_number()) return value->number();
    if (!value->is_string()) return std::nullopt;
    const std::string& text = value->string();
    double number = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (fault != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

void add_distance(GeoPoint from, json::Object& document) {
    const json::Value* geo = document.find("_geo");
    if (geo == nullptr) return;
    const auto lat = degrees_of(geo->find("lat"));
    const auto lng = degrees_of(geo->find("lng"));
    if (!lat || !lng) return;
    const double metres = metres_between(from, {.lat = *lat, .lng = *lng});
    document.set("_geoDistance", static_cast<std::uint64_t>(std::round(metres)));
}

TokenizerOptions marking_options(const protocol::Settings& settings) {
    // Stop words are words here: they can be marked like any other.
    return {.stop_words = {},
            .separators = {settings.separator_tokens.begin(), settings.separator_tokens.end()},
            .non_separators = {settings.non_separator_tokens.begin(), settings.non_separator_tokens.end()},
            .dictionary = {settings.dictionary.begin(), settings.dictionary.end()}};
}

}  // namespace

std::vector<std::string> outermost(std::vector<std::string> names) {
    const std::set<std::string> all(names.begin(), names.end());
    std::erase_if(names, [&](const std::string& name) {
        for (std::size_t dot = name.find('.'); dot != std::string::npos; dot = name.find('.', dot + 1)) {
            if (all.contains(name.substr(0, dot))) return true;
        }
        return false;
    });
    return names;
}

json::Object vectors_member(const Index& index, DocId id) {
    json::Object all;
    for (const auto& [name, embedder] : index.settings().embedders) {
        json::Array embeddings;
        bool regenerate = false;
        const auto& stored = index.vectors(name);
        if (const auto found = stored.find(id); found != stored.end()) {
            regenerate = found->second.regenerate;
            for (const auto& vector : found->second.vectors) {
                embeddings.push_back(json::Array(vector.begin(), vector.end()));
            }
        }
        all.append(name, json::Object{{"embeddings", std::move(embeddings)}, {"regenerate", regenerate}});
    }
    return all;
}

HitFormat HitFormat::of(const protocol::SearchQuery& query) {
    HitFormat format;
    format.attributes_to_retrieve = query.attributes_to_retrieve;
    format.retrieve_vectors = query.retrieve_vectors;
    if (query.attributes_to_highlight) format.highlight = *query.attributes_to_highlight;
    if (query.attributes_to_crop) format.crop = *query.attributes_to_crop;
    format.crop_length = static_cast<std::size_t>(query.crop_length);
    format.marks = {.before = query.highlight_pre_tag, .after = query.highlight_post_tag, .crop = query.crop_marker};
    format.show_places = query.show_matches_position;
    if (query.sort) format.distance_from = sort_point(*query.sort);
    format.show_score = query.show_ranking_score;
    format.show_details = query.show_ranking_score_details;
    if (query.locales) format.locales = *query.locales;
    return format;
}

HitFormat HitFormat::of(const protocol::SimilarQuery& query) {
    HitFormat format;
    format.attributes_to_retrieve = query.attributes_to_retrieve;
    format.retrieve_vectors = query.retrieve_vectors;
    format.show_score = query.show_ranking_score;
    format.show_details = query.show_ranking_score_details;
    return format;
}

json::Object Hit::to_json() && {
    json::Object hit = std::move(document);
    if (!formatted.empty()) hit.set("_formatted", std::move(formatted));
    if (places) hit.set("_matchesPosition", std::move(*places));
    if (score) hit.set("_rankingScore", *score);
    if (details) hit.set("_rankingScoreDetails", std::move(*details));
    return hit;
}

HitMaker::HitMaker(const Index& index, HitFormat format, MatchingWords words)
    : index_(index), format_(std::move(format)), words_(std::move(words)) {
    choose_names();
    choose_formats();
    if (format_.show_places || !formats_.empty()) tokenizer_.emplace(marking_options(index_.settings()));
}

void HitMaker::choose_names() {
    const Fields& fields = index_.fields();
    const auto known = [&](const std::string& name) { return fields.find(name).has_value(); };
    const auto& displayed = index_.settings().displayed_attributes;
    all_displayed_ = !displayed;
    std::vector<std::string> shown = displayed ? *displayed : fields.names();
    const bool vectors_named = std::ranges::find(shown, kVectors) != shown.end();
    std::erase_if(shown, [&](const std::string& name) { return !known(name); });
    std::vector<std::string> wanted = shown;
    all_retrieved_ = all_displayed_;
    if (const auto& asked = format_.attributes_to_retrieve; asked && !asked->contains("*")) {
        all_retrieved_ = false;
        std::erase_if(wanted, [&](const std::string& name) { return !asked->contains(name); });
    }
    for (const std::string& name : format_.extra_attributes) {
        if (known(name) && std::ranges::find(wanted, name) == wanted.end()) extra_.push_back(name);
    }
    retrieved_ = outermost(std::move(wanted));
    displayed_ = outermost(std::move(shown));
    show_vectors_ = format_.retrieve_vectors && (all_displayed_ || vectors_named);
}

void HitMaker::add_format(std::string_view name, TextFormat format) {
    const auto known = std::ranges::find(formats_, name, &std::pair<std::string, TextFormat>::first);
    if (known == formats_.end()) {
        formats_.emplace_back(name, format);
        return;
    }
    if (format.highlight) known->second = format;
    else if (format.crop) known->second.crop = format.crop;
}

void HitMaker::choose_formats() {
    const Fields& fields = index_.fields();
    const auto& displayed = index_.settings().displayed_attributes;
    const auto is_displayed = [&](std::string_view name) {
        return fields.find(name) && (!displayed || std::ranges::find(*displayed, name) != displayed->end());
    };
    const auto add = [&](std::string_view name, TextFormat format) {
        if (name == "*") {
            for (const std::string& shown : displayed_) add_format(shown, format);
        } else if (is_displayed(name)) {
            add_format(name, format);
        }
    };
    if (format_.highlight.contains("*")) {
        add("*", {.highlight = true});
    } else {
        for (const std::string& name : format_.highlight) add(name, {.highlight = true});
    }
    for (const std::string& attribute : format_.crop) {
        const auto [name, length] = crop_of(attribute, format_.crop_length);
        add(name, {.crop = length});
    }
    if (formats_.empty()) return;
    for (const std::string& name : retrieved_) add_format(name, {});
    std::ranges::sort(formats_, {}, [&](const auto& entry) { return *fields.find(entry.first); });
    for (const auto& [name, format] : formats_) formatted_names_.push_back(name);
    formatted_names_ = outermost(std::move(formatted_names_));
}

std::optional<TextFormat> HitMaker::format_of(std::string_view path) const {
    std::optional<TextFormat> found;
    for (const auto& [name, format] : formats_) {
        if (!format.changes_text() || (!path_within(name, path) && !path_within(path, name))) continue;
        found = found ? found->with(format) : format;
    }
    return found;
}

const std::vector<std::string>& HitMaker::locales_of(std::string_view path) const {
    const auto& rules = index_.settings().localized_attributes;
    if (!format_.locales.empty() || !rules) return format_.locales;
    for (const protocol::LocalizedRule& rule : *rules) {
        if (protocol::match_any_pattern(rule.attribute_patterns, path) == protocol::PatternMatch::Match) {
            return rule.locales;
        }
    }
    return format_.locales;
}

json::Value HitMaker::format_value(const json::Value& value, const std::optional<TextFormat>& format,
                                   const std::string& path, std::span<const std::size_t> places, Hit& hit) const {
    if (!value.is_string() && !value.is_number()) return value;
    std::string text = value.is_string() ? value.string() : json::to_text(value);
    if (!format && !hit.places) return text;
    const MarkedText marked(text, *tokenizer_, locales_of(path), words_);
    if (hit.places) {
        json::Array found = marked.places(places);
        if (!found.empty()) hit.places->set(path, std::move(found));
    }
    return format ? json::Value(marked.formatted(*format, format_.marks)) : json::Value(std::move(text));
}

void HitMaker::format(const json::Object& document, Hit& hit) const {
    if (format_.show_places) hit.places.emplace();
    json::Object shown =
        format_.show_places ? picked(document, displayed_, all_displayed_) : pick_paths(document, formatted_names_);
    change_leaves(shown, displayed_,
                  [&](const std::string& path, std::span<const std::size_t> places, json::Value& leaf) {
                      leaf = format_value(leaf, format_of(path), path, places, hit);
                  });
    hit.formatted = select_paths(shown, formatted_names_);
    if (hit.places) hit.places->sort_keys();
}

json::Object HitMaker::picked(const json::Object& document, const std::vector<std::string>& names, bool all) const {
    return all ? document : pick_paths(document, names);
}

Hit HitMaker::make(DocId id, const protocol::ScoreDetails& scores) const {
    const json::Value stored = index_.document(id);
    const json::Object& document = stored.object();
    Hit hit;
    hit.document = picked(document, retrieved_, all_retrieved_);
    if (!extra_.empty()) hit.extra = pick_paths(document, extra_);
    hit.document.erase(kVectors);
    if (show_vectors_) {
        json::Object vectors;
        if (const json::Value* kept = document.find(kVectors); kept != nullptr && kept->is_object()) {
            vectors = kept->object();
        }
        for (json::Member& member : vectors_member(index_, id)) vectors.set(member.first, std::move(member.second));
        hit.document.append(std::string(kVectors), std::move(vectors));
    }
    if (tokenizer_) format(document, hit);
    if (format_.distance_from) add_distance(*format_.distance_from, hit.document);
    if (format_.show_score) hit.score = protocol::global_score(scores);
    if (format_.show_details) {
        const auto shape = index_.settings().has_separated_attribute_rules() ? protocol::AttributeShape::Separated
                                                                             : protocol::AttributeShape::Unified;
        hit.details = protocol::to_json(scores, shape);
    }
    return hit;
}

}  // namespace miroir::node
