#include "json/parse.h"
#include "json/write.h"
#include "node/index/state.h"

// One line for the index (settings, primary key, field names), then one for each document in order of the ids.

namespace miroir::node {

namespace {

constexpr std::uint64_t kVersion = 1;

json::Object vectors_to_line(const VectorsByEmbedder& vectors) {
    json::Object line;
    for (const auto& [name, given] : vectors) {
        json::Array list;
        for (const auto& vector : given.vectors) {
            json::Array numbers;
            for (const float number : vector) numbers.emplace_back(static_cast<double>(number));
            list.emplace_back(std::move(numbers));
        }
        line.append(name, json::Object{{"embeddings", std::move(list)}, {"regenerate", given.regenerate}});
    }
    return line;
}

VectorsByEmbedder vectors_from_line(const json::Object& line) {
    VectorsByEmbedder vectors;
    for (const json::Member& member : line) {
        DocumentVectors& given = vectors[member.first];
        given.regenerate = member.second.find("regenerate")->boolean();
        for (const json::Value& list : member.second.find("embeddings")->array()) {
            auto& vector = given.vectors.emplace_back();
            for (const json::Value& number : list.array()) vector.push_back(static_cast<float>(number.number()));
        }
    }
    return vectors;
}

Result<json::Object> parse_line(std::string_view line) {
    auto value = json::parse(line);
    if (!value || !value->is_object()) return fail(ErrorCode::InvalidStoreFile, "The snapshot of an index is damaged.");
    return std::move(value->object());
}

}  // namespace

void Index::save(const LineSink& sink) const {
    json::Object head{{"version", kVersion}, {"settings", protocol::settings_to_store(state_->settings)}};
    if (state_->primary_key) head.append("primaryKey", *state_->primary_key);
    json::Array names;
    for (const std::string& name : state_->fields.names()) names.emplace_back(name);
    head.append("fields", std::move(names));
    sink(json::to_text(json::Value(std::move(head))));
    for (const DocId id : state_->present) {
        const DocumentRow& row = state_->rows[id];
        std::string line = "{\"id\":" + std::to_string(id) + ",\"key\":";
        json::append_string(line, row.external_id);
        line += ",\"vectors\":";
        json::append_text(line, vectors_to_line(state_->vectors_of(id)));
        line += ",\"document\":" + row.text + "}";
        sink(line);
    }
}

Result<Index> Index::restore(const LineSource& source) {
    const auto first = source();
    if (!first) return fail(ErrorCode::InvalidStoreFile, "The snapshot of an index is empty.");
    MIROIR_TRY(const json::Object head, parse_line(*first));
    const json::Value* settings = head.find("settings");
    const json::Value* fields = head.find("fields");
    if (settings == nullptr || fields == nullptr || !fields->is_array()) {
        return fail(ErrorCode::InvalidStoreFile, "The snapshot of an index is damaged.");
    }
    Index index;
    State& state = *index.state_;
    MIROIR_TRY(state.settings, protocol::settings_from_store(*settings));
    state.rebuild_roles();
    for (const json::Value& name : fields->array()) state.field_of(name.string());
    if (const json::Value* key = head.find("primaryKey")) state.primary_key = key->string();
    while (const auto next = source()) {
        MIROIR_TRY(json::Object line, parse_line(*next));
        const json::Value* id = line.find("id");
        const json::Value* key = line.find("key");
        const json::Value* vectors = line.find("vectors");
        const json::Value* document = line.find("document");
        if (id == nullptr || key == nullptr || vectors == nullptr || document == nullptr || !document->is_object()) {
            return fail(ErrorCode::InvalidStoreFile, "The snapshot of an index is damaged.");
        }
        const auto place = static_cast<DocId>(id->unsigned_integer());
        while (state.rows.size() <= place) state.rows.emplace_back();
        state.put(place, key->string(), state.render(document->object()), document->object(),
                  vectors_from_line(vectors->object()));
    }
    for (DocId id = 0; id < state.rows.size(); ++id) {
        if (!state.present.contains(id)) state.free.insert(id);
    }
    state.postings.finish();
    return index;
}

}  // namespace miroir::node
