#include <charconv>
#include <cstdio>

#include "env/real/json_log.h"
#include "env/real/reactor.h"
#include "env/real/signals.h"
#include "http/wire/listener.h"
#include "node/node.h"
#include "node/node_main.h"

namespace miroir::node {
namespace {

constexpr std::string_view kUsage =
    "usage: miroir node [--http-addr HOST:PORT] [--db-path DIR] [--master-key KEY]\n"
    "                   [--http-payload-size-limit BYTES] [--experimental-replication-parameters]\n"
    "                   [--experimental-allowed-ip-networks CIDR,..] [--experimental-max-number-of-batched-tasks N]\n"
    "                   [--fault FAULT]... [--enable-faults] [--log-level LEVEL]\n"
    "An embedded engine for trying, testing and simulating. Production wants the real one.\n"
    "Faults: delay=50ms..200ms status=503:retry-after=2 lost truncated malformed hang task-fails read-only,\n"
    "each with :share=0.1 :method=POST :path=/indexes/*/search :times=3\n";

struct Plan {
    std::string host = "127.0.0.1";
    std::uint16_t port = 7701;
    std::string db_path = "node.ms";
    env::LogLevel log_level = env::LogLevel::Warn;
    NodeOptions options{};
    bool help = false;
};

std::unexpected<Error> refuse(std::string why) { return fail(ErrorCode::BadParameter, std::move(why)); }

// 1000, 100MB, 100MiB, 100 kB.
std::optional<std::uint64_t> bytes_of(std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc()) return std::nullopt;
    std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
    while (unit.starts_with(' ')) unit.remove_prefix(1);
    static constexpr std::pair<std::string_view, std::uint64_t> kUnits[] = {
        {"", 1},           {"B", 1},         {"kB", 1000},          {"KB", 1000},    {"KiB", 1 << 10},
        {"MB", 1'000'000}, {"MiB", 1 << 20}, {"GB", 1'000'000'000}, {"GiB", 1 << 30}};
    for (const auto& [name, factor] : kUnits) {
        if (name == unit) return number * factor;
    }
    return std::nullopt;
}

Result<void> read_address(Plan& plan, std::string_view text) {
    const std::size_t colon = text.rfind(':');
    const std::string_view port = colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), plan.port);
    if (port.empty() || error != std::errc() || end != port.data() + port.size()) {
        return refuse("--http-addr wants HOST:PORT, not `" + std::string(text) + "`");
    }
    plan.host = std::string(text.substr(0, colon));
    return {};
}

Result<void> read_level(Plan& plan, std::string_view text) {
    static constexpr std::pair<std::string_view, env::LogLevel> kLevels[] = {
        {"trace", env::LogLevel::Trace}, {"debug", env::LogLevel::Debug}, {"info", env::LogLevel::Info},
        {"warn", env::LogLevel::Warn},   {"error", env::LogLevel::Error}, {"off", env::LogLevel::Off}};
    for (const auto& [name, level] : kLevels) {
        if (name != text) continue;
        plan.log_level = level;
        return {};
    }
    return refuse("--log-level wants trace, debug, info, warn, error or off, not `" + std::string(text) + "`");
}

bool is_switch(std::string_view name) {
    return name == "--enable-faults" || name == "--experimental-replication-parameters" || name == "--help" ||
           name == "--no-analytics";
}

void read_switch(Plan& plan, std::string_view name) {
    if (name == "--enable-faults") plan.options.faults_route = true;
    if (name == "--experimental-replication-parameters") plan.options.replication_parameters = true;
    if (name == "--help") plan.help = true;
}

Result<void> read_option(Plan& plan, std::string_view name, std::string_view value) {
    if (name == "--http-addr") return read_address(plan, value);
    if (name == "--log-level") return read_level(plan, value);
    if (name == "--db-path") {
        plan.db_path = std::string(value);
    } else if (name == "--master-key") {
        if (!value.empty()) plan.options.master_key = std::string(value);
    } else if (name == "--env") {
    } else if (name == "--http-payload-size-limit") {
        const auto bytes = bytes_of(value);
        if (!bytes) return refuse("--http-payload-size-limit wants a size, not `" + std::string(value) + "`");
        plan.options.payload_limit = *bytes;
    } else if (name == "--experimental-max-number-of-batched-tasks") {
        const auto count = bytes_of(value);
        if (!count || *count == 0) return refuse(std::string(name) + " wants a number");
        plan.options.batched_tasks_max = *count;
    } else if (name == "--experimental-allowed-ip-networks") {
        plan.options.allowed_networks.emplace_back(value);
    } else if (name == "--fault") {
        MIROIR_TRY(Fault fault, parse_fault(value));
        plan.options.faults.push_back(std::move(fault));
    } else {
        return refuse("there is no option `" + std::string(name) + "`");
    }
    return {};
}

Result<Plan> parse(std::span<const std::string> arguments) {
    Plan plan;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string_view word = arguments[i];
        const std::size_t equals = word.find('=');
        const std::string_view name = word.substr(0, equals);
        if (is_switch(name)) {
            read_switch(plan, name);
            continue;
        }
        if (equals != std::string_view::npos) {
            MIROIR_CHECK(read_option(plan, name, word.substr(equals + 1)));
        } else if (i + 1 < arguments.size()) {
            MIROIR_CHECK(read_option(plan, name, arguments[++i]));
        } else {
            return refuse("the option `" + std::string(name) + "` wants a value");
        }
    }
    return plan;
}

int explain(const Error& error) {
    std::fprintf(stderr, "miroir node: %s\n", error.message.c_str());
    return 2;
}

// The end: no new connections, what runs gets a moment, the log is written.
env::Task<void> wind_up(env::Reactor& reactor, wire::Listener& listener, Node& node) {
    constexpr std::chrono::seconds kGrace{5};
    env::Task<void> draining = listener.drain(env::Deadline::after(reactor, kGrace));
    co_await draining;
    env::Task<void> closing = node.close();
    co_await closing;
    reactor.stop();
}

}  // namespace

int run(std::span<const std::string> arguments) {
    auto plan = parse(arguments);
    if (!plan) return explain(plan.error());
    if (plan->help) {
        std::fputs(kUsage.data(), stdout);
        return 0;
    }
    env::Reactor reactor;
    env::JsonLog log(reactor, plan->log_level, env::host_name());
    if (plan->options.master_key) log.redact({*plan->options.master_key});
    auto disk = open_directory(plan->db_path);
    if (!disk) return explain(disk.error());
    auto node = Node::open(reactor.env(log), **disk, plan->options);
    if (!node) return explain(node.error());
    wire::ListenerOptions options{.host = plan->host, .port = plan->port};
    auto listener = wire::Listener::open(reactor, **node, options);
    if (!listener) return explain(listener.error());
    std::fprintf(stderr, "miroir node: embedded engine on %s:%u, data in %s. Production wants the real one.\n",
                 plan->host.c_str(), static_cast<unsigned>((*listener)->port()), plan->db_path.c_str());
    bool ending = false;
    const auto signals = env::on_signal(reactor, [&](int) {
        if (std::exchange(ending, true)) {
            reactor.stop();
        } else {
            env::spawn(reactor, wind_up(reactor, **listener, **node));
        }
    });
    reactor.run();
    listener->reset();
    return 0;
}

}  // namespace miroir::node
