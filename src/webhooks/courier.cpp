#include "webhooks/courier.h"

#include <algorithm>

#include "env/log.h"
#include "json/write.h"
#include "protocol/instance/webhook.h"
#include "server/encoding.h"

namespace miroir::webhooks {
namespace {

constexpr std::string_view kTable = "webhook_notices";
constexpr std::string_view kTarget = "webhooks";
constexpr std::size_t kScanSize = 1'000;
constexpr std::size_t kPostBytes = 8u << 20;
constexpr std::chrono::nanoseconds kSleep = std::chrono::hours(1);

std::string prefix_of(const std::string& uuid) { return uuid + "/"; }

std::string uuid_of(const std::string& key) { return key.substr(0, key.find('/')); }

}  // namespace

Courier::Courier(env::Env env, http::Client& outside, tasks::Store& store, ShelvesSource shelves,
                 CourierOptions options)
    : env_(env), outside_(outside), store_(store), shelves_(std::move(shelves)), options_(std::move(options)) {}

std::vector<std::string> Courier::uuids() const {
    std::vector<std::string> out;
    if (!options_.fixed_webhook.is_null()) out.emplace_back(protocol::kFixedWebhookUuid);
    for (const auto& [uuid, hook] : shelves_()->shelf("webhooks")) out.push_back(uuid);
    return out;
}

std::optional<json::Value> Courier::record_of(const std::string& uuid) const {
    if (uuid == protocol::kFixedWebhookUuid && !options_.fixed_webhook.is_null()) return options_.fixed_webhook;
    const quorum::ShelvesPtr shelves = shelves_();
    const quorum::Shelf& shelf = shelves->shelf("webhooks");
    const auto found = shelf.find(uuid);
    return found == shelf.end() ? std::nullopt : std::optional(found->second);
}

std::optional<Courier::Hook> Courier::hook_of(const std::string& uuid) const {
    const std::optional<json::Value> record = record_of(uuid);
    if (!record) return std::nullopt;
    Hook hook{.url = record->find("url")->string(), .headers = {}};
    for (const json::Member& header : record->find("headers")->object())
        hook.headers.add(header.first, header.second.string());
    return hook;
}

void Courier::ending(const protocol::Task& task, tasks::Batch& batch) {
    std::string line;
    for (const std::string& uuid : uuids()) {
        if (owed_[uuid] >= options_.owed_max) {
            env_.log.error(kTarget, "too many notices wait for a webhook: one is dropped",
                           {{"webhook", uuid}, {"task", task.uid}});
            continue;
        }
        if (line.empty()) line = json::to_text(protocol::task_view(task));
        batch.put(std::string(kTable), prefix_of(uuid) + tasks::key_of(task.uid), line);
        ++owed_[uuid];
    }
}

void Courier::ended() {
    for (std::string& uuid : uuids()) pending_.insert(std::move(uuid));
    if (!pending_.empty()) wake_.request();
}

env::Task<void> Courier::count_owed() {
    tasks::Scan scan{.table = std::string(kTable), .limit = kScanSize};
    for (;;) {
        const Result<std::vector<tasks::Record>> records = co_await store_.scan(scan);
        if (!records) co_return;
        for (const tasks::Record& record : *records) {
            const std::string uuid = uuid_of(record.key);
            ++owed_[uuid];
            pending_.insert(uuid);
        }
        if (records->size() < kScanSize) co_return;
        scan.from = records->back().key + '\0';
    }
}

env::Task<void> Courier::run(env::Cancel stop) {
    co_await count_owed();
    const env::Cancel::Hook on_stop(stop, [this] { wake_.request(); });
    while (!stop.requested()) {
        const std::set<std::string> pending = pending_;
        for (const std::string& uuid : pending) {
            if (awake_.insert(uuid).second) env::spawn(env_.executor, serve_hook(uuid, stop));
        }
        wake_ = env::Cancel();
        if (stop.requested()) break;
        co_await env::sleep_for(env_, kSleep, wake_);
    }
}

env::Task<void> Courier::serve_hook(std::string uuid, env::Cancel stop) {
    while (!stop.requested() && pending_.erase(uuid) > 0) {
        bool more = true;
        while (more && !stop.requested()) more = co_await deliver_some(uuid, stop);
    }
    awake_.erase(uuid);
}

// One post. False: nothing is left for now.
env::Task<bool> Courier::deliver_some(std::string uuid, env::Cancel stop) {
    tasks::Scan scan{.table = std::string(kTable), .from = prefix_of(uuid), .limit = options_.tasks_in_one_post};
    const Result<std::vector<tasks::Record>> records = co_await store_.scan(std::move(scan));
    if (!records) co_return false;
    std::string body;
    tasks::Batch done;
    for (const tasks::Record& record : *records) {
        if (!record.key.starts_with(prefix_of(uuid)) || body.size() > kPostBytes) break;
        body += record.value;
        body += '\n';
        done.erase(std::string(kTable), record.key);
    }
    if (done.empty()) {
        owed_.erase(uuid);
        co_return false;
    }
    const std::size_t count = done.erasures.size();
    const Fate fate = co_await post_patiently(uuid, std::move(body), stop);
    if (stop.requested() && fate != Fate::Taken) co_return false;
    if (fate != Fate::Taken && hook_of(uuid))
        env_.log.error(kTarget, "a webhook did not take its notices: they are dropped",
                       {{"webhook", uuid}, {"tasks", count}});
    const Result<void> struck = co_await store_.commit(std::move(done));
    if (!struck) co_return false;
    owed_[uuid] -= std::min(count, owed_[uuid]);
    co_return true;
}

env::Task<Courier::Fate> Courier::post_patiently(std::string uuid, std::string body, env::Cancel stop) {
    const std::string packed = server::compress(server::Encoding::Gzip, body);
    std::chrono::nanoseconds pause = options_.first_pause;
    for (int i = 1;; ++i) {
        const std::optional<Hook> hook = hook_of(uuid);  // it may have been changed meanwhile
        if (!hook) co_return Fate::Hopeless;
        const Fate fate = co_await post(uuid, *hook, packed, stop);
        if (fate != Fate::Again || i >= options_.tries || stop.requested()) co_return fate;
        co_await env::sleep_for(env_, pause, stop);
        pause *= 2;
    }
}

env::Task<Courier::Fate> Courier::post(std::string uuid, Hook hook, std::string body, env::Cancel stop) {
    Result<http::Url> url = http::parse_url(hook.url);
    if (!url) {
        env_.log.error(kTarget, "a webhook has no usable address", {{"webhook", uuid}, {"error", url.error().message}});
        co_return Fate::Hopeless;
    }
    http::Outgoing request;
    request.method = "POST";
    request.target = std::move(url->target);
    request.headers = std::move(hook.headers);
    request.headers.set("Content-Encoding", "gzip");
    request.headers.set("Content-Type", "application/x-ndjson");
    request.body = std::move(body);
    http::SendOptions options;
    options.deadline = env::Deadline::after(env_.clock, options_.timeout);
    options.cancel = stop;
    options.body_limit = 1u << 20;
    const Result<http::Reply> reply = co_await outside_.send(url->address, std::move(request), std::move(options));
    if (reply && reply->status < 300) co_return Fate::Taken;
    const std::string why = reply ? "status " + std::to_string(reply->status) : reply.error().message;
    env_.log.warn(kTarget, "a webhook refused its notices", {{"webhook", uuid}, {"error", why}});
    if (!reply) co_return reply.error().code == ErrorCode::MiroirInvalidRequest ? Fate::Hopeless : Fate::Again;
    co_return reply->status >= 500 || reply->status == 408 || reply->status == 429 ? Fate::Again : Fate::Hopeless;
}

}  // namespace miroir::webhooks
