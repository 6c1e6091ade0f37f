#include "workers/node_probe.h"

#include <algorithm>
#include <utility>

#include "json/members.h"
#include "json/parse.h"

namespace miroir::workers {
namespace {

using cluster::ProbeOutcome;

constexpr std::size_t kReplyLimit = 64 << 10;
constexpr std::size_t kVersionLimit = 64;

Probe judge(const Result<http::Reply>& reply) {
    if (!reply) {
        switch (reply.error().code) {
            case ErrorCode::MiroirCanceled:
                return {.outcome = ProbeOutcome::Unreachable, .reason = {}, .canceled = true};
            case ErrorCode::MiroirTimeout:
                return {.outcome = ProbeOutcome::TimedOut, .reason = "does not answer in time"};
            default:
                return {.outcome = ProbeOutcome::Unreachable, .reason = "cannot be reached: " + reply.error().message};
        }
    }
    const int status = reply->status;
    if (status == 429 || status >= 500) {
        return {.outcome = ProbeOutcome::Unwell, .reason = "answers /health with status " + std::to_string(status)};
    }
    if (status == 200) {
        const auto body = json::parse(reply->body);
        const json::Value* const word = body ? body->find("status") : nullptr;
        if (word != nullptr && word->is_string() && word->string() == "available") {
            return {.outcome = ProbeOutcome::Healthy, .reason = {}};
        }
    }
    return {.outcome = ProbeOutcome::Foreign, .reason = "answers, but not as Meilisearch does: is the address right?"};
}

VersionAnswer read_version(const Result<http::Reply>& reply) {
    if (!reply) return {};
    if (reply->status == 401 || reply->status == 403) {
        return {.version = {}, .trouble = "refuses the node key: check node_master_key"};
    }
    if (reply->status != 200) return {};
    const auto body = json::parse(reply->body);
    const json::Value* const version = body ? body->find("pkgVersion") : nullptr;
    if (version == nullptr || !version->is_string() || version->string().size() > kVersionLimit) return {};
    // It is shown to people and in metrics: nothing but what a version is made of.
    const auto plain = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' ||
               c == '+';
    };
    if (!std::ranges::all_of(version->string(), plain)) return {};
    return {.version = version->string(), .trouble = {}};
}

env::Task<Result<http::Reply>> ask(env::Clock& clock, http::Client& client, std::string address, http::Outgoing request,
                                   ProbeSettings settings, env::Cancel cancel) {
    MIROIR_CO_TRY(http::Address to, http::parse_address(address));
    if (!settings.node_key.empty()) request.headers.add("Authorization", "Bearer " + settings.node_key);
    http::SendOptions options;
    options.deadline = env::Deadline::after(clock, settings.timeout);
    options.cancel = std::move(cancel);
    options.body_limit = kReplyLimit;
    options.repeatable = true;
    Result<http::Reply> reply = co_await client.send(std::move(to), std::move(request), std::move(options));
    co_return reply;
}

http::Outgoing get(std::string target) {
    http::Outgoing request;
    request.target = std::move(target);
    return request;
}

std::string code_of(const http::Reply& reply) {
    const auto body = json::parse(reply.body);
    return body ? text_at(*body, "code") : std::string();
}

}  // namespace

env::Task<Probe> probe_health(env::Clock& clock, http::Client& client, std::string address, ProbeSettings settings,
                              env::Cancel cancel) {
    settings.node_key.clear();  // /health asks for none, and the address may be somebody else's
    const Result<http::Reply> reply =
        co_await ask(clock, client, std::move(address), get("/health"), std::move(settings), std::move(cancel));
    co_return judge(reply);
}

env::Task<VersionAnswer> ask_version(env::Clock& clock, http::Client& client, std::string address,
                                     ProbeSettings settings, env::Cancel cancel) {
    const Result<http::Reply> reply =
        co_await ask(clock, client, std::move(address), get("/version"), std::move(settings), std::move(cancel));
    co_return read_version(reply);
}

// A uid that is no number is refused where uids are read, and before anything else is; where they are not, it is the
// missing content type that is refused. Nothing is enqueued in either case.
env::Task<std::optional<bool>> ask_numbering(env::Clock& clock, http::Client& client, std::string address,
                                             ProbeSettings settings, env::Cancel cancel) {
    http::Outgoing request;
    request.method = "POST";
    request.target = "/indexes/miroir_probe/documents";
    request.headers.add("TaskId", "none");
    const Result<http::Reply> reply =
        co_await ask(clock, client, std::move(address), std::move(request), std::move(settings), std::move(cancel));
    if (!reply) co_return std::nullopt;
    const std::string code = code_of(*reply);
    if (reply->status == 400 && code == "bad_request") co_return true;
    if (reply->status == 415 && code == "missing_content_type") co_return false;
    co_return std::nullopt;
}

}  // namespace miroir::workers
