#include "sim/scenarios/write_model.h"

#include <algorithm>

namespace miroir::sim {
namespace {

constexpr std::size_t kMostDoubtful = 6;  // then wholeness is not looked at: too many cases

bool names(const ModelWrite& write, int id) { return std::ranges::find(write.ids, id) != write.ids.end(); }

std::string text_of(const ModelDocument& document) {
    std::string out = "{";
    for (const auto& [name, value] : document) out += name + ":" + std::to_string(value) + " ";
    return out + "}";
}

void apply_to(std::optional<ModelDocument>& document, int id, const ModelWrite& write) {
    const bool named = names(write, id);
    if (write.kind == ModelWrite::Kind::DeleteAll || (write.kind == ModelWrite::Kind::Delete && named))
        document.reset();
    if (!named) return;
    if (write.kind == ModelWrite::Kind::Replace) document = ModelDocument{{"v", write.number}, {"a", write.number}};
    if (write.kind == ModelWrite::Kind::Merge) {
        if (!document) document.emplace();
        (*document)["v"] = write.number;
        (*document)["b"] = write.number;
    }
}

// Each document by itself: its states after the acknowledged writes, with and without the doubtful ones.
std::string judge_document(const std::vector<ModelWrite>& writes, int id, const std::optional<ModelDocument>& found) {
    std::set<std::optional<ModelDocument>> may{std::nullopt};
    std::string story;
    for (const ModelWrite& write : writes) {
        std::set<std::optional<ModelDocument>> after;
        for (std::optional<ModelDocument> state : may) {
            if (!write.task) after.insert(state);
            apply_to(state, id, write);
            after.insert(std::move(state));
        }
        if (names(write, id) || write.kind == ModelWrite::Kind::DeleteAll) {
            story += " " + std::to_string(write.number) + (write.task ? "=" + std::to_string(*write.task) : "?");
            if (write.kind >= ModelWrite::Kind::Delete) story += "-";
        }
        may = std::move(after);
    }
    if (may.contains(found)) return {};
    return "document " + std::to_string(id) + " is " + (found ? text_of(*found) : "gone") + " after writes" + story;
}

std::string judge_settings(const std::vector<ModelWrite>& writes, int found) {
    std::set<int> may{-1};
    for (const ModelWrite& write : writes) {
        if (write.kind != ModelWrite::Kind::Settings) continue;
        if (write.task) may.clear();
        may.insert(write.number);
    }
    if (may.contains(found)) return {};
    return "the settings are those of write " + std::to_string(found);
}

}  // namespace

void apply(ModelState& state, const ModelWrite& write) {
    if (write.kind == ModelWrite::Kind::Settings) state.settings = write.number;
    if (write.kind == ModelWrite::Kind::DeleteAll) state.documents.clear();
    for (const int id : write.ids) {
        const auto known = state.documents.find(id);
        std::optional<ModelDocument> document;
        if (known != state.documents.end()) document = known->second;
        apply_to(document, id, write);
        if (document) state.documents[id] = *document;
        else state.documents.erase(id);
    }
}

std::string judge(const std::vector<ModelWrite>& writes, const ModelState& found) {
    std::set<int> ids;
    for (const auto& [id, document] : found.documents) ids.insert(id);
    for (const ModelWrite& write : writes) ids.insert(write.ids.begin(), write.ids.end());
    for (const int id : ids) {
        const auto at = found.documents.find(id);
        const auto document = at == found.documents.end() ? std::nullopt : std::optional(at->second);
        if (std::string wrong = judge_document(writes, id, document); !wrong.empty()) return wrong;
    }
    if (std::string wrong = judge_settings(writes, found.settings); !wrong.empty()) return wrong;
    const auto doubtful =
        static_cast<std::size_t>(std::ranges::count_if(writes, [](const ModelWrite& w) { return !w.task; }));
    if (doubtful > kMostDoubtful || std::ranges::any_of(writes, &ModelWrite::in_part)) return {};
    for (std::size_t chosen = 0; chosen < (std::size_t{1} << doubtful); ++chosen) {
        ModelState state;
        std::size_t at = 0;
        for (const ModelWrite& write : writes) {
            if (write.task || (chosen >> at++ & 1) != 0) apply(state, write);
        }
        if (state == found) return {};
    }
    return "a write that was not acknowledged is there in part";
}

}  // namespace miroir::sim
