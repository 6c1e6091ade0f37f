#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <set>
#include <sstream>

#include "config/key_table.h"
#include "config/settings.h"

namespace miroir::config {
namespace {

constexpr std::size_t kMostNodes = 1024;

int line_of(const YAML::Mark& mark) { return mark.line < 0 ? 0 : mark.line + 1; }

// Counts what the parser sees before anything is kept: for some broken texts it finds new documents without end.
class Bounds : public YAML::EventHandler {
public:
    struct Passed {
        int line;
        std::string message;
    };

    static void keep(const std::string& text) {
        std::istringstream in(text);
        YAML::Parser parser(in);
        Bounds bounds;
        while (parser.HandleNextDocument(bounds)) {
        }
    }

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (++documents_ > 1) throw Passed{line_of(mark), "a second document begins here; allowed: one"};
    }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { count(mark); }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { count(mark); }
    void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t, const std::string&) override {
        count(mark);
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                         YAML::EmitterStyle::value) override {
        count(mark);
    }
    void OnSequenceEnd() override {}
    void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
        count(mark);
    }
    void OnMapEnd() override {}

private:
    void count(const YAML::Mark& mark) {
        constexpr int kMostValues = 100'000;
        if (++values_ > kMostValues) throw Passed{line_of(mark), "the file has more than 100000 values"};
    }

    int documents_ = 0;
    int values_ = 0;
};

class Reader {
public:
    explicit Reader(Source& source) : source_(source) {}

    void document(const YAML::Node& root) {
        if (!root || root.IsNull()) return;  // an empty file: all defaults
        if (!root.IsMap())
            return complain(root, "", "the file is a list or a single value; allowed: lines of the form `key: value`");
        section(root, "");
    }

private:
    void complain(const YAML::Node& at, std::string key, std::string message) {
        complain(line_of(at.Mark()), std::move(key), std::move(message));
    }
    void complain(int line, std::string key, std::string message) {
        source_.problems.push_back(
            {.source = source_.name, .line = line, .key = std::move(key), .found = {}, .message = std::move(message)});
    }

    // The names of a map in order, each once; what cannot be a name is told.
    std::vector<std::pair<std::string, YAML::Node>> members(const YAML::Node& map, const std::string& prefix) {
        std::vector<std::pair<std::string, YAML::Node>> out;
        std::set<std::string> seen;
        for (const auto& member : map) {
            if (!member.first.IsScalar()) {
                complain(member.first, prefix, "a key must be a plain word");
                continue;
            }
            const std::string& name = member.first.Scalar();
            if (!seen.insert(name).second) {
                complain(member.first, prefix + name, "this key stands twice; keep one of them");
                continue;
            }
            lines_[prefix + name] = line_of(member.first.Mark());
            out.emplace_back(name, member.second);
        }
        return out;
    }

    void section(const YAML::Node& map, const std::string& prefix) {
        for (const auto& [name, value] : members(map, prefix)) {
            const std::string path = prefix + name;
            if (path == "nodes") nodes(value);
            else if (find_key(path) != nullptr) scalar(value, path);
            else if (is_section(path)) subsection(value, path);
            else
                unknown(path, all_paths(), path == "miroir" ? "; keys stand at the top here: take `miroir:` away" : "");
        }
    }

    void subsection(const YAML::Node& value, const std::string& path) {
        if (value.IsNull()) return;  // a section with all its keys commented out
        if (!value.IsMap())
            return complain(lines_[path], path, "this is a section; allowed: its keys, indented, on the lines below");
        section(value, path + ".");
    }

    void scalar(const YAML::Node& value, const std::string& path) {
        if (value.IsNull()) return complain(lines_[path], path, "has no value; give one or take the line away");
        if (!value.IsScalar()) return complain(lines_[path], path, "has a section or a list; allowed: a single value");
        source_.settings.push_back({.path = path, .text = value.Scalar(), .shown_as = path, .line = lines_[path]});
    }

    void unknown(const std::string& path, const std::vector<std::string>& known, std::string hint) {
        const auto meant = nearest(path, known);
        if (hint.empty())
            hint = meant ? "; did you mean `" + *meant + "`?" : "; `miroir config reference` lists all keys";
        complain(lines_[path], path, "unknown key" + hint);
    }

    void nodes(const YAML::Node& list) {
        if (list.IsNull()) return;
        if (!list.IsSequence())
            return complain(lines_["nodes"], "nodes", "allowed: a list, each entry `- id: …` and `address: …`");
        if (list.size() > kMostNodes) return complain(lines_["nodes"], "nodes", "more than 1024 nodes");
        std::size_t index = 0;
        for (const auto& entry : list) node(entry, "nodes[" + std::to_string(index++) + "]");
    }

    void node(const YAML::Node& entry, const std::string& path) {
        if (!entry.IsMap()) return complain(entry, path, "allowed: `id: …` and `address: …`, one below the other");
        lines_[path] = line_of(entry.Mark());
        std::set<std::string> named;
        for (const auto& [name, value] : members(entry, path + ".")) {
            const std::string member = path + "." + name;
            named.insert(name);
            if (find_node_key(name) != nullptr) {
                scalar(value, member);
                continue;
            }
            const auto meant = nearest(name, all_node_names());
            complain(lines_[member], member,
                     meant ? "unknown key; did you mean `" + *meant + "`?"
                           : "unknown key; a node has id, address, replica_group, zone, weight");
        }
        for (const Key<Node>& key : node_keys()) {
            if (key.required && !named.contains(std::string(key.path))) {
                complain(entry, path, "has no `" + std::string(key.path) + "`; every node needs one");
            }
        }
    }

    Source& source_;
    std::map<std::string, int> lines_;
};

}  // namespace

Source read_yaml(const std::string& name, const std::string& text) {
    Source source{.name = name, .settings = {}, .problems = {}, .warnings = {}};
    try {
        Bounds::keep(text);
        Reader(source).document(YAML::Load(text));
    } catch (const Bounds::Passed& passed) {
        source.problems.push_back(
            {.source = name, .line = passed.line, .key = {}, .found = {}, .message = passed.message});
    } catch (const YAML::Exception& error) {
        // `msg` speaks of the syntax only; what() is the same with the place in front.
        source.problems.push_back({.source = name,
                                   .line = line_of(error.mark),
                                   .key = {},
                                   .found = {},
                                   .message = "this is not YAML: " + error.msg});
    }
    refuse_contradictions(source);
    return source;
}

}  // namespace miroir::config
