#include "sim/fakes/scribe.h"

namespace miroir::sim {

Scribe::Scribe(const ScribeOptions& options, const AppContext& context)
    : env_(context.env),
      client_(context.client),
      ended_(context.ended),
      store_(*options.store, context),
      topology_(cluster::make_topology(options.topology).value()),
      prober_(context.env, context.client, topology_, options.health, {}, this) {
    prober_.start();
    env::spawn(env_.executor, begin(options));
}

env::Task<void> Scribe::begin(ScribeOptions options) {
    quorum::Publishers publish{.catalog = [](const plan::CatalogPtr&) {}, .shelves = [](const quorum::ShelvesPtr&) {}};
    while (!ended_.requested()) {
        env::Task<Result<std::unique_ptr<quorum::Office>>> opening = quorum::Office::open(
            env_, client_, store_, [this] { return topology_.current(); }, publish, board_, options.office);
        Result<std::unique_ptr<quorum::Office>> opened = co_await opening;
        if (opened) {
            office_ = *std::move(opened);
            break;
        }
        env_.log.warn("scribe", "cannot open", {{"why", opened.error().message}});
        co_await env::sleep_for(env_, std::chrono::milliseconds(100), ended_);  // as an operator would start it again
    }
    if (office_) co_await office_->run(ended_);
}

env::Task<bool> Scribe::vouch(NodeId node, std::string address, env::Cancel) {
    if (!office_ || ended_.requested()) co_return false;
    co_return co_await office_->recognise(std::move(node), std::move(address));
}

env::Task<void> Scribe::stop() { co_await prober_.stop(); }

AppFactory scribe(ScribeOptions options) {
    return [options](AppContext context) { return std::make_unique<Scribe>(options, context); };
}

}  // namespace miroir::sim
