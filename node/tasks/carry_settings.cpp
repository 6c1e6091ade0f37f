#include "node/tasks/batching.h"
#include "node/tasks/carry_out.h"
#include "protocol/settings/settings.h"

namespace miroir::node {

using protocol::TaskType;

namespace {

bool adds_remote_embedder(const protocol::Settings& before, const protocol::Settings& after) {
    for (const auto& [name, embedder] : after.embedders) {
        if (embedder.source == protocol::EmbedderSource::UserProvided) continue;
        const auto old = before.embedders.find(name);
        if (old == before.embedders.end() || !(old->second == embedder)) return true;
    }
    return false;
}

protocol::SettingsPatch patch_of(const Work& work) {
    protocol::SettingsPatch patch{.changes = {}, .is_reset = flag_param(work, "isReset")};
    if (const json::Value* changes = work.params.find("changes"); changes != nullptr && changes->is_object()) {
        patch.changes = changes->object();
    }
    return patch;
}

Result<protocol::Settings> settings_after(BatchRun& run, protocol::Settings settings) {
    for (const std::uint64_t uid : run.uids) {
        const Work& work = run.work(uid);
        if (work.task.type != TaskType::SettingsUpdate) continue;
        MIROIR_TRY(settings, protocol::apply_patch(std::move(settings), patch_of(work)));
    }
    return settings;
}

void end_all(BatchRun& run, const std::optional<Error>& error, std::uint64_t cleared) {
    for (const std::uint64_t uid : run.uids) {
        const Work& work = run.work(uid);
        json::Value details = work.task.details;
        if (work.task.type != TaskType::SettingsUpdate) details["deletedDocuments"] = error ? 0 : cleared;
        if (error) {
            run.fail(uid, std::move(details), *error);
        } else {
            run.succeed(uid, std::move(details));
        }
    }
}

}  // namespace

env::Task<void> carry_settings(BatchRun& run) {
    const std::string uid = *run.work(run.uids.front()).task.index_uid;
    StoredIndex* stored = run.world.find(uid);
    if (stored == nullptr) {
        bool creates = false;
        for (const std::uint64_t task : run.uids) creates = creates || may_create_index(run.work(task));
        if (!creates) {
            end_all(run, no_such_index(uid), 0);
            co_return;
        }
        stored = &run.world.create(uid, run.now);
    }
    std::uint64_t cleared = 0;
    for (const std::uint64_t task : run.uids) {
        if (run.work(task).task.type != TaskType::DocumentDeletion) continue;
        cleared += stored->index.document_count();
        stored->index.clear();
    }
    auto settings = settings_after(run, stored->index.settings());
    if (settings && stored->index.document_count() != 0 && adds_remote_embedder(stored->index.settings(), *settings)) {
        const bool go_on = co_await wait_for_embedder(run);
        if (!go_on) {
            run.cancelled = true;
            co_return;
        }
    }
    const bool go_on = co_await run.pace.breathe();
    if (!go_on) {
        run.cancelled = true;
        co_return;
    }
    std::optional<Error> refused;
    if (!settings) {
        refused = inside_index(uid, settings.error());
    } else if (auto applied = stored->index.set_settings(std::move(*settings)); !applied) {
        refused = inside_index(uid, applied.error());
    }
    run.world.touch(*stored, run.now);
    end_all(run, refused, cleared);
}

}  // namespace miroir::node
