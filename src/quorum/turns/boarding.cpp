#include "quorum/turns/boarding.h"

#include <algorithm>
#include <iterator>

#include "base/assert.h"

namespace miroir::quorum {
namespace {

std::vector<ShardId> united(const std::vector<ShardId>& left, const std::vector<ShardId>& right) {
    std::vector<ShardId> out;
    std::ranges::set_union(left, right, std::back_inserter(out));
    return out;
}

bool alike(const Documents& left, const Documents& right) {
    return left.update == right.update && left.skip_creation == right.skip_creation;
}

}  // namespace

bool Boarding::join(const IndexUid& index, Rider& rider) {
    const auto found = open_.find(index);
    if (found == open_.end()) return false;
    Company& company = *found->second;
    const std::size_t bytes = company.bytes + rider.documents.bytes->size();
    const bool fits = company.riders.size() < limits_.riders && bytes <= limits_.bytes;
    if (!fits || !alike(company.riders.front().documents, rider.documents)) return false;
    company.bytes = bytes;
    company.riders.push_back(std::move(rider));
    return true;
}

Boarding::CompanyPtr Boarding::open(const IndexUid& index, Rider rider) {
    auto company = std::make_shared<Company>();
    company->bytes = rider.documents.bytes->size();
    company->riders.push_back(std::move(rider));
    open_.insert_or_assign(index, company);
    return company;
}

void Boarding::depart(const IndexUid& index, const CompanyPtr& company) {
    const auto found = open_.find(index);
    if (found != open_.end() && found->second == company) open_.erase(found);
}

Order together(std::vector<Order> orders) {
    Order out = std::move(orders.front());
    WriteOrder& all = out.write;
    for (Order& order : std::span(orders).subspan(1)) {
        for (NodeRequest& request : order.write.requests) {
            const auto same = std::ranges::find(all.requests, request.node, &NodeRequest::node);
            if (same == all.requests.end()) {
                all.requests.push_back(std::move(request));
                continue;
            }
            MIROIR_ASSERT(same->method == request.method && same->target == request.target);
            same->body += request.body;
            same->shards = united(same->shards, request.shards);
        }
        all.shards = united(all.shards, order.write.shards);
        all.carried.push_back({.task = std::move(order.write.task), .at_success = std::move(order.write.at_success)});
    }
    return out;
}

std::vector<Receipt> receipts_of(const Receipt& receipt, const std::vector<std::vector<ShardId>>& shards) {
    std::vector<Receipt> out;
    for (std::size_t i = 0; i < shards.size(); ++i) {
        Receipt own{.task = i == 0 ? receipt.task : receipt.carried[i - 1]};
        std::ranges::set_intersection(shards[i], receipt.degraded, std::back_inserter(own.degraded));
        out.push_back(std::move(own));
    }
    return out;
}

}  // namespace miroir::quorum
