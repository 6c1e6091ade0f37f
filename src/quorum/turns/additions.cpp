// Additions of documents. What waits for the lane of its index together goes to the nodes together, as far as it is
// certain that none of it fails by itself; all else one by one, in the order in which it came.
#include <algorithm>

#include "plan/document_plan.h"
#include "quorum/office.h"

namespace miroir::quorum {
namespace {

protocol::Task addition_task(const IndexUid& uid, std::size_t received) {
    protocol::Task task;
    task.type = protocol::TaskType::DocumentAdditionOrUpdate;
    task.index_uid = uid.value;
    task.details = json::Object{{"receivedDocuments", received}, {"indexedDocuments", 0}};
    return task;
}

}  // namespace

env::Task<Result<Receipt>> Office::add_documents(IndexUid uid, Documents documents) {
    MIROIR_CO_CHECK(plan::refuse_reserved_fields(documents.payload));
    const env::OneShot<Result<Receipt>> receipt(env_.executor);
    Boarding::Rider rider{.documents = std::move(documents), .receipt = receipt};
    if (boarding_.join(uid, rider)) co_return co_await receipt;
    const Boarding::CompanyPtr company = boarding_.open(uid, std::move(rider));
    const env::Lane::Pass pass = co_await writer_.lane(uid).enter();
    boarding_.depart(uid, company);
    co_await carry(uid, std::move(company->riders));
    co_return co_await receipt;
}

env::Task<void> Office::carry(IndexUid uid, std::vector<Boarding::Rider> riders) {
    std::vector<Ready> ready;
    for (Boarding::Rider& rider : riders) {
        std::optional<protocol::BatchVerdict> verdict;
        if (riders.size() > 1) verdict = may_travel(uid, rider.documents);
        if (verdict) {
            ready.push_back({.rider = std::move(rider), .verdict = *std::move(verdict)});
            continue;
        }
        std::vector<Ready> before = std::exchange(ready, {});
        co_await add_together(uid, std::move(before));
        rider.receipt.set(co_await add_alone(uid, std::move(rider.documents)));
    }
    co_await add_together(uid, std::move(ready));
}

// Nothing where it might fail, or has to be looked up first.
std::optional<protocol::BatchVerdict> Office::may_travel(const IndexUid& uid, const Documents& documents) const {
    // Whoever asks a node for the documents of a task gets those of all that was sent with it.
    if (shelves_->current()->feature(protocol::Feature::GetTaskDocumentsRoute)) return std::nullopt;
    // What is not sent before a change of settings is over can be called off until then, each by itself.
    const auto holds_back = [&](const cluster::Node& node) {
        return writer_.hints().holder_of(node.id, {uid.value}).has_value();
    };
    if (std::ranges::any_of(topology_()->nodes(), holds_back)) return std::nullopt;
    const plan::IndexPtr index = index_of(uid);
    if (!index || !index->primary_key) return std::nullopt;
    const protocol::KeyQuestion question{.index_key = index->primary_key, .asked = documents.primary_key};
    Result<protocol::BatchVerdict> verdict = protocol::judge_batch(question, documents.payload);
    if (!verdict || verdict->primary_key != index->primary_key || !protocol::judge_values(documents.payload))
        return std::nullopt;
    if (!protocol::judge_special_fields(index->settings, documents.payload, verdict->ids)) return std::nullopt;
    const auto lacking = protocol::lacking_vectors(index->settings, documents.payload, verdict->ids, documents.update);
    if (!lacking.empty()) return std::nullopt;
    return *std::move(verdict);
}

// Has a write to the index, whose lane we hold, become a task from `first` on that some node may carry out?
bool Office::is_under_way(const IndexUid& uid, std::uint64_t first) const {
    for (std::uint64_t task = first; task < tasks_->next_uid(); ++task) {
        const tasks::TaskEntry* entry = tasks_->find(task);
        if (entry != nullptr && entry->task.index_uid == uid.value && !protocol::is_finished(entry->task.status))
            return true;
    }
    return false;
}

env::Task<void> Office::add_together(IndexUid uid, std::vector<Ready> ready) {
    std::vector<std::string> ids;
    for (const Ready& each : ready) ids.insert(ids.end(), each.verdict.ids.begin(), each.verdict.ids.end());
    const plan::IndexPtr index = index_of(uid);
    Result<Receipt> receipt = fail(ErrorCode::MiroirNoQuorum, "nothing was sent");
    const std::uint64_t first = tasks_->next_uid();
    std::vector<std::vector<ShardId>> shards;
    if (ready.size() > 1) {
        Stamps& stamps = stamps_of(uid);
        (void)co_await learn_stamps(index, stamps.unknown(ids));
        std::vector<Order> orders;
        for (Ready& each : ready) {
            Documents& documents = each.rider.documents;
            DocumentBatch batch{.bytes = documents.bytes,
                                .payload = std::move(documents.payload),
                                .ids = std::move(each.verdict.ids),
                                .stamps = {},
                                .primary_key = *index->primary_key,
                                .update = documents.update,
                                .skip_creation = documents.skip_creation};
            batch.stamps = stamps.assign(batch.ids, now_us());
            orders.push_back(order_documents(topology_(), uid, index, batch, options_.shards));
            orders.back().write.task.custom_metadata = documents.custom_metadata;
            shards.push_back(orders.back().write.shards);
            documents.payload = std::move(batch.payload);
        }
        Order order = together(std::move(orders));
        order.write.ids = ids;
        receipt = co_await submit(std::move(order), ready.front().rider.documents.custom_metadata);
        if (!receipt) stamps.doubt(ids);
    }
    // Of several, one may concern a shard that nobody has or be refused by the nodes: that is its own fault alone.
    if (!receipt && !is_under_way(uid, first)) {
        for (Ready& each : ready) each.rider.receipt.set(co_await add_alone(uid, std::move(each.rider.documents)));
        co_return;
    }
    std::vector<Receipt> receipts = receipt ? receipts_of(*receipt, shards) : std::vector<Receipt>();
    for (std::size_t i = 0; i < ready.size(); ++i) {
        if (receipt) ready[i].rider.receipt.set(std::move(receipts[i]));
        else ready[i].rider.receipt.set(fail(receipt.error()));
    }
}

// Under the lane of its index.
env::Task<Result<Receipt>> Office::add_alone(IndexUid uid, Documents documents) {
    const plan::IndexPtr index = index_of(uid);
    const protocol::KeyQuestion question{.index_key = index ? index->primary_key : std::nullopt,
                                         .asked = documents.primary_key};
    Result<protocol::BatchVerdict> verdict = protocol::judge_batch(question, documents.payload);
    if (!index && !documents.may_create) verdict = fail(index_not_found(uid));
    if (const auto readable = protocol::judge_values(documents.payload); verdict && !readable)
        verdict = fail(inside_index(uid, readable.error()));
    if (verdict) {
        static const protocol::Settings kFresh;
        const protocol::Settings& settings = index ? index->settings : kFresh;
        Result<void> judged = protocol::judge_special_fields(settings, documents.payload, verdict->ids);
        if (judged && index) {
            std::vector<protocol::LackingVectors> lacking =
                protocol::lacking_vectors(index->settings, documents.payload, verdict->ids, documents.update);
            judged = co_await judge_lacking(index, std::move(lacking));
        }
        if (!judged) verdict = fail(inside_index(uid, judged.error()));
    }
    if (!verdict) {
        // The engine makes the index all the same, where the caller may.
        Order failed = order_failed_addition(topology_(), addition_task(uid, documents.payload.documents.size()),
                                             verdict.error(), index || !documents.may_create ? 0 : options_.shards);
        co_return co_await submit(std::move(failed), std::move(documents.custom_metadata));
    }
    Stamps& stamps = stamps_of(uid);
    if (index) MIROIR_CO_CHECK(co_await learn_stamps(index, stamps.unknown(verdict->ids)));
    DocumentBatch batch{.bytes = std::move(documents.bytes),
                        .payload = std::move(documents.payload),
                        .ids = std::move(verdict->ids),
                        .stamps = {},
                        .primary_key = verdict->primary_key.value_or(""),
                        .update = documents.update,
                        .skip_creation = documents.skip_creation};
    batch.stamps = stamps.assign(batch.ids, now_us());
    Order order = order_documents(topology_(), uid, index, batch, options_.shards);
    order.write.ids = batch.ids;
    batch.payload = {};
    batch.bytes.reset();  // a large batch is held once while it is sent
    Result<Receipt> receipt = co_await submit(std::move(order), std::move(documents.custom_metadata));
    if (!receipt) stamps.doubt(batch.ids);
    co_return receipt;
}

}  // namespace miroir::quorum
