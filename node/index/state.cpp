#include "node/index/state.h"

#include <algorithm>

#include "base/assert.h"
#include "json/parse.h"
#include "json/write.h"

namespace miroir::node {

namespace {

bool names(const std::vector<protocol::FilterableRule>& rules, std::string_view field) {
    return std::ranges::any_of(rules, [&](const protocol::FilterableRule& rule) {
        if (!rule.is_pattern) return rule.field == field;
        return std::ranges::find(rule.patterns, field) != rule.patterns.end();
    });
}

}  // namespace

FieldId Index::State::field_of(std::string_view name) {
    const FieldId id = fields.insert(name);
    if (id == roles.size()) {
        roles.push_back(role_of(settings, name));
        distribution.push_back(0);
    }
    return id;
}

void Index::State::rebuild_roles() {
    roles.clear();
    for (const std::string& name : fields.names()) roles.push_back(role_of(settings, name));
    TokenizerOptions options;
    options.stop_words.assign(settings.stop_words.begin(), settings.stop_words.end());
    options.separators.assign(settings.separator_tokens.begin(), settings.separator_tokens.end());
    options.non_separators.assign(settings.non_separator_tokens.begin(), settings.non_separator_tokens.end());
    options.dictionary.assign(settings.dictionary.begin(), settings.dictionary.end());
    tokenizer = Tokenizer(std::move(options));
    rebuild_synonyms();
}

void Index::State::rebuild_synonyms() {
    const auto words_of = [&](const std::string& text) {
        std::vector<std::string> words;
        for (Token& token : tokenizer.tokenize(text)) {
            if (token.is_word() && !token.lemma.empty()) words.push_back(std::move(token.lemma));
        }
        return words;
    };
    // Keys that become the same are joined; the synonyms of a word come in order of their spelling.
    std::map<std::vector<std::string>, std::set<std::string>> joined;
    for (const auto& [word, given] : settings.synonyms) {
        std::vector<std::string> key = words_of(word);
        if (!key.empty()) joined[std::move(key)].insert(given.begin(), given.end());
    }
    synonyms.clear();
    for (const auto& [key, given] : joined) {
        std::vector<std::vector<std::string>> lists;
        for (const std::string& text : given) {
            std::vector<std::string> words = words_of(text);
            if (!words.empty()) lists.push_back(std::move(words));
        }
        if (!lists.empty()) synonyms.emplace(key, std::move(lists));
    }
}

bool Index::State::geo_enabled() const {
    return settings.sortable_attributes.contains("_geo") || names(settings.filterable_attributes, "_geo");
}

bool Index::State::geojson_enabled() const { return names(settings.filterable_attributes, "_geojson"); }

json::Object Index::State::parsed(DocId id) const {
    auto value = json::parse(rows[id].text);
    MIROIR_ASSERT(value.has_value() && value->is_object());
    return std::move(value->object());
}

std::string Index::State::render(const json::Object& document) {
    std::vector<std::pair<FieldId, const json::Member*>> members;
    members.reserve(document.size());
    for (const json::Member& member : document) members.emplace_back(field_of(member.first), &member);
    std::ranges::sort(members, {}, &std::pair<FieldId, const json::Member*>::first);
    std::string text = "{";
    for (const auto& [field, member] : members) {
        if (text.size() > 1) text += ',';
        json::append_string(text, member->first);
        text += ':';
        json::append_text(text, member->second);
    }
    text += '}';
    text.shrink_to_fit();
    return text;
}

VectorsByEmbedder Index::State::vectors_of(DocId id) const {
    VectorsByEmbedder found;
    for (const auto& [embedder, documents] : vectors) {
        const auto entry = documents.find(id);
        if (entry != documents.end()) found.emplace(embedder, entry->second);
    }
    return found;
}

DocId Index::State::take_id() {
    if (!free.empty()) return free.extract(free.begin()).value();
    rows.emplace_back();
    return static_cast<DocId>(rows.size() - 1);
}

void Index::State::put(DocId id, std::string external_id, std::string text, const json::Object& document,
                       VectorsByEmbedder new_vectors) {
    raw_size += text.size();
    ids.insert_or_assign(external_id, id);
    rows[id] = {.external_id = std::move(external_id), .text = std::move(text)};
    present.add(id);
    count_fields(document, 1);
    add_facets(id, document);
    add_places(id, document);
    for (auto& [embedder, given] : new_vectors) vectors[embedder].insert_or_assign(id, std::move(given));
    change_words(id, document, true);
}

void Index::State::drop(DocId id) {
    const json::Object document = parsed(id);
    raw_size -= rows[id].text.size();
    change_words(id, document, false);
    count_fields(document, -1);
    remove_facets(id);
    points.erase(id);
    geo_documents.remove(id);
    geojson.erase(id);
    for (auto& [embedder, documents] : vectors) documents.erase(id);
    ids.erase(rows[id].external_id);
    rows[id] = DocumentRow();
    present.remove(id);
}

void Index::State::reindex_words() {
    postings.clear();
    for (const DocId id : present) change_words(id, parsed(id), true);
    postings.finish();
}

void Index::State::reindex_facets() {
    facets.clear();
    points.clear();
    geo_documents = DocIds();
    geojson.clear();
    for (const DocId id : present) {
        const json::Object document = parsed(id);
        add_facets(id, document);
        add_places(id, document);
    }
}

Result<void> Index::State::check_places() const {
    const bool points = fields.find("_geo").has_value();
    const bool shapes = geojson_enabled();
    if (!points && !shapes) return {};
    for (const DocId id : present) {
        const json::Object document = parsed(id);
        const json::Value* geo = document.find("_geo");
        if (geo != nullptr) MIROIR_CHECK(protocol::read_geo(rows[id].external_id, *geo));
        const json::Value* shape = document.find("_geojson");
        if (shape != nullptr && shapes) MIROIR_CHECK(protocol::check_geojson(*shape));
    }
    return {};
}

}  // namespace miroir::node
