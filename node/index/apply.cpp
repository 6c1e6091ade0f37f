#include <algorithm>
#include <ranges>

#include "json/write.h"
#include "node/index/state.h"

// A batch is first folded to one outcome per id, checked, and only then carried out, in order of first appearance.

namespace miroir::node {

namespace {

struct Pending {
    std::string external_id;
    std::optional<DocId> id;   // of a document that was there before the batch
    bool named = false;        // by an addition or an update
    bool exists = false;       // so far in the batch
    bool loaded = false;       // `document` and `vectors` are what exists
    bool was_deleted = false;  // somewhere in the batch
    json::Object document;
    VectorsByEmbedder vectors;
};

// JSON text of one embedder's vectors, as a user would have given them.
json::Value vectors_to_json(const DocumentVectors& vectors) {
    json::Array list;
    for (const auto& vector : vectors.vectors) {
        json::Array numbers;
        for (const float number : vector) numbers.emplace_back(static_cast<double>(number));
        list.emplace_back(std::move(numbers));
    }
    return json::Object{{"embeddings", std::move(list)}, {"regenerate", vectors.regenerate}};
}

Result<void> replace(const protocol::Settings& settings, Pending& pending, json::Object document) {
    pending.vectors.clear();
    MIROIR_CHECK(take_vectors(pending.external_id, settings, document, pending.vectors));
    pending.document = std::move(document);
    pending.exists = true;
    pending.loaded = true;
    return {};
}

Result<void> merge(const protocol::Settings& settings, Pending& pending, json::Object document) {
    MIROIR_CHECK(take_vectors(pending.external_id, settings, document, pending.vectors));
    for (json::Member& member : document) pending.document.set(member.first, std::move(member.second));
    return {};
}

}  // namespace

class Batch {
public:
    explicit Batch(Index::State& state) : state_(state) {}

    Result<void> take(Operation operation) {
        Pending& pending = pending_of(operation.external_id);
        if (operation.kind == Operation::Kind::Delete) {
            if (pending.exists) ++deleted_;
            pending.was_deleted = pending.was_deleted || pending.exists;
            pending.exists = false;
            return {};
        }
        touched_ += !pending.named;
        pending.named = true;
        if (!pending.exists && operation.skip_creation) return {};
        if (operation.kind == Operation::Kind::Update && pending.exists) {
            if (!pending.loaded) load(pending);
            return merge(state_.settings, pending, std::move(operation.document));
        }
        return replace(state_.settings, pending, std::move(operation.document));
    }

    Result<void> check() const {
        std::size_t names = 0;
        for (const Pending& pending : order_) {
            if (!pending.exists || !pending.loaded) continue;
            if (const json::Value* geo = pending.document.find("_geo"); geo != nullptr && state_.geo_enabled()) {
                MIROIR_CHECK(protocol::read_geo(pending.external_id, *geo));
            }
            if (const json::Value* shape = pending.document.find("_geojson"); shape && state_.geojson_enabled()) {
                MIROIR_CHECK(protocol::check_geojson(*shape));
            }
            for (const json::Member& member : pending.document) names += !state_.fields.find(member.first);
        }
        if (names > 0 && state_.fields.full_for(names) && too_many_names()) {
            return fail(ErrorCode::MaxFieldsLimitExceeded, "A document cannot contain more than 65,535 fields.");
        }
        return check_embedders();
    }

    Applied carry_out() {
        for (Pending& pending : order_) carry_out(pending);
        for (const DocId id : freed_) state_.free.insert(id);
        state_.postings.finish();
        return {.touched = touched_, .deleted = deleted_};
    }

private:
    Pending& pending_of(const std::string& external_id) {
        const auto [entry, fresh] = places_.try_emplace(external_id, order_.size());
        if (fresh) {
            Pending& pending = order_.emplace_back();
            pending.external_id = external_id;
            const auto known = state_.ids.find(external_id);
            if (known != state_.ids.end()) pending.id = known->second;
            pending.exists = pending.id.has_value();
        }
        return order_[entry->second];
    }

    void load(Pending& pending) {
        pending.document = state_.parsed(*pending.id);
        pending.vectors = state_.vectors_of(*pending.id);
        pending.loaded = true;
    }

    bool too_many_names() const {
        std::set<std::string_view> fresh;
        for (const Pending& pending : order_) {
            for (const json::Member& member : pending.document) {
                if (!state_.fields.find(member.first)) fresh.insert(member.first);
            }
        }
        return state_.fields.full_for(fresh.size());
    }

    Result<void> check_embedders() const {
        for (const auto& [name, embedder] : state_.settings.embedders) {
            if (embedder.source != protocol::EmbedderSource::UserProvided) continue;
            const auto lacks = [&](const Pending& pending) {
                return pending.exists && pending.loaded && !pending.vectors.contains(name);
            };
            const auto first = std::ranges::find_if(order_, lacks);
            if (first == order_.end()) continue;
            const auto count = static_cast<std::size_t>(std::ranges::count_if(order_, lacks));
            return fail(protocol::missing_vectors(name, first->external_id, count - 1));
        }
        return {};
    }

    void carry_out(Pending& pending) {
        if (!pending.exists) {
            if (!pending.id) return;
            state_.drop(*pending.id);
            freed_.push_back(*pending.id);
            return;
        }
        if (!pending.loaded) return;
        std::string text = state_.render(pending.document);
        DocId id = 0;
        if (pending.id) {
            id = *pending.id;
            if (state_.rows[id].text == text) {  // at most the vectors changed
                for (auto& [name, documents] : state_.vectors) documents.erase(id);
                for (auto& [name, given] : pending.vectors) state_.vectors[name].insert_or_assign(id, std::move(given));
                return;
            }
            state_.drop(id);
        } else {
            id = state_.take_id();
        }
        state_.put(id, std::move(pending.external_id), std::move(text), pending.document, std::move(pending.vectors));
    }

    Index::State& state_;
    std::vector<Pending> order_;
    std::unordered_map<std::string, std::size_t> places_;
    std::vector<DocId> freed_;
    std::uint64_t touched_ = 0;
    std::uint64_t deleted_ = 0;
};

Result<Applied> Index::apply(std::vector<Operation> operations) {
    Batch batch(*state_);
    for (Operation& operation : operations) MIROIR_CHECK(batch.take(std::move(operation)));
    MIROIR_CHECK(batch.check());
    return batch.carry_out();
}

// Vectors of an embedder that goes are written back into the documents; those a new one finds there are taken out.
Result<void> Index::State::move_vectors(const protocol::Settings& next) {
    struct Moved {
        DocId id = 0;
        json::Object document;
        VectorsByEmbedder vectors;
    };
    std::vector<Moved> moved;
    std::map<std::string, std::pair<std::string, std::size_t>> lacking;  // embedder -> first document, how many
    for (const DocId id : present) {
        Moved row{.id = id, .document = parsed(id), .vectors = {}};
        for (auto& [name, stored] : vectors_of(id)) {
            if (next.embedders.contains(name)) row.vectors.emplace(name, stored);
            else if (!stored.regenerate) row.document["_vectors"][name] = vectors_to_json(stored);
        }
        MIROIR_CHECK(take_vectors(rows[id].external_id, next, row.document, row.vectors));
        for (const auto& [name, embedder] : next.embedders) {
            if (embedder.source != protocol::EmbedderSource::UserProvided || row.vectors.contains(name)) continue;
            auto& [first, count] = lacking[name];
            if (count++ == 0) first = rows[id].external_id;
        }
        moved.push_back(std::move(row));
    }
    if (!lacking.empty()) {
        const auto& [name, who] = *lacking.begin();
        return fail(protocol::missing_vectors(name, who.first, who.second - 1));
    }
    vectors.clear();
    for (Moved& row : moved) {
        raw_size -= rows[row.id].text.size();
        rows[row.id].text = render(row.document);
        raw_size += rows[row.id].text.size();
        for (auto& [name, given] : row.vectors) vectors[name].emplace(row.id, std::move(given));
    }
    return {};
}

}  // namespace miroir::node
