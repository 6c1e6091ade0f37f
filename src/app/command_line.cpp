#include "app/command_line.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string_view>

#include "app/dev_cluster.h"
#include "app/serve.h"
#include "app/version.h"
#include "base/error_help.h"
#include "config/load.h"

namespace miroir::app {
namespace {

constexpr int kWrongUse = 2;

void offer_flags(CLI::App& command, config::Sources& sources) {
    command.add_option("--config", sources.file, "The configuration file")->type_name("FILE");
    config::register_flags([&](const config::Flag& flag) {
        const auto keep = [&sources, key = flag.key](const std::string& text) {
            sources.flags.emplace_back(key, text);
        };
        if (flag.metavar.empty()) {
            command.add_flag_callback(flag.name, [keep] { keep("true"); }, flag.help);
            return;
        }
        CLI::Option* option = command.add_option_function<std::vector<std::string>>(
            flag.name,
            [keep](const std::vector<std::string>& texts) {
                for (const std::string& text : texts) keep(text);
            },
            flag.help);
        option->type_name(flag.metavar)->allow_extra_args(false)->expected(1);
        option->multi_option_policy(flag.repeatable ? CLI::MultiOptionPolicy::TakeAll : CLI::MultiOptionPolicy::Throw);
    });
}

// Every problem a line.
std::optional<config::Loaded> load_or_tell(config::Sources sources) {
    sources.environment = config::process_environment();
    std::expected<config::Loaded, std::vector<config::Problem>> loaded = config::load(sources);
    if (loaded) return std::move(*loaded);
    for (const config::Problem& problem : loaded.error()) std::fprintf(stderr, "miroir: %s\n", problem.text().c_str());
    return std::nullopt;
}

int serve_command(const config::Sources& sources) {
    const std::optional<config::Loaded> loaded = load_or_tell(sources);
    return loaded ? serve(*loaded, [&sources] { return load_or_tell(sources); }) : kWrongUse;
}

int check_command(const config::Sources& sources) {
    const std::optional<config::Loaded> loaded = load_or_tell(sources);
    if (!loaded) return kWrongUse;
    for (const std::string& warning : loaded->warnings) std::fprintf(stderr, "warning: %s\n", warning.c_str());
    const std::string& file = loaded->file;
    std::printf("The configuration is sound%s%s.\n", file.empty() ? "" : ": ", file.c_str());
    return 0;
}

int print_command(const config::Sources& sources) {
    const std::optional<config::Loaded> loaded = load_or_tell(sources);
    if (!loaded) return kWrongUse;
    std::fputs(config::print(loaded->config).c_str(), stdout);
    return 0;
}

int dev_command(DevOptions options, const std::string& engine) {
    if (engine != "embedded") options.engine_binary = find_meilisearch();
    options.engine = options.engine_binary.empty() ? Engine::Embedded : Engine::Meilisearch;
    if (engine == "meilisearch" && options.engine == Engine::Embedded) {
        std::fprintf(stderr, "miroir: no Meilisearch found; set MEILISEARCH_BIN, or use --engine embedded\n");
        return kWrongUse;
    }
    if (options.engine == Engine::Embedded) options.engine_binary = own_binary();
    const Result<DevPlan> plan = plan_dev(options);
    if (plan) return run_dev(*plan, options);
    std::fprintf(stderr, "miroir: %s\n", plan.error().message.c_str());
    return kWrongUse;
}

void offer_dev(CLI::App& app, DevOptions& options, int& code) {
    CLI::App* dev = app.add_subcommand("dev", "Start a whole cluster on this machine to play with");
    auto engine = std::make_shared<std::string>("auto");
    dev->add_option("--nodes", options.nodes, "Nodes in each group")->capture_default_str();
    dev->add_option("--replicas", options.replicas, "Copies of each shard in each group")->capture_default_str();
    dev->add_option("--groups", options.groups, "Groups, each with a full copy")->capture_default_str();
    dev->add_option("--shards", options.shards, "Shards of a new index")->capture_default_str();
    dev->add_option("--http-addr", options.http_addr, "Where clients are served; nodes take the ports behind it")
        ->type_name("HOST:PORT")
        ->capture_default_str();
    dev->add_option("--metrics-addr", options.metrics_addr, "Where /metrics is served")
        ->type_name("HOST:PORT")
        ->capture_default_str();
    dev->add_option("--db-path", options.db_path,
                    "Where all data is kept; for other nodes, replicas or groups take another")
        ->type_name("DIR")
        ->capture_default_str();
    dev->add_option("--master-key", options.master_key, "The key for everything")
        ->envname("MEILI_MASTER_KEY")
        ->capture_default_str();
    dev->add_option("--engine", *engine,
                    "auto: Meilisearch when MEILISEARCH_BIN or PATH has it, else the embedded engine")
        ->check(CLI::IsMember({"auto", "meilisearch", "embedded"}))
        ->capture_default_str();
    dev->add_option(
           "--then", options.then,
           "A shell command run beside the cluster once its nodes are up; it finds MIROIR_DEV_URL and MIROIR_DEV_KEY")
        ->type_name("COMMAND");
    dev->callback([&options, &code, engine] { code = dev_command(options, *engine); });
}

}  // namespace

int run_command_line(int argc, char** argv, const Programs& programs) {
    if (argc > 1 && std::string_view(argv[1]) == "node" && programs.node != nullptr) {
        return programs.node(argc - 1, argv + 1);
    }
    CLI::App app("Miroir: many Meilisearch servers behind one address.", "miroir");
    app.require_subcommand(1);
    app.set_version_flag("--version", std::string(kVersion));
    config::Sources sources;

    int code = 0;
    CLI::App* serve = app.add_subcommand("serve", "Serve clients in front of the configured nodes");
    offer_flags(*serve, sources);
    serve->callback([&] { code = serve_command(sources); });

    CLI::App* config = app.add_subcommand("config", "Look at the configuration without serving");
    config->require_subcommand(1);
    CLI::App* check = config->add_subcommand("check", "Say everything that is wrong with it");
    offer_flags(*check, sources);
    check->callback([&] { code = check_command(sources); });
    CLI::App* print = config->add_subcommand("print", "Show the whole effective configuration, without secrets");
    offer_flags(*print, sources);
    print->callback([&] { code = print_command(sources); });
    config->add_subcommand("reference", "Print the reference page of all keys")->callback([] {
        std::fputs(config::reference().c_str(), stdout);
    });

    CLI::App* errors = app.add_subcommand("errors", "Look at the error codes");
    errors->require_subcommand(1);
    errors->add_subcommand("reference", "Print the reference page of all error codes")->callback([] {
        std::fputs(error_reference().c_str(), stdout);
    });

    DevOptions dev;
    offer_dev(app, dev, code);
    app.add_subcommand("version", "Print the version")->callback([] { std::printf("miroir %s\n", kVersion.data()); });
    if (programs.node != nullptr)
        app.add_subcommand("node", "The embedded node for trials and tests (see node --help)");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : kWrongUse;
    }
    return code;
}

}  // namespace miroir::app
