// Asks Miroir what a command wishes, prints the answer as a table or as JSON, watches, waits. Says by exit codes what
// came of it.
#pragma once

#include <functional>
#include <string>

#include "cli/door.h"
#include "cli/progress.h"

namespace miroir::cli {

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
    std::vector<std::string> nodes;  // of a group: NAME=ADDRESS
};

class Caller {
public:
    Caller(const Settings& settings, std::string key) : settings_(settings), door_(settings.url, std::move(key)) {}

    int status();
    int show(const std::string& target, const View& view);
    int tell(const std::string& method, std::string target, json::Value body, const View& view);
    int add(const NodeWish& wish);
    int replace(const NodeWish& wish);  // the new node first, so that the old one has somebody to give its shards to
    int add_group(const NodeWish& wish);
    int compare();          // a pass of anti-entropy, now
    int verify(bool deep);  // all well? `deep`: after a pass of anti-entropy

private:
    void say(const json::Value& value);
    int judge(const Result<Answer>& answer);
    int finish(const Result<Answer>& answer, const View& view);
    int repeated(const std::function<int()>& once);
    int wait();
    int wait_for_comparing(std::uint64_t passes);
    int look_for_faults(bool deep);
    void show_progress(const Progress& progress, unsigned look);
    void end_progress();

    const Settings& settings_;
    Door door_;
    bool line_open_ = false;
};

View said_of_node(std::string what);   // "Node node-3 is to join."
View said_of_group(std::string what);  // "Group 1 has left."

}  // namespace miroir::cli
