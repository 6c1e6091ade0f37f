#include "node/api/stats.h"

#include "protocol/settings/settings.h"

namespace miroir::node {

json::Value index_stats(const World& world, std::string_view uid, const StoredIndex& stored,
                        const protocol::StatsQuery& query) {
    const Index& index = stored.index;
    protocol::IndexStats counts;
    counts.documents = index.document_count();
    counts.raw_bytes = index.raw_size();
    DocIds embedded;
    for (const auto& [name, embedder] : index.settings().embedders) {
        for (const auto& [id, vectors] : index.vectors(name)) {
            counts.embeddings += vectors.vectors.size();
            if (!vectors.vectors.empty()) embedded.add(id);
        }
    }
    counts.embedded_documents = embedded.cardinality();
    counts.is_indexing = world.queue.is_indexing(uid);
    for (const auto& [name, documents] : index.field_distribution()) counts.fields[name] = documents;
    return protocol::index_stats_view(counts, query);
}

}  // namespace miroir::node
