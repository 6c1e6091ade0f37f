#include "cli/caller.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "cli/tables.h"
#include "json/members.h"
#include "json/write.h"

namespace miroir::cli {
namespace {

constexpr std::chrono::milliseconds kLook{500};

bool is_settled(const json::Value& topology) {
    const json::Value* nodes = topology.find("nodes");
    return nodes != nullptr && nodes->is_array() && std::ranges::none_of(nodes->array(), [](const json::Value& node) {
               const std::string status = cell(node, "status");
               return status == "joining" || status == "draining";
           });
}

}  // namespace

View said_of_node(std::string what) {
    return [what = std::move(what)](const json::Value& body) {
        return "Node " + cell(body, "node_id") + " " + what + ".\n";
    };
}

View said_of_group(std::string what) {
    return [what = std::move(what)](const json::Value& body) {
        return "Group " + cell(body, "group_id") + " " + what + ".\n";
    };
}

int Caller::status() {
    return repeated([this] {
        const auto topology = door_.ask("GET", "/_miroir/topology");
        const auto moves = door_.ask("GET", "/_miroir/rebalance/status");
        const auto shards = door_.ask("GET", "/_miroir/shards");
        for (const auto* answer : {&topology, &moves, &shards}) {
            if (const int trouble = judge(*answer)) return trouble;
        }
        if (settings_.json) {
            say(json::Object{{"topology", topology->body}, {"rebalance", moves->body}, {"shards", shards->body}});
        } else {
            const std::string text = status_line(topology->body, moves->body) + nodes_text(topology->body) +
                                     absences_text(moves->body) + gaps_text(shards->body);
            std::fputs(text.c_str(), stdout);
        }
        return int{kDone};
    });
}

int Caller::show(const std::string& target, const View& view) {
    return repeated([&] { return finish(door_.ask("GET", target), view); });
}

int Caller::tell(const std::string& method, std::string target, json::Value body, const View& view) {
    if (settings_.dry_run) target += (target.contains('?') ? "&" : "?") + std::string("dryRun=true");
    const int code = finish(door_.ask(method, target, std::move(body)), view);
    if (code != kDone || settings_.dry_run || !settings_.wait) return code;
    return wait();
}

int Caller::add(const NodeWish& wish) {
    json::Object body{{"id", wish.id}, {"address", wish.address}, {"replica_group", wish.group}};
    body.append("weight", wish.weight);
    if (!wish.zone.empty()) body.append("zone", wish.zone);
    if (wish.any_version) body.append("any_version", true);
    return tell("POST", "/_miroir/nodes", json::Value(std::move(body)), said_of_node("is to join"));
}

int Caller::replace(const NodeWish& wish) {
    const int added = add(wish);
    if (added != kDone || settings_.dry_run) return added;
    return tell("POST", "/_miroir/nodes/" + wish.old + "/drain", {}, said_of_node("is to be empty"));
}

int Caller::add_group(const NodeWish& wish) {
    json::Array nodes;
    for (const std::string& named : wish.nodes) {
        const std::size_t equals = named.find('=');
        if (equals == 0 || equals == std::string::npos || equals + 1 == named.size()) {
            std::fprintf(stderr, "miroir-ctl: `%s` is not NAME=http://HOST:PORT\n", named.c_str());
            return kWrongUse;
        }
        json::Object node{{"id", named.substr(0, equals)}, {"address", named.substr(equals + 1)}};
        if (wish.any_version) node.append("any_version", true);
        nodes.emplace_back(std::move(node));
    }
    return tell("POST", "/_miroir/replica_groups", json::Object{{"nodes", std::move(nodes)}},
                said_of_group("is to be filled"));
}

int Caller::compare() {
    const auto before = door_.ask("GET", "/_miroir/anti_entropy/status");
    if (const int trouble = judge(before)) return trouble;
    const int code = finish(door_.ask("POST", "/_miroir/anti_entropy"), comparing_text);
    if (code != kDone || !settings_.wait) return code;
    return wait_for_comparing(number_at(before->body, "passes"));
}

int Caller::verify(bool deep) {
    if (deep) {
        const auto before = door_.ask("GET", "/_miroir/anti_entropy/status");
        if (const int trouble = judge(before)) return trouble;
        if (const int trouble = judge(door_.ask("POST", "/_miroir/anti_entropy"))) return trouble;
        if (const int code = wait_for_comparing(number_at(before->body, "passes"))) return code;
    }
    return repeated([this, deep] { return look_for_faults(deep); });
}

// All shards covered, nothing moves or has to, nobody lacks anything.
int Caller::look_for_faults(bool deep) {
    const auto topology = door_.ask("GET", "/_miroir/topology");
    const auto shards = door_.ask("GET", "/_miroir/shards");
    const auto moves = door_.ask("GET", "/_miroir/rebalance/status");
    const auto copies = door_.ask("GET", "/_miroir/anti_entropy/status");
    for (const auto* answer : {&topology, &shards, &moves, &copies}) {
        if (const int trouble = judge(*answer)) return trouble;
    }
    std::vector<std::string> findings = faults_of({.topology = topology->body,
                                                   .shards = shards->body,
                                                   .moves = moves->body,
                                                   .copies = copies->body,
                                                   .compared = deep});
    if (settings_.json) {
        json::Array list;
        for (const std::string& finding : findings) list.emplace_back(finding);
        say(json::Object{{"sound", findings.empty()}, {"findings", std::move(list)}});
    } else {
        for (const std::string& finding : findings) std::printf("%s\n", finding.c_str());
        if (findings.empty()) std::puts("All is well: every copy is where it ought to be, and nobody lacks anything.");
    }
    return findings.empty() ? kDone : kFailed;
}

void Caller::say(const json::Value& value) { std::printf("%s\n", json::to_text(value).c_str()); }

int Caller::judge(const Result<Answer>& answer) {
    if (!answer) {
        std::fprintf(stderr, "miroir-ctl: %s does not answer: %s\n", settings_.url.c_str(),
                     answer.error().message.c_str());
        return kNoAnswer;
    }
    if (answer->good()) return kDone;
    std::fprintf(stderr, "miroir-ctl: %s\n", answer->message().c_str());
    return kFailed;
}

int Caller::finish(const Result<Answer>& answer, const View& view) {
    if (const int trouble = judge(answer)) return trouble;
    if (settings_.json) say(answer->body);
    else std::fputs(((settings_.dry_run ? "Nothing was changed. " : "") + view(answer->body)).c_str(), stdout);
    std::fflush(stdout);
    return kDone;
}

int Caller::repeated(const std::function<int()>& once) {
    for (;;) {
        const int code = once();
        if (!settings_.watch) return code;
        std::fflush(stdout);
        door_.pause(std::chrono::seconds(1));
        if (!settings_.json) std::puts("");
    }
}

// On a terminal one line that changes; elsewhere a line every few seconds.
void Caller::show_progress(const Progress& progress, unsigned look) {
    constexpr unsigned kEvery = 8;
    if (settings_.json) return;
    const bool terminal = isatty(STDERR_FILENO) == 1;
    if (!terminal && look % kEvery != kEvery - 1) return;
    std::fprintf(stderr, terminal ? "\r\033[K%s" : "%s\n", progress_line(progress).c_str());
    line_open_ = terminal;
}

void Caller::end_progress() {
    if (std::exchange(line_open_, false)) std::fputs("\n", stderr);
}

// Until no shard moves, none has to, and every node has joined or left.
int Caller::wait() {
    std::uint64_t most = 0;  // documents that had to be copied when most had
    std::chrono::milliseconds spent{0};
    for (unsigned look = 0; look < settings_.timeout_s * 2; ++look) {
        door_.pause(kLook);
        spent += kLook;
        const auto moves = door_.ask("GET", "/_miroir/rebalance/status");
        const auto topology = door_.ask("GET", "/_miroir/topology");
        if (!moves || !topology || !moves->good() || !topology->good()) continue;  // it may be restarting
        if (cell(moves->body, "state") == "paused") {
            end_progress();
            std::fputs("miroir-ctl: the rebalance is paused; resume it to go on\n", stderr);
            return kFailed;
        }
        const std::uint64_t to_come = number_at(moves->body, "documents_to_come");
        if (to_come > most) spent = std::chrono::milliseconds(0);
        most = std::max(most, to_come);
        show_progress({.done = most - to_come,
                       .all = most,
                       .unit = "documents",
                       .spent = spent,
                       .note = cell(moves->body, "moving") + " moving, " + cell(moves->body, "planned") + " to come" +
                               trouble_in(moves->body)},
                      look);
        if (is_settled(topology->body) && cell(moves->body, "moving") == "0" && cell(moves->body, "planned") == "0") {
            end_progress();
            return kDone;
        }
    }
    end_progress();
    std::fputs("miroir-ctl: it has not come to its end in time; it goes on all the same\n", stderr);
    return kTimedOut;
}

int Caller::wait_for_comparing(std::uint64_t passes) {
    std::chrono::milliseconds spent{0};
    for (unsigned look = 0; look < settings_.timeout_s * 2; ++look) {
        door_.pause(kLook);
        spent += kLook;
        const auto copies = door_.ask("GET", "/_miroir/anti_entropy/status");
        if (!copies || !copies->good()) continue;
        const bool over = number_at(copies->body, "passes") > passes && cell(copies->body, "running") == "false";
        if (!over) {
            show_progress({.done = number_at(copies->body, "units_done"),
                           .all = number_at(copies->body, "units"),
                           .unit = "groups of shards",
                           .spent = spent,
                           .note = {}},
                          look);
            continue;
        }
        end_progress();
        return kDone;
    }
    end_progress();
    std::fputs("miroir-ctl: it has not come to its end in time; it goes on all the same\n", stderr);
    return kTimedOut;
}

}  // namespace miroir::cli
