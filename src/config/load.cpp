#include "config/load.h"

#include <sys/stat.h>

#include <unistd.h>
#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <sstream>

#include "config/key_table.h"
#include "config/settings.h"
#include "config/values.h"

namespace miroir::config {
namespace {

constexpr std::uintmax_t kLargestFile = 1'048'576;
constexpr std::size_t kShownBytes = 80;  // of a refused value

struct Origin {
    std::string source;
    std::string shown_as;
    std::string text;
    int line = 0;
};

// The configuration in the making: later sources overwrite, and every value remembers where it came from.
class Builder {
public:
    void add(const Source& source) {
        problems_.insert(problems_.end(), source.problems.begin(), source.problems.end());
        loaded_.warnings.insert(loaded_.warnings.end(), source.warnings.begin(), source.warnings.end());
        const bool names_nodes =
            std::ranges::any_of(source.settings, [](const Setting& s) { return s.path.starts_with("nodes["); });
        if (names_nodes) {
            loaded_.config.nodes.clear();  // a later list of nodes replaces an earlier one whole
            std::erase_if(origins_, [](const auto& entry) { return entry.first.starts_with("nodes["); });
        }
        for (const Setting& setting : source.settings) apply(source, setting);
    }

    void refuse(Problem problem) { problems_.push_back(std::move(problem)); }

    std::expected<Loaded, std::vector<Problem>> finish(bool need_nodes, std::string file) {
        // Rules between keys make sense only once each key by itself is right.
        if (problems_.empty()) {
            for (Problem& problem : check(loaded_.config, need_nodes)) problems_.push_back(placed(std::move(problem)));
        }
        if (!problems_.empty()) return std::unexpected(std::move(problems_));
        for (Node& node : loaded_.config.nodes) node.address = normal_address(node.address).value_or(node.address);
        warn_about_open_doors();
        loaded_.file = std::move(file);
        return std::move(loaded_);
    }

private:
    void apply(const Source& source, const Setting& setting) {
        const auto [target, facts] = locate(setting.path);
        if (facts == nullptr) return;  // the reader of the source has refused it already
        const Origin& origin = origins_[setting.path] = {source.name, setting.shown_as, setting.text, setting.line};
        if (auto complaint = assign(target, *facts, setting.text)) {
            const bool show_it = !facts->secret && !setting.text.contains('@');
            problems_.push_back({.source = origin.source,
                                 .line = origin.line,
                                 .key = origin.shown_as,
                                 .found = show_it ? setting.text.substr(0, kShownBytes) : std::string(),
                                 .message = *std::move(complaint)});
        }
    }

    std::pair<Target, const KeyFacts*> locate(std::string_view path) {
        if (!path.starts_with("nodes[")) {
            const auto* key = find_key(path);
            return key == nullptr ? std::pair<Target, const KeyFacts*>{}
                                  : std::pair<Target, const KeyFacts*>{key->target(loaded_.config), key};
        }
        const std::size_t close = path.find("].");
        const auto index = static_cast<std::size_t>(std::stoul(std::string(path.substr(6, close - 6))));
        const auto* key = find_node_key(path.substr(close + 2));
        if (key == nullptr) return {};
        if (loaded_.config.nodes.size() <= index) loaded_.config.nodes.resize(index + 1);
        return {key->target(loaded_.config.nodes[index]), key};
    }

    // Gives a problem of check(), which knows keys only, the place the value came from.
    Problem placed(Problem problem) const {
        const auto origin = origins_.find(problem.key);
        if (origin == origins_.end()) {
            problem.source = "configuration";
            return problem;
        }
        problem.source = origin->second.source;
        problem.line = origin->second.line;
        problem.key = origin->second.shown_as;
        return problem;
    }

    void warn_about_open_doors() {
        if (loaded_.config.master_key.empty()) {
            loaded_.warnings.emplace_back(
                "no master key is set: whoever reaches this server may do everything; set MIROIR_MASTER_KEY");
        }
        if (loaded_.config.shards > 256) loaded_.warnings.emplace_back("more than 256 shards make every search slower");
    }

    Loaded loaded_;
    std::map<std::string, Origin> origins_;
    std::vector<Problem> problems_;
};

bool exists(const std::string& path) {
    struct stat info{};
    return ::stat(path.c_str(), &info) == 0;
}

std::expected<std::string, std::string> read_file(const std::string& path) {
    struct stat info{};
    if (::stat(path.c_str(), &info) != 0) return std::unexpected("the file does not exist or cannot be reached");
    if (!S_ISREG(info.st_mode) && !S_ISFIFO(info.st_mode)) return std::unexpected("this is not a file");
    if (static_cast<std::uintmax_t>(info.st_size) > kLargestFile)
        return std::unexpected("the file is larger than 1 MiB");
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    if (!in || !(text << in.rdbuf() || info.st_size == 0))
        return std::unexpected("the file cannot be read; check its permissions");
    return std::move(text).str();
}

std::string file_to_read(const Sources& sources) {
    if (sources.file) return *sources.file;
    for (const auto& [name, value] : sources.environment) {
        if (name == "MIROIR_CONFIG" && !value.empty()) return value;
    }
    if (!sources.search_default_files) return {};
    for (const std::string& candidate : default_files()) {
        if (exists(candidate)) return candidate;
    }
    return {};
}

}  // namespace

std::string Problem::text() const {
    std::string out = source;
    if (line > 0) out += ":" + std::to_string(line);
    if (!key.empty()) out += ": " + key;
    if (!found.empty()) out += ": found `" + found + "`";
    return out + (found.empty() ? ": " : "; ") + message;
}

std::expected<Loaded, std::vector<Problem>> load(const Sources& sources) {
    Builder builder;
    const std::string file = file_to_read(sources);
    if (!file.empty()) {
        if (const auto text = read_file(file)) builder.add(read_yaml(file, *text));
        else builder.refuse({.source = file, .line = 0, .key = {}, .found = {}, .message = text.error()});
    }
    builder.add(read_environment(sources.environment));
    builder.add(read_flags(sources.flags));
    return builder.finish(sources.need_nodes, file);
}

std::vector<std::string> default_files() { return {"miroir.yaml", "config/miroir.yaml", "/etc/miroir/config.yaml"}; }

std::vector<std::pair<std::string, std::string>> process_environment() {
    std::vector<std::pair<std::string, std::string>> out;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view text(*entry);
        const std::size_t equals = text.find('=');
        if (equals == std::string_view::npos) continue;
        const bool about_us = text.starts_with("MIROIR_") || text.starts_with("MEILI_");
        if (!about_us && !text.starts_with("OPENAI_API_KEY=")) continue;
        out.emplace_back(text.substr(0, equals), text.substr(equals + 1));
    }
    std::ranges::sort(out);
    return out;
}

}  // namespace miroir::config
