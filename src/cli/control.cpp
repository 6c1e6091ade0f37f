#include "cli/control.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <functional>

#include "cli/door.h"
#include "cli/tables.h"
#include "json/write.h"

namespace miroir::cli {
namespace {

enum Exit : int { kDone = 0, kFailed = 1, kWrongUse = 2, kNoAnswer = 3, kTimedOut = 4 };
using View = std::function<std::string(const json::Value&)>;

struct Settings {
    std::string url = "http://localhost:7700";
    std::string key_file;
    bool json = false;
    bool dry_run = false;
    bool wait = false;
    bool watch = false;
    unsigned timeout_s = 3600;
};

struct NodeWish {
    std::string id;
    std::string address;
    std::string old;
    std::string zone;
    unsigned group = 0;
    double weight = 1;
    bool any_version = false;
    bool lost = false;
};

class Control {
public:
    Control(const Settings& settings, std::string key) : settings_(settings), door_(settings.url, std::move(key)) {}

    int status() {
        return repeated([this] {
            const auto topology = door_.ask("GET", "/_miroir/topology");
            const auto moves = door_.ask("GET", "/_miroir/rebalance/status");
            if (const int trouble = judge(topology)) return trouble;
            if (const int trouble = judge(moves)) return trouble;
            if (settings_.json) {
                say(json::Object{{"topology", topology->body}, {"rebalance", moves->body}});
            } else {
                std::fputs((status_line(topology->body, moves->body) + nodes_text(topology->body)).c_str(), stdout);
            }
            return int{kDone};
        });
    }

    int show(const std::string& target, const View& view) {
        return repeated([&] { return finish(door_.ask("GET", target), view); });
    }

    int tell(const std::string& method, std::string target, json::Value body, const View& view) {
        if (settings_.dry_run) target += (target.contains('?') ? "&" : "?") + std::string("dryRun=true");
        const int code = finish(door_.ask(method, target, std::move(body)), view);
        if (code != kDone || settings_.dry_run || !settings_.wait) return code;
        return wait();
    }

    int add(const NodeWish& wish) {
        json::Object body{{"id", wish.id}, {"address", wish.address}, {"replica_group", wish.group}};
        body.append("weight", wish.weight);
        if (!wish.zone.empty()) body.append("zone", wish.zone);
        if (wish.any_version) body.append("any_version", true);
        return tell("POST", "/_miroir/nodes", json::Value(std::move(body)), said("is to join"));
    }

    // The new node first, so that the old one has somebody to give its shards to.
    int replace(const NodeWish& wish) {
        const int added = add(wish);
        if (added != kDone || settings_.dry_run) return added;
        return tell("POST", "/_miroir/nodes/" + wish.old + "/drain", {}, said("is to be empty"));
    }

    // All shards covered, nothing moves or has to, nobody lacks anything.
    int verify() {
        const auto topology = door_.ask("GET", "/_miroir/topology");
        const auto shards = door_.ask("GET", "/_miroir/shards");
        const auto moves = door_.ask("GET", "/_miroir/rebalance/status");
        for (const auto* answer : {&topology, &shards, &moves}) {
            if (const int trouble = judge(*answer)) return trouble;
        }
        std::vector<std::string> findings;
        const auto look = [&findings](bool wrong, const std::string& text) {
            if (wrong) findings.push_back(text);
        };
        look(cell(topology->body, "fully_covered") != "true", "some shards have no node that answers for them");
        look(cell(topology->body, "degraded_node_count") != "0", "nodes are degraded");
        look(cell(topology->body, "mixed_engine_versions") == "true", "nodes run different engine versions");
        look(cell(moves->body, "moving") != "0" || cell(moves->body, "planned") != "0", "shards move, or have to");
        for (const char* name : {"debts", "lost"}) {
            const std::string text = cell(shards->body, name);
            look(text != "-" && text != "[]" && text != "{}", std::string(name) + ": " + text);
        }
        if (settings_.json) {
            json::Array list;
            for (const std::string& finding : findings) list.emplace_back(finding);
            say(json::Object{{"sound", findings.empty()}, {"findings", std::move(list)}});
        } else {
            for (const std::string& finding : findings) std::printf("%s\n", finding.c_str());
            if (findings.empty())
                std::puts("All is well: every copy is where it ought to be, and nobody lacks anything.");
        }
        return findings.empty() ? kDone : kFailed;
    }

    View said(std::string what) {
        return [what = std::move(what)](const json::Value& body) {
            return "Node " + cell(body, "node_id") + " " + what + ".\n";
        };
    }

private:
    void say(const json::Value& value) { std::printf("%s\n", json::to_text(value).c_str()); }

    int judge(const Result<Answer>& answer) {
        if (!answer) {
            std::fprintf(stderr, "miroir-ctl: %s does not answer: %s\n", settings_.url.c_str(),
                         answer.error().message.c_str());
            return kNoAnswer;
        }
        if (answer->good()) return kDone;
        std::fprintf(stderr, "miroir-ctl: %s\n", answer->message().c_str());
        return kFailed;
    }

    int finish(const Result<Answer>& answer, const View& view) {
        if (const int trouble = judge(answer)) return trouble;
        if (settings_.json) say(answer->body);
        else std::fputs(((settings_.dry_run ? "Nothing was changed. " : "") + view(answer->body)).c_str(), stdout);
        std::fflush(stdout);
        return kDone;
    }

    int repeated(const std::function<int()>& once) {
        for (;;) {
            const int code = once();
            if (!settings_.watch || code == kFailed) return code;
            std::fflush(stdout);
            door_.pause(std::chrono::seconds(1));
            if (!settings_.json) std::puts("");
        }
    }

    // Until no shard moves, none has to, and every node has joined or left.
    int wait() {
        for (unsigned second = 0; second < settings_.timeout_s * 2; ++second) {
            door_.pause(std::chrono::milliseconds(500));
            const auto moves = door_.ask("GET", "/_miroir/rebalance/status");
            const auto topology = door_.ask("GET", "/_miroir/topology");
            if (!moves || !topology || !moves->good() || !topology->good()) continue;  // it may be restarting
            const json::Value* nodes = topology->body.find("nodes");
            const bool settled = nodes != nullptr && std::ranges::none_of(nodes->array(), [](const json::Value& node) {
                                     const std::string status = cell(node, "status");
                                     return status == "joining" || status == "draining";
                                 });
            if (cell(moves->body, "state") == "paused") {
                std::fputs("miroir-ctl: the rebalance is paused; resume it to go on\n", stderr);
                return kFailed;
            }
            if (settled && cell(moves->body, "moving") == "0" && cell(moves->body, "planned") == "0") return kDone;
            if (!settings_.json && second % 4 == 3) {
                std::fprintf(stderr, "%s moving, %s to come, %s documents copied\n",
                             cell(moves->body, "moving").c_str(), cell(moves->body, "planned").c_str(),
                             cell(moves->body, "documents_copied").c_str());
            }
        }
        std::fputs("miroir-ctl: it has not come to its end in time; it goes on all the same\n", stderr);
        return kTimedOut;
    }

    const Settings& settings_;
    Door door_;
};

using Deed = std::function<int(Control&)>;

void offer_waiting(CLI::App* command, Settings& settings) {
    command->add_flag("--dry-run", settings.dry_run, "Only say whether it would be granted");
    command->add_flag("--wait", settings.wait, "Return when all that follows from it has been done");
    command->add_option("--timeout", settings.timeout_s, "Seconds to wait at most")->capture_default_str();
}

void offer_newcomer(CLI::App* command, NodeWish& wish) {
    command->add_option("--id", wish.id, "The name of the new node, never used before")->required();
    command->add_option("--address", wish.address, "http://host:port")->required();
    command->add_option("--replica-group", wish.group, "Its group")->capture_default_str();
    command->add_option("--zone", wish.zone, "Copies of one shard avoid one zone");
    command->add_option("--weight", wish.weight, "2 takes twice as many shards as 1")->capture_default_str();
    command->add_flag("--any-version", wish.any_version, "Also with another engine version than the others");
}

void offer_nodes(CLI::App& app, Settings& settings, NodeWish& wish, Deed& deed) {
    CLI::App* node = app.add_subcommand("node", "The nodes of the cluster");
    node->require_subcommand(1);
    CLI::App* list = node->add_subcommand("list", "All nodes with their states");
    list->callback([&] { deed = [](Control& c) { return c.show("/_miroir/topology", nodes_text); }; });
    CLI::App* status = node->add_subcommand("status", "One node: what it holds, what comes and goes");
    status->add_option("id", wish.id)->required();
    status->callback([&] {
        deed = [&](Control& c) {
            return c.show("/_miroir/nodes/" + wish.id + "/status", [](const json::Value& node) {
                return "Node " + cell(node, "node_id") + " is " + cell(node, "status") + ", serves " +
                       cell(node, "serving") + " shards, " + cell(node, "to_come") + " to come, " +
                       cell(node, "to_go") + " to go.\n" +
                       rebalance_text(node).substr(rebalance_text(node).find('\n') + 1);
            });
        };
    });
    CLI::App* add = node->add_subcommand("add", "Take an empty node in; shards move to it");
    offer_newcomer(add, wish);
    offer_waiting(add, settings);
    add->callback([&] { deed = [&](Control& c) { return c.add(wish); }; });
    CLI::App* drain = node->add_subcommand("drain", "Move everything off a node; then it has left");
    drain->add_option("id", wish.id)->required();
    offer_waiting(drain, settings);
    drain->callback([&] {
        deed = [&](Control& c) {
            return c.tell("POST", "/_miroir/nodes/" + wish.id + "/drain", {}, c.said("is to be empty"));
        };
    });
    CLI::App* recover = node->add_subcommand("recover", "Keep a node that is being drained");
    recover->add_option("id", wish.id)->required();
    recover->callback([&] {
        deed = [&](Control& c) {
            return c.tell("POST", "/_miroir/nodes/" + wish.id + "/recover", {}, c.said("stays"));
        };
    });
    CLI::App* remove = node->add_subcommand("remove", "Forget a node that holds nothing");
    remove->add_option("id", wish.id)->required();
    remove->add_flag("--lost", wish.lost, "It is down and never comes back: copy what it held from the others");
    offer_waiting(remove, settings);
    remove->callback([&] {
        deed = [&](Control& c) {
            return c.tell("DELETE", "/_miroir/nodes/" + wish.id + (wish.lost ? "?lost=true" : ""), {},
                          c.said(wish.lost ? "is written off" : "is forgotten"));
        };
    });
    CLI::App* replace = node->add_subcommand("replace", "Take a new node in and drain an old one");
    replace->add_option("old", wish.old, "The node to be drained")->required();
    offer_newcomer(replace, wish);
    offer_waiting(replace, settings);
    replace->callback([&] { deed = [&](Control& c) { return c.replace(wish); }; });
}

void offer_rebalance(CLI::App& app, Settings& settings, Deed& deed) {
    CLI::App* rebalance = app.add_subcommand("rebalance", "The moving of shards");
    rebalance->require_subcommand(1);
    CLI::App* status = rebalance->add_subcommand("status", "What moves, and what each move waits for");
    status->add_flag("-w,--watch", settings.watch, "Again every second");
    status->callback([&] { deed = [](Control& c) { return c.show("/_miroir/rebalance/status", rebalance_text); }; });
    CLI::App* plan = rebalance->add_subcommand("plan", "What has to move, in which order, and why");
    plan->callback([&] { deed = [](Control& c) { return c.show("/_miroir/rebalance/status", plan_text); }; });
    struct Wish {
        const char* name;
        const char* target;
        const char* help;
    };
    static constexpr std::array kWishes = {
        Wish{"start", "/_miroir/rebalance", "Move what has to move"},
        Wish{"pause", "/_miroir/rebalance/pause", "Begin no further move; those under way are finished"},
        Wish{"resume", "/_miroir/rebalance/resume", "Go on after a pause"},
        Wish{"cancel", "/_miroir/rebalance/cancel", "Pause, and give up the moves that are not cut over yet"}};
    for (const Wish& wish : kWishes) {
        CLI::App* command = rebalance->add_subcommand(wish.name, wish.help);
        const bool ends = std::string_view(wish.name) == "start" || std::string_view(wish.name) == "resume";
        if (ends) offer_waiting(command, settings);
        command->callback([&deed, target = wish.target] {
            deed = [target](Control& c) { return c.tell("POST", target, {}, rebalance_text); };
        });
    }
}

}  // namespace

int run_control(int argc, char** argv) {
    CLI::App app("Looks at a running Miroir and changes its cluster.", "miroir-ctl");
    app.require_subcommand(1);
    Settings settings;
    NodeWish wish;
    std::string shard;
    Deed deed;
    app.add_option("--url", settings.url, "Where Miroir serves")->envname("MIROIR_URL")->capture_default_str();
    app.add_option("--key-file", settings.key_file, "A file that holds the admin key; else MIROIR_ADMIN_API_KEY");
    app.add_flag("--json", settings.json, "Print the answer as JSON");
    CLI::App* status = app.add_subcommand("status", "The cluster in a line, then its nodes");
    status->add_flag("-w,--watch", settings.watch, "Again every second");
    status->callback([&] { deed = [](Control& c) { return c.status(); }; });
    offer_nodes(app, settings, wish, deed);
    offer_rebalance(app, settings, deed);
    app.add_subcommand("verify", "Is every copy where it ought to be? Exit code 1 when not")->callback([&] {
        deed = [](Control& c) { return c.verify(); };
    });
    CLI::App* explain = app.add_subcommand("explain", "Why something is as it is");
    explain->require_subcommand(1);
    CLI::App* explain_shard = explain->add_subcommand("shard", "Why a shard is where it is, and where it goes");
    explain_shard->add_option("number", shard)->required();
    explain_shard->callback(
        [&] { deed = [&](Control& c) { return c.show("/_miroir/shards/" + shard + "/explain", seats_text); }; });
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? kDone : kWrongUse;
    }
    Result<std::string> key = find_key(settings.key_file);
    if (!key) {
        std::fprintf(stderr, "miroir-ctl: %s\n", key.error().message.c_str());
        return kWrongUse;
    }
    Control control(settings, *std::move(key));
    return deed(control);
}

}  // namespace miroir::cli
