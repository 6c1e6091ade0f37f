#include "app/dev_cluster.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <thread>

#include "app/dev_ports.h"
#include "app/serve.h"
#include "env/file_lock.h"

namespace miroir::app {
namespace {

constexpr int kCouldNotStart = 2;
constexpr std::chrono::milliseconds kWatchEvery{100};
constexpr std::chrono::milliseconds kNodePatience{20'000};
constexpr int kRestAfterDeath = 50;  // rounds of the watch: five seconds, so that one sees the cluster without it

std::atomic<bool> told_to_stop = false;

// In the child: nothing but what is safe between fork and exec.
[[noreturn]] void become(const DevNode& node, const std::vector<char*>& arguments, int log) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);  // no orphans, however the parent ends
    setpgid(0, 0);                     // Ctrl-C is for the parent, who stops them in order
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    execvp(arguments[0], arguments.data());
    std::fprintf(stderr, "cannot start %s\n", node.command[0].c_str());
    std::_Exit(127);
}

pid_t start(const DevNode& node) {
    std::vector<char*> arguments;
    for (const std::string& word : node.command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    const int log = open(node.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    const pid_t child = fork();
    if (child == 0) become(node, arguments, log);
    if (log >= 0) close(log);
    return child;
}

// A shell that carries out `command` beside us.
pid_t start_shell(const std::string& command) {
    const pid_t child = fork();
    if (child != 0) return child;
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    setpgid(0, 0);
    execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
    std::_Exit(127);
}

// The children, watched from a thread of its own: the reactor knows nothing of processes.
class Nursery {
public:
    explicit Nursery(const std::vector<DevNode>& nodes) : nodes_(nodes) {
        for (std::size_t i = 0; i < nodes_.size(); ++i) children_[start(nodes_[i])] = i;
        watch_ = std::thread([this] { watch(); });
    }
    Nursery(const Nursery&) = delete;
    Nursery& operator=(const Nursery&) = delete;
    ~Nursery() {
        leaving_ = true;
        watch_.join();
        if (beside_ > 0) kill(-beside_, SIGTERM);
        for (const auto& [child, node] : children_) kill(child, SIGTERM);
        for (const auto& [child, node] : children_) waitpid(child, nullptr, 0);
    }
    // Called once. It ends by itself or with us.
    void run(const std::string& command) { beside_ = start_shell(command); }

private:
    void watch() {
        while (!leaving_) {
            std::this_thread::sleep_for(kWatchEvery);
            int status = 0;
            if (const pid_t gone = waitpid(-1, &status, WNOHANG); gone > 0) bury(gone);
            for (auto& [node, rest] : resting_) {
                if (rest > 0 && --rest == 0) raise(node);
            }
        }
    }
    void bury(pid_t child) {
        pid_t beside = child;
        if (beside_.compare_exchange_strong(beside, 0)) return;
        const auto found = children_.find(child);
        if (found == children_.end()) return;
        std::printf("%s has ended; it is started again in 5 s (its log: %s)\n", nodes_[found->second].name.c_str(),
                    nodes_[found->second].log.c_str());
        std::fflush(stdout);
        resting_[found->second] = kRestAfterDeath;
        children_.erase(found);
    }
    void raise(std::size_t node) {
        std::printf("%s is back\n", nodes_[node].name.c_str());
        std::fflush(stdout);
        children_[start(nodes_[node])] = node;
    }

    const std::vector<DevNode>& nodes_;
    std::map<pid_t, std::size_t> children_;
    std::map<std::size_t, int> resting_;
    std::atomic<bool> leaving_ = false;
    std::atomic<pid_t> beside_ = 0;
    std::thread watch_;
};

// A real engine over the log of the embedded one, or the other way round, would start empty beside the data.
std::string other_engine_in(const DevPlan& plan, Engine engine) {
    for (const DevNode& node : plan.nodes) {
        const std::filesystem::path folder(node.folder);
        std::error_code trouble;
        bool embedded = false;
        for (const auto& entry : std::filesystem::directory_iterator(folder, trouble)) {
            const std::string name = entry.path().filename().string();
            embedded = embedded || name.starts_with("log.") || name.starts_with("snapshot.");
        }
        const bool real = std::filesystem::exists(folder / "db", trouble);
        if (engine == Engine::Meilisearch && embedded && !real) return "the embedded engine (--engine embedded)";
        if (engine == Engine::Embedded && real) return "Meilisearch (set MEILISEARCH_BIN, or --engine meilisearch)";
    }
    return {};
}

int refuse(const std::string& why) {
    std::fprintf(stderr, "miroir: %s\n", why.c_str());
    return kCouldNotStart;
}

void greet(const DevPlan& plan, const DevOptions& options) {
    const std::string url = "http://" + options.http_addr;
    const bool embedded = options.engine == Engine::Embedded;
    std::printf("Miroir on %s over %zu nodes (%s), %u shards, %u cop%s of each in %u group%s. Key: %s\n", url.c_str(),
                plan.nodes.size(), embedded ? "the embedded engine" : options.engine_binary.c_str(), options.shards,
                options.replicas, options.replicas == 1 ? "y" : "ies", options.groups, options.groups == 1 ? "" : "s",
                options.master_key.c_str());
    if (embedded) {
        std::printf(
            "The embedded engine is for trials: production wants Meilisearch itself (set MEILISEARCH_BIN, or use "
            "--engine meilisearch).\n");
    }
    for (const DevNode& node : plan.nodes)
        std::printf("  %s  %s  %s\n", node.name.c_str(), node.address.c_str(), node.folder.c_str());
    std::printf("Ctrl-C stops everything; the data stays in %s.\n", options.db_path.c_str());
    std::fflush(stdout);
}

}  // namespace

std::string own_binary() { return std::filesystem::read_symlink("/proc/self/exe").string(); }

std::string find_meilisearch() {
    if (const char* named = std::getenv("MEILISEARCH_BIN"); named != nullptr && *named != '\0') return named;
    const char* path = std::getenv("PATH");
    std::string_view rest = path == nullptr ? "" : path;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find(':'), rest.size());
        const std::string candidate = std::string(rest.substr(0, end)) + "/meilisearch";
        if (access(candidate.c_str(), X_OK) == 0) return candidate;
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return {};
}

int run_dev(const DevPlan& plan, const DevOptions& options) {
    std::error_code trouble;
    for (const DevNode& node : plan.nodes) std::filesystem::create_directories(node.folder, trouble);
    if (trouble) {
        std::fprintf(stderr, "miroir: cannot make the folder %s: %s\n", options.db_path.c_str(),
                     trouble.message().c_str());
        return kCouldNotStart;
    }
    if (access(options.engine_binary.c_str(), X_OK) != 0) {
        std::fprintf(stderr, "miroir: cannot run %s; name an engine with MEILISEARCH_BIN, or use --engine embedded\n",
                     options.engine_binary.c_str());
        return kCouldNotStart;
    }
    const Result<env::FileLock> lock = env::FileLock::take(options.db_path + "/lock", "the folder " + options.db_path);
    if (!lock) return refuse(lock.error().message);
    if (const std::string other = other_engine_in(plan, options.engine); !other.empty()) {
        return refuse("the data in " + options.db_path + " was written by " + other +
                      "; use that one, or name another --db-path");
    }
    if (const std::string taken = taken_port(plan); !taken.empty()) return refuse(taken);
    // Until serve() listens for signals itself: Ctrl-C must stop the nodes in order from the first moment.
    std::signal(SIGINT, [](int) { told_to_stop = true; });
    std::signal(SIGTERM, [](int) { told_to_stop = true; });
    Nursery nursery(plan.nodes);
    greet(plan, options);
    const bool all = await_nodes(plan, kNodePatience, told_to_stop);
    if (told_to_stop) return 0;
    if (!all) {
        std::printf("not every node listens after 20 s; their logs are in %s. Going on.\n", options.db_path.c_str());
        std::fflush(stdout);
    }
    if (!options.then.empty()) {
        setenv("MIROIR_DEV_URL", ("http://" + options.http_addr).c_str(), 1);
        setenv("MIROIR_DEV_KEY", options.master_key.c_str(), 1);
        nursery.run(options.then);
    }
    config::Loaded loaded;
    loaded.config = plan.config;
    return serve(loaded);
}

}  // namespace miroir::app
