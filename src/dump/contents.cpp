#include "dump/contents.h"

#include <algorithm>

#include "dump/task_lines.h"
#include "json/members.h"
#include "json/parse.h"
#include "protocol/keys/index_uid.h"

namespace miroir::dump {
namespace {

constexpr std::size_t kLargestFile = 64u << 20;  // of those that are read whole

std::unexpected<Error> wrong(const std::string& file, const std::string& what) {
    return fail(ErrorCode::MiroirInvalidRequest, "this is no dump that can be loaded: " + file + ": " + what);
}

class Reader {
public:
    explicit Reader(env::FileIn& file) : archive_(file) {}

    Result<Contents> run() {
        for (;;) {
            MIROIR_TRY(const std::optional<ArchiveReader::Entry> entry, archive_.next());
            if (!entry) break;
            MIROIR_CHECK(take(entry->name));
        }
        MIROIR_CHECK(check_whole());
        return std::move(out_);
    }

private:
    Result<void> take(const std::string& name) {
        if (name == "metadata.json") return take_metadata(name);
        if (name == "keys.jsonl") return take_lines(name, &Reader::take_key);
        if (name == "tasks/queue.jsonl") return take_lines(name, &Reader::take_task);
        if (name == "experimental-features.json") return take_object(name, out_.features);
        if (name == "network.json") return take_object(name, out_.network);
        if (name == "webhooks.json") return take_object(name, out_.webhooks);
        constexpr std::string_view kChats = "chat-completions-settings/";
        if (name.starts_with(kChats) && name.ends_with(".json"))
            return take_object(name, out_.chats[name.substr(kChats.size(), name.size() - kChats.size() - 5)]);
        if (name.starts_with("indexes/")) return take_of_index(name);
        return {};
    }

    Result<void> take_object(const std::string& name, json::Value& into) {
        MIROIR_TRY(const std::string text, archive_.read_all(kLargestFile));
        auto parsed = json::parse(text);
        if (!parsed || !parsed->is_object()) return wrong(name, "no JSON object");
        into = *std::move(parsed);
        return {};
    }

    Result<void> take_metadata(const std::string& name) {
        json::Value metadata;
        MIROIR_CHECK(take_object(name, metadata));
        const std::string version = text_at(metadata, "dumpVersion");
        if (version != "V6")
            return wrong(name, "its form is " + (version.empty() ? "not told" : version) +
                                   "; only V6 is known. Load it into Meilisearch first and make a dump there.");
        out_.engine_version = text_at(metadata, "dbVersion");
        out_.date = text_at(metadata, "dumpDate");
        return {};
    }

    using TakeLine = Result<void> (Reader::*)(const json::Value& line);
    Result<void> take_lines(const std::string& name, TakeLine take_line) {
        for (std::uint64_t number = 1;; ++number) {
            MIROIR_TRY(const std::optional<std::string> line, archive_.line());
            if (!line) break;
            if (line->empty()) continue;
            const auto parsed = json::parse(*line);
            const std::string place = name + ", line " + std::to_string(number);
            if (!parsed) return wrong(place, "no JSON");
            if (const Result<void> taken = (this->*take_line)(*parsed); !taken)
                return wrong(place, taken.error().message);
        }
        seen_.push_back(name);
        return {};
    }

    Result<void> take_key(const json::Value& line) {
        MIROIR_TRY(protocol::ApiKey key, key_of_line(line));
        out_.keys.push_back(std::move(key));
        return {};
    }

    Result<void> take_task(const json::Value& line) {
        Result<protocol::Task> task = task_of_line(line);
        if (!task) {
            const json::Value* uid = line.find("uid");
            if (uid == nullptr || !uid->is_unsigned() || line.find("type") == nullptr) return fail(task.error());
            out_.left_out.push_back("task " + std::to_string(uid->unsigned_integer()) +
                                    ", of a type that is not kept here");
            return {};
        }
        if (!protocol::is_finished(task->status)) {
            return fail(ErrorCode::MiroirInvalidRequest,
                        "task " + std::to_string(task->uid) +
                            " had not ended when the dump was made. Let Meilisearch finish its tasks, then dump anew.");
        }
        if (!out_.tasks.empty() && task->uid <= out_.tasks.back().uid)
            return fail(ErrorCode::MiroirInvalidRequest, "tasks are not in their order");
        out_.tasks.push_back(*std::move(task));
        return {};
    }

    Result<void> take_of_index(const std::string& name) {
        const std::size_t slash = name.find('/', 8);
        if (slash == std::string::npos) return {};
        const std::string folder = name.substr(8, slash - 8);
        const std::string file = name.substr(slash + 1);
        if (file == "metadata.json") return take_index(name, out_.indexes[folder]);
        if (file == "settings.json") return take_settings(name, folder);
        if (file != "documents.jsonl") return {};
        counting_ = &out_.indexes[folder];
        return take_lines(name, &Reader::count_document);
    }

    Result<void> count_document(const json::Value& line) {
        if (!line.is_object()) return fail(ErrorCode::MiroirInvalidRequest, "no JSON object");
        ++counting_->documents;
        return {};
    }

    Result<void> take_index(const std::string& name, IndexContents& index) {
        json::Value metadata;
        MIROIR_CHECK(take_object(name, metadata));
        index.uid = text_at(metadata, "uid");
        if (const std::string key = text_at(metadata, "primaryKey"); !key.empty()) index.primary_key = key;
        const auto created = protocol::parse_rfc3339(text_at(metadata, "createdAt"));
        const auto updated = protocol::parse_rfc3339(text_at(metadata, "updatedAt"));
        if (index.uid.empty() || !created || !updated) return wrong(name, "uid or dates are missing");
        index.created_at = *created;
        index.updated_at = *updated;
        return {};
    }

    Result<void> take_settings(const std::string& name, const std::string& folder) {
        json::Value settings;
        MIROIR_CHECK(take_object(name, settings));
        const protocol::SettingsGates all{
            .chat_completions = true, .foreign_keys = true, .multimodal = true, .composite_embedders = true};
        Result<protocol::SettingsPatch> patch = protocol::parse_settings(settings, all);
        if (!patch) return wrong(name, patch.error().message);
        out_.indexes[folder].settings = *std::move(patch);
        settings_seen_.push_back(folder);
        return {};
    }

    Result<void> check_whole() {
        if (out_.engine_version.empty()) return wrong("metadata.json", "is missing");
        for (const char* name : {"keys.jsonl", "tasks/queue.jsonl"}) {
            if (std::ranges::find(seen_, name) == seen_.end()) return wrong(name, "is missing");
        }
        for (auto entry = out_.indexes.begin(); entry != out_.indexes.end();) {
            const auto& [folder, index] = *entry;
            const std::string place = "indexes/" + folder;
            if (index.uid.empty()) return wrong(place + "/metadata.json", "is missing");
            if (std::ranges::find(settings_seen_, folder) == settings_seen_.end())
                return wrong(place + "/settings.json", "is missing");
            if (std::ranges::find(seen_, place + "/documents.jsonl") == seen_.end())
                return wrong(place + "/documents.jsonl", "is missing");
            if (index.documents > 0 && !index.primary_key)
                return wrong(place + "/metadata.json", "has documents and no primary key");
            if (protocol::check_index_uid(index.uid)) {
                ++entry;
                continue;
            }
            out_.left_out.push_back("index `" + index.uid + "`, which the engine keeps for itself");
            entry = out_.indexes.erase(entry);
        }
        return {};
    }

    ArchiveReader archive_;
    Contents out_;
    std::vector<std::string> seen_;
    std::vector<std::string> settings_seen_;
    IndexContents* counting_ = nullptr;
};

}  // namespace

Result<Contents> read_contents(env::FileIn& file) { return Reader(file).run(); }

std::string documents_folder(const std::string& name) {
    constexpr std::string_view kBefore = "indexes/";
    constexpr std::string_view kBehind = "/documents.jsonl";
    if (!name.starts_with(kBefore) || !name.ends_with(kBehind)) return {};
    return name.substr(kBefore.size(), name.size() - kBefore.size() - kBehind.size());
}

}  // namespace miroir::dump
