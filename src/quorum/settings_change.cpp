#include "quorum/settings_change.h"

#include <algorithm>

#include "json/members.h"

namespace miroir::quorum {
namespace {

using Kind = SettingsStep::Kind;
using Seen = SettingsLook::Seen;

json::Array names_to_json(const std::vector<NodeId>& nodes) {
    json::Array out;
    for (const NodeId& node : nodes) out.emplace_back(node.value);
    return out;
}

std::vector<NodeId> names_of(const json::Value& stored) {
    std::vector<NodeId> out;
    if (!stored.is_array()) return out;
    for (const json::Value& node : stored.array()) out.push_back(NodeId{node.string()});
    return out;
}

Error not_taken_over(const std::vector<NodeId>& nodes) {
    std::string names;
    for (const NodeId& node : nodes) names += (names.empty() ? "`" : ", `") + node.value + "`";
    return {.code = ErrorCode::MiroirNodeBadReply,
            .message = "The settings were undone: after several attempts they are not in force on " + names + "."};
}

std::vector<NodeId> begun(const SettingsChange& change) {
    std::vector<NodeId> out;
    for (std::size_t i = 0; i <= change.wave && i < change.waves.size(); ++i)
        out.insert(out.end(), change.waves[i].begin(), change.waves[i].end());
    return out;
}

SettingsStep verified(const SettingsChange& change, const SettingsLook& look, std::string learnt) {
    SettingsStep step;
    step.learnt = std::move(learnt);
    const bool last = change.wave + 1 >= change.waves.size();
    const bool early = change.first_covers && change.wave == 0 && look.covers;
    if (last && !look.covers) return {};  // it waits until somebody is back
    step.kind = last || early ? Kind::Commit : Kind::NextWave;
    return step;
}

}  // namespace

json::Value to_json(const SettingsChange& change) {
    json::Array waves;
    for (const std::vector<NodeId>& wave : change.waves) waves.emplace_back(names_to_json(wave));
    json::Object out{{"phase", static_cast<std::uint64_t>(change.phase)},
                     {"index", change.index.value},
                     {"patch", change.patch.changes},
                     {"isReset", change.patch.is_reset},
                     {"waves", std::move(waves)},
                     {"wave", change.wave},
                     {"firstCovers", change.first_covers},
                     {"attempt", change.attempt},
                     {"body", change.body},
                     {"print", change.print},
                     {"previousBody", change.previous_body},
                     {"undone", names_to_json(change.undone)}};
    if (change.error) {
        out.append("errorCode", error_row(change.error->code).wire);
        out.append("error", change.error->message);
    }
    return out;
}

Result<SettingsChange> settings_change_of(const json::Value& stored) {
    const json::Value* patch = stored.find("patch");
    const json::Value* waves = stored.find("waves");
    if (patch == nullptr || !patch->is_object() || waves == nullptr || !waves->is_array())
        return fail(ErrorCode::MiroirStorageFailed, "a change of settings in the store cannot be read");
    SettingsChange change;
    change.phase = static_cast<SettingsChange::Phase>(number_at(stored, "phase"));
    change.index = IndexUid{text_at(stored, "index")};
    change.patch = {.changes = patch->object(), .is_reset = flag_at(stored, "isReset")};
    for (const json::Value& wave : waves->array()) change.waves.push_back(names_of(wave));
    change.wave = number_at(stored, "wave");
    change.first_covers = flag_at(stored, "firstCovers");
    change.attempt = static_cast<std::uint32_t>(number_at(stored, "attempt"));
    change.body = text_at(stored, "body");
    change.print = text_at(stored, "print");
    change.previous_body = text_at(stored, "previousBody");
    if (const json::Value* undone = stored.find("undone")) change.undone = names_of(*undone);
    if (stored.find("errorCode") != nullptr) {
        change.error = Error{.code = error_code_of(text_at(stored, "errorCode")), .message = text_at(stored, "error")};
    }
    return change;
}

SettingsStep next_step(const SettingsChange& change, const SettingsLook& look, std::uint32_t max_retries) {
    std::vector<NodeId> failed;
    std::vector<NodeId> wrong;
    std::optional<Error> refusal;
    std::size_t shows = 0;
    std::size_t away = 0;
    bool waits = false;
    std::string common;
    bool unanimous = true;
    for (const Seen& seen : look.nodes) {
        waits = waits || seen.kind == Seen::Kind::Open || (seen.kind == Seen::Kind::Mute && !look.timed_out);
        away += seen.kind == Seen::Kind::Away ? 1 : 0;
        if (seen.kind == Seen::Kind::Mute) wrong.push_back(seen.node);
        if (seen.kind == Seen::Kind::Mute) unanimous = false;
        if (seen.kind == Seen::Kind::Failed) {
            failed.push_back(seen.node);
            if (!refusal) refusal = seen.error;
        }
        if (seen.kind != Seen::Kind::Shows) continue;
        unanimous = unanimous && (shows++ == 0 || common == seen.print);
        common = seen.print;
        if (seen.print != change.print) wrong.push_back(seen.node);
    }
    if (waits) return {};
    if (!failed.empty()) {
        // The engine's own no: nobody has it, nobody need be undone.
        const bool own_no = refusal && error_row(refusal->code).type == ErrorType::InvalidRequest;
        if (own_no && shows == 0 && away == 0 && change.wave == 0 && wrong.empty() && change.attempt == 0)
            return {.kind = Kind::Fail, .error = refusal};
        wrong.insert(wrong.end(), failed.begin(), failed.end());
        if (change.attempt < max_retries) return {.kind = Kind::Again, .nodes = std::move(wrong)};
        return {.kind = Kind::Undo, .nodes = begun(change), .error = refusal};
    }
    if (wrong.empty()) return verified(change, look, {});
    // Sent twice, carried out twice, shown alike by all: that is how the engine writes these settings.
    if (unanimous && change.attempt > 0 && shows == wrong.size()) return verified(change, look, common);
    if (change.attempt < max_retries) return {.kind = Kind::Again, .nodes = std::move(wrong)};
    return {.kind = Kind::Undo, .nodes = begun(change), .error = not_taken_over(wrong)};
}

}  // namespace miroir::quorum
