#include "cli/control.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <functional>

#include "cli/caller.h"
#include "cli/tables.h"

namespace miroir::cli {
namespace {

using Deed = std::function<int(Caller&)>;

void offer_waiting(CLI::App* command, Settings& settings) {
    command->add_flag("--dry-run", settings.dry_run, "Only say whether it would be granted");
    command->add_flag("--wait", settings.wait, "Return when all that follows from it has been done");
    command->add_option("--timeout", settings.timeout_s, "Seconds to wait at most")->capture_default_str();
}

void offer_watch(CLI::App* command, Settings& settings) {
    command->add_flag("-w,--watch", settings.watch, "Again every second");
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
    offer_watch(list, settings);
    list->callback([&] { deed = [](Caller& c) { return c.show("/_miroir/topology", nodes_text); }; });
    CLI::App* status = node->add_subcommand("status", "One node: what it holds, what comes and goes");
    offer_watch(status, settings);
    status->add_option("id", wish.id)->required();
    status->callback([&] {
        deed = [&](Caller& c) {
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
    add->callback([&] { deed = [&](Caller& c) { return c.add(wish); }; });
    CLI::App* drain = node->add_subcommand("drain", "Move everything off a node; then it has left");
    drain->add_option("id", wish.id)->required();
    offer_waiting(drain, settings);
    drain->callback([&] {
        deed = [&](Caller& c) {
            return c.tell("POST", "/_miroir/nodes/" + wish.id + "/drain", {}, said_of_node("is to be empty"));
        };
    });
    CLI::App* recover = node->add_subcommand("recover", "Keep a node that is being drained");
    recover->add_option("id", wish.id)->required();
    recover->callback([&] {
        deed = [&](Caller& c) {
            return c.tell("POST", "/_miroir/nodes/" + wish.id + "/recover", {}, said_of_node("stays"));
        };
    });
    CLI::App* remove = node->add_subcommand("remove", "Forget a node that holds nothing");
    remove->add_option("id", wish.id)->required();
    remove->add_flag("--lost", wish.lost, "It is down and never comes back: copy what it held from the others");
    offer_waiting(remove, settings);
    remove->callback([&] {
        deed = [&](Caller& c) {
            return c.tell("DELETE", "/_miroir/nodes/" + wish.id + (wish.lost ? "?lost=true" : ""), {},
                          said_of_node(wish.lost ? "is written off" : "is forgotten"));
        };
    });
    CLI::App* replace = node->add_subcommand("replace", "Take a new node in and drain an old one");
    replace->add_option("old", wish.old, "The node to be drained")->required();
    offer_newcomer(replace, wish);
    offer_waiting(replace, settings);
    replace->callback([&] { deed = [&](Caller& c) { return c.replace(wish); }; });
}

void offer_groups(CLI::App& app, Settings& settings, NodeWish& wish, Deed& deed) {
    CLI::App* group = app.add_subcommand("group", "Groups: each holds every shard");
    group->require_subcommand(1);
    CLI::App* list = group->add_subcommand("list", "All groups with their nodes");
    offer_watch(list, settings);
    list->callback([&] { deed = [](Caller& c) { return c.show("/_miroir/replica_groups", groups_text); }; });
    CLI::App* add = group->add_subcommand("add", "A group more; it is filled from the others, then it answers");
    add->add_option("nodes", wish.nodes, "NAME=http://host:port, at least as many as copies of a shard")->required();
    add->add_flag("--any-version", wish.any_version, "Also with another engine version than the others");
    offer_waiting(add, settings);
    add->callback([&] { deed = [&](Caller& c) { return c.add_group(wish); }; });
    CLI::App* drain = group->add_subcommand("drain", "Nobody reads or writes the group any more; its nodes stay known");
    drain->add_option("number", wish.group)->required();
    drain->add_flag("--dry-run", settings.dry_run, "Only say whether it would be granted");
    drain->callback([&] {
        deed = [&](Caller& c) {
            return c.tell("POST", "/_miroir/replica_groups/" + std::to_string(wish.group) + "/drain", {},
                          said_of_group("has left; stop its nodes, then remove it"));
        };
    });
    CLI::App* remove = group->add_subcommand("remove", "The same, and its nodes are forgotten");
    remove->add_option("number", wish.group)->required();
    remove->add_flag("--dry-run", settings.dry_run, "Only say whether it would be granted");
    remove->callback([&] {
        deed = [&](Caller& c) {
            return c.tell("DELETE", "/_miroir/replica_groups/" + std::to_string(wish.group), {},
                          said_of_group("is forgotten; stop its nodes"));
        };
    });
}

void offer_comparing(CLI::App& app, Settings& settings, bool& deep, Deed& deed) {
    CLI::App* compare = app.add_subcommand("anti-entropy", "The comparing of copies");
    compare->require_subcommand(1);
    CLI::App* status = compare->add_subcommand("status", "What was compared and found");
    offer_watch(status, settings);
    status->callback([&] { deed = [](Caller& c) { return c.show("/_miroir/anti_entropy/status", comparing_text); }; });
    CLI::App* run = compare->add_subcommand("run", "Compare all copies now");
    run->add_flag("--wait", settings.wait, "Return when all have been compared");
    run->add_option("--timeout", settings.timeout_s, "Seconds to wait at most")->capture_default_str();
    run->callback([&] { deed = [](Caller& c) { return c.compare(); }; });
    CLI::App* verify = app.add_subcommand("verify", "Is every copy where it ought to be? Exit code 1 when not");
    offer_watch(verify, settings);
    verify->add_flag("--deep", deep, "Compare all copies first");
    verify->add_option("--timeout", settings.timeout_s, "Seconds to wait at most")->capture_default_str();
    verify->callback([&] { deed = [&](Caller& c) { return c.verify(deep); }; });
}

void offer_rebalance(CLI::App& app, Settings& settings, Deed& deed) {
    CLI::App* rebalance = app.add_subcommand("rebalance", "The moving of shards");
    rebalance->require_subcommand(1);
    CLI::App* status = rebalance->add_subcommand("status", "What moves, and what each move waits for");
    offer_watch(status, settings);
    status->callback([&] { deed = [](Caller& c) { return c.show("/_miroir/rebalance/status", rebalance_text); }; });
    CLI::App* plan = rebalance->add_subcommand("plan", "What has to move, in which order, and why");
    offer_watch(plan, settings);
    plan->callback([&] { deed = [](Caller& c) { return c.show("/_miroir/rebalance/status", plan_text); }; });
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
            deed = [target](Caller& c) { return c.tell("POST", target, {}, rebalance_text); };
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
    bool deep = false;
    Deed deed;
    app.add_option("--url", settings.url, "Where Miroir serves")->envname("MIROIR_URL")->capture_default_str();
    app.add_option("--key-file", settings.key_file, "A file that holds the admin key; else MIROIR_ADMIN_API_KEY");
    app.add_flag("--json", settings.json, "Print the answer as JSON");
    CLI::App* status = app.add_subcommand("status", "The cluster in a line, then its nodes, and what is missing");
    offer_watch(status, settings);
    status->callback([&] { deed = [](Caller& c) { return c.status(); }; });
    offer_nodes(app, settings, wish, deed);
    offer_groups(app, settings, wish, deed);
    offer_rebalance(app, settings, deed);
    offer_comparing(app, settings, deep, deed);
    CLI::App* explain = app.add_subcommand("explain", "Why something is as it is");
    explain->require_subcommand(1);
    CLI::App* explain_shard = explain->add_subcommand("shard", "Why a shard is where it is, and where it goes");
    explain_shard->add_option("number", shard)->required();
    offer_watch(explain_shard, settings);
    explain_shard->callback(
        [&] { deed = [&](Caller& c) { return c.show("/_miroir/shards/" + shard + "/explain", seats_text); }; });
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
    Caller caller(settings, *std::move(key));
    return deed(caller);
}

}  // namespace miroir::cli
