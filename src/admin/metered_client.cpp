#include "admin/metered_client.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>

namespace miroir::admin {
namespace {

// Nothing when it is no fault of the node.
std::string_view kind_of(const Error& error) {
    switch (error.code) {
        case ErrorCode::MiroirNodeUnreachable: return "unreachable";
        case ErrorCode::MiroirNodeBadReply: return "bad_reply";
        case ErrorCode::MiroirTimeout: return NodeLedger::kTimedOut;
        case ErrorCode::MiroirCanceled: return {};
        default: return "other";
    }
}

// Too busy, or it does not take our key. The latter is for the prober to judge, who asks with the key.
bool refuses_us(int status) { return status == 429 || status == 401 || status == 403; }

}  // namespace

std::string_view operation_of(std::string_view target) {
    constexpr auto kWords =
        std::to_array<std::string_view>({"search", "facet-search", "similar", "documents", "settings", "stats", "tasks",
                                         "batches", "indexes", "multi-search", "health", "version", "swap-indexes"});
    const std::string_view path = target.substr(0, target.find('?'));
    // Below an index the third segment says what is done, elsewhere the first.
    std::array<std::string_view, 3> segments;
    std::size_t count = 0;
    for (std::size_t at = 1; at < path.size() && count < segments.size(); ++count) {
        const std::size_t end = std::min(path.find('/', at), path.size());
        segments[count] = path.substr(at, end - at);
        at = end + 1;
    }
    const std::string_view word = segments[0] == "indexes" && count == 3 ? segments[2] : segments[0];
    const auto* known = std::ranges::find(kWords, word);
    return known == kWords.end() ? "other" : *known;
}

std::optional<NodeId> MeteredClient::node_at(const http::Address& address) {
    const cluster::TopologyPtr topology = topology_.current();
    if (topology->version() != known_version_) {
        known_.clear();
        for (const cluster::Node& node : topology->nodes()) {
            if (const Result<http::Address> at = http::parse_address(node.address)) known_.emplace_back(*at, node.id);
        }
        known_version_ = topology->version();
    }
    for (const auto& [at, node] : known_) {
        if (at == address) return node;
    }
    return std::nullopt;
}

// What the end of a call says to the node's breaker. Whoever answers 500 is alive, and one bad query must not close
// every node to all the others.
void MeteredClient::settle(const NodeId& node, Permit permit, const Result<http::Reply>& reply, env::Monotonic begun) {
    const cluster::Instant now = clock_.now().time_since_epoch();
    const std::chrono::nanoseconds took = now - begun.time_since_epoch();
    const bool turned_away = reply && ((reply->status > 500 && reply->status < 600) || refuses_us(reply->status));
    if (guard_.probing) {
        if (reply && !turned_away && guard_.breakers != nullptr) guard_.breakers->heard_from(node, now);
        return;
    }
    if (!permit || (reply && reply->status == 500)) return;
    if (reply && !turned_away) return permit->succeeded(now);
    const bool canceled = !reply && reply.error().code == ErrorCode::MiroirCanceled;
    const bool late = !reply && reply.error().code == ErrorCode::MiroirTimeout;
    if (canceled || (late && took < guard_.fair_time)) return;
    const double draw = env::draw_unit(*guard_.random);
    if (late) return permit->ran_late(begun.time_since_epoch(), now, draw);
    permit->failed(now, draw);
}

env::Task<Result<http::Reply>> MeteredClient::send(http::Address to, http::Outgoing request,
                                                   http::SendOptions options) {
    std::optional<NodeId> node = node_at(to);
    if (!node) co_return co_await inner_.send(std::move(to), std::move(request), std::move(options));
    const bool guarded = guard_.breakers != nullptr && !guard_.probing;
    Permit permit;
    if (guarded) {
        const cluster::Instant now = clock_.now().time_since_epoch();
        Permit given = guard_.breakers->allow(*node, now);
        const bool along =
            guard_.writing && guard_.breakers->view(*node, now).state == cluster::Breaker::State::HalfOpen;
        if (given) permit.emplace(*std::move(given));
        else if (!along) {
            co_return fail(Error{.code = ErrorCode::MiroirNodeUnreachable,
                                 .message = "not asked: it failed several times in a row just now",
                                 .node = node->value});
        }
    }
    co_return co_await watched(*std::move(node), std::move(permit), std::move(to), std::move(request),
                               std::move(options));
}

env::Task<Result<http::Reply>> MeteredClient::watched(NodeId node, Permit permit, http::Address to,
                                                      http::Outgoing request, http::SendOptions options) {
    const std::string_view operation = operation_of(request.target);
    const env::Monotonic begun = clock_.now();
    Result<http::Reply> reply = co_await inner_.send(std::move(to), std::move(request), std::move(options));
    const env::Monotonic ended = clock_.now();
    const double seconds = std::chrono::duration<double>(ended - begun).count();
    settle(node, std::move(permit), reply, begun);
    if (!reply) {
        const std::string_view kind = kind_of(reply.error());
        if (!kind.empty()) ledger_.failed(node, operation, kind, reply.error().message, seconds);
    } else if (reply->status >= 500 || reply->status == 429) {
        ledger_.failed(node, operation, "status", fmt::format("answered {} to {}", reply->status, operation), seconds);
    } else {
        ledger_.answered(node, operation, ended, seconds);
    }
    co_return reply;
}

}  // namespace miroir::admin
