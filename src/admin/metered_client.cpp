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
        case ErrorCode::MiroirTimeout: return "timeout";
        case ErrorCode::MiroirCanceled: return {};
        default: return "other";
    }
}

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

env::Task<Result<http::Reply>> MeteredClient::send(http::Address to, http::Outgoing request,
                                                   http::SendOptions options) {
    const std::optional<NodeId> node = node_at(to);
    const std::string_view operation = operation_of(request.target);
    const env::Monotonic begun = clock_.now();
    Result<http::Reply> reply = co_await inner_.send(std::move(to), std::move(request), std::move(options));
    if (!node) co_return reply;
    const std::chrono::duration<double> took = clock_.now() - begun;
    if (!reply) {
        const std::string_view kind = kind_of(reply.error());
        if (!kind.empty()) ledger_.failed(*node, operation, kind, reply.error().message, took.count());
    } else if (reply->status >= 500 || reply->status == 429) {
        ledger_.failed(*node, operation, "status", fmt::format("answered {} to {}", reply->status, operation),
                       took.count());
    } else {
        ledger_.answered(*node, operation, clock_.now(), took.count());
    }
    co_return reply;
}

}  // namespace miroir::admin
