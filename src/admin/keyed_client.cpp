#include "admin/keyed_client.h"

namespace miroir::admin {
namespace {

constexpr std::string_view kHeader = "authorization";

bool refuses_key(const Result<http::Reply>& reply) { return reply && (reply->status == 401 || reply->status == 403); }

}  // namespace

NodeKeys::NodeKeys(std::string key)
    : pair_(std::make_shared<const NodeKeyPair>(NodeKeyPair{.current = std::move(key), .previous = {}})) {}

std::shared_ptr<const NodeKeyPair> NodeKeys::get() const {
    const std::scoped_lock lock(mutex_);
    return pair_;
}

bool NodeKeys::rotate(std::string key) {
    const std::scoped_lock lock(mutex_);
    if (pair_->current == key) return false;
    NodeKeyPair next{.current = std::move(key), .previous = pair_->current};
    pair_ = std::make_shared<const NodeKeyPair>(std::move(next));
    return true;
}

env::Task<Result<http::Reply>> KeyedClient::send(http::Address to, http::Outgoing request, http::SendOptions options) {
    const std::shared_ptr<const NodeKeyPair> keys = keys_.get();
    if (!request.headers.has(kHeader) || keys->current.empty())
        co_return co_await inner_.send(std::move(to), std::move(request), std::move(options));
    if (keys != seen_) {
        seen_ = keys;
        settled_.clear();
    }
    const bool alone = keys->previous.empty() || settled_.contains(to);
    std::optional<http::Outgoing> again;
    if (!alone) {
        again = request;
        again->headers.set(kHeader, "Bearer " + keys->previous);
    }
    request.headers.set(kHeader, "Bearer " + keys->current);
    Result<http::Reply> reply = co_await inner_.send(to, std::move(request), options);
    if (!refuses_key(reply)) {
        if (reply && !alone && keys == seen_) settled_.insert(to);
        co_return reply;
    }
    settled_.erase(to);  // an older node has come back in its place
    if (!again) co_return reply;
    Result<http::Reply> second = co_await inner_.send(std::move(to), *std::move(again), std::move(options));
    co_return refuses_key(second) ? std::move(reply) : std::move(second);
}

}  // namespace miroir::admin
