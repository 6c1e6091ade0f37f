#include "node/index/special_fields.h"

namespace miroir::node {

Result<void> take_vectors(const std::string& external_id, const protocol::Settings& settings, json::Object& document,
                          VectorsByEmbedder& vectors) {
    json::Value* member = document.find("_vectors");
    if (member == nullptr) return {};
    MIROIR_CHECK(protocol::check_vectors_member(*member));
    for (const auto& [name, embedder] : settings.embedders) {
        const json::Value* value = member->find(name);
        if (value == nullptr) continue;
        MIROIR_TRY(protocol::GivenVectors given, protocol::read_vectors(external_id, name, *value));
        DocumentVectors read{.vectors = {}, .regenerate = given.regenerate};
        const auto stored = vectors.find(name);
        if (given.vectors) read.vectors = std::move(*given.vectors);
        else if (stored != vectors.end()) read.vectors = stored->second.vectors;
        MIROIR_CHECK(protocol::check_vectors(external_id, name, embedder, read.vectors));
        vectors[name] = std::move(read);
        member->object().erase(name);
    }
    if (member->object().empty()) document.erase("_vectors");
    return {};
}

}  // namespace miroir::node
