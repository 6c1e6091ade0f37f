#include "quorum/node_link.h"

#include <algorithm>
#include <span>

#include "env/log.h"
#include "json/members.h"
#include "json/parse.h"
#include "json/write.h"

namespace miroir::quorum {
namespace {

std::optional<std::uint64_t> given_number(const json::Value& object, std::string_view key) {
    const json::Value* found = object.find(key);
    return found != nullptr && found->is_unsigned() ? std::optional(found->unsigned_integer()) : std::nullopt;
}

// An error in the words of a node, as a whole: what a proxy or a broken wire makes of it says nothing.
bool is_spoken(const http::Reply& reply) {
    const auto body = json::parse(reply.body);
    return body && body->find("code") != nullptr;
}

Error error_of(const http::Reply& reply) {
    Error error{.code = ErrorCode::MiroirNodeBadReply, .message = "status " + std::to_string(reply.status)};
    const auto body = json::parse(reply.body);
    if (!body) return error;
    if (const json::Value* message = body->find("message"); message != nullptr && message->is_string())
        error.message = message->string();
    if (const json::Value* code = body->find("code"); code != nullptr && code->is_string())
        error.code = error_code_of(code->string());
    return error;
}

constexpr std::size_t kUidsInOneCall = 500;

std::string listed(std::span<const std::uint64_t> uids) {
    std::string out;
    for (const std::uint64_t uid : uids) out += (out.empty() ? "" : ",") + std::to_string(uid);
    return out;
}

std::string moment_of(const json::Value& task) { return text_at(task, "enqueuedAt"); }

// The node's refusal of a uid that it has passed.
bool says_used(const http::Reply& reply) {
    return reply.status == 400 && reply.body.find("should be >=") != std::string::npos;
}

// Of a reply that does not say what became of the send, when the node's list does not have it. 400 may be what is left
// of the refusal of a used uid.
SendOutcome::Kind kind_where_absent(const http::Reply& reply) {
    if (says_used(reply)) return SendOutcome::Kind::Overtaken;
    if (reply.status == 401 || reply.status == 403 || reply.status == 429) return SendOutcome::Kind::Missed;
    const bool refused = reply.status > 400 && reply.status < 500;
    return refused ? SendOutcome::Kind::Refused : SendOutcome::Kind::Unknown;
}

// What a node calls the task that such a request makes; or nothing, where any will do.
std::string_view type_of_task(std::string_view method, std::string_view behind_index) {
    const std::string_view path = behind_index.substr(0, behind_index.find('?'));
    if (path == "/documents") return method == "DELETE" ? "documentDeletion" : "documentAdditionOrUpdate";
    if (path == "/documents/delete-batch" || path == "/documents/delete") return "documentDeletion";
    if (path == "/documents/edit") return "documentEdition";
    if (path == "/settings") return "settingsUpdate";
    if (path.empty()) return method == "DELETE" ? "indexDeletion" : method == "PATCH" ? "indexUpdate" : "";
    return "";
}

// What a request is known by among the tasks of a node: "POST /indexes/books/documents/delete-batch 3". Ids hold no
// commas.
std::string mark_of(const NodeRequest& request) {
    std::string out = request.method + " " + request.target;
    if (request.target.ends_with("/documents/delete-batch") && request.body != "[]")
        out += " " + std::to_string(std::ranges::count(request.body, ',') + 1);
    return out;
}

// Is this the task that such a request made? Somebody else may have written to the node, past us.
bool fits(const json::Value& task, std::string_view mark) {
    constexpr std::string_view kPrefix = "/indexes/";
    const std::string_view method = mark.substr(0, mark.find(' '));
    const std::string_view rest = mark.substr(method.size() + 1);
    const std::string_view target = rest.substr(0, rest.find(' '));
    if (!target.starts_with(kPrefix)) return true;
    const std::size_t end = std::min(target.find_first_of("/?", kPrefix.size()), target.size());
    if (text_at(task, "indexUid") != target.substr(kPrefix.size(), end - kPrefix.size())) return false;
    const std::string_view type = type_of_task(method, target.substr(end));
    if (!type.empty() && text_at(task, "type") != type) return false;
    if (target.size() == rest.size()) return true;
    const json::Value* details = task.find("details");
    return details != nullptr && std::to_string(number_at(*details, "providedIds")) == rest.substr(target.size() + 1);
}

Error taken_by_another(const NodeId& node) {
    return {.code = ErrorCode::MiroirReplaced,
            .message = "Node " + node.value +
                       " takes writes from another Miroir, which the task store knows nothing of. Stop that one; then "
                       "give Miroir its store (task_store.path), or, where that is lost, start once with "
                       "task_store.take_over.",
            .node = node.value};
}

}  // namespace

NodeLink::NodeLink(env::Env env, http::Client& client, NodeId id, LinkOptions options)
    : env_(env), client_(client), id_(std::move(id)), options_(std::move(options)), lane_(env.executor) {}

void NodeLink::reserve_up_to(std::uint64_t uid) { next_uid_ = std::max(next_uid_, uid + 1); }

env::Task<Result<http::Reply>> NodeLink::ask(std::string address, http::Outgoing request) {
    return exchange(client_, std::move(address), std::move(request), id_.value);
}

env::Task<Result<http::Reply>> NodeLink::ask_anybody(std::string address, http::Outgoing request) {
    http::Client& client = options_.inquirer == nullptr ? client_ : *options_.inquirer;
    return exchange(client, std::move(address), std::move(request), {});
}

env::Task<Result<http::Reply>> NodeLink::exchange(http::Client& client, std::string address, http::Outgoing request,
                                                  std::string peer) {
    MIROIR_CO_TRY(http::Address to, http::parse_address(address));
    if (!options_.node_key.empty()) request.headers.add("Authorization", "Bearer " + options_.node_key);
    http::SendOptions options;
    options.deadline = env::Deadline::after(env_.clock, options_.timeout);
    options.body_limit = options_.reply_limit;
    options.repeatable = request.method == "GET";
    options.peer = std::move(peer);
    co_return co_await client.send(std::move(to), std::move(request), std::move(options));
}

env::Task<Result<void>> NodeLink::meet(std::string address) {
    if (options_.claim) MIROIR_CO_CHECK(options_.claim->holds());
    if (known_) co_return Result<void>{};
    http::Outgoing request;
    request.target = "/tasks?limit=1";
    Result<http::Reply> reply = co_await ask(address, std::move(request));
    if (!reply) co_return fail(reply.error());
    const auto body = json::parse(reply->body);
    if (reply->status != 200 || !body || body->find("from") == nullptr) co_return fail(error_of(*reply));
    if (const auto newest = given_number(*body, "from")) reserve_up_to(*newest);
    if (options_.claim) MIROIR_CO_CHECK(co_await claim(std::move(address)));
    known_ = true;
    co_return Result<void>{};
}

env::Task<Result<std::uint64_t>> NodeLink::next_uid(std::string address) {
    MIROIR_CO_CHECK(co_await meet(std::move(address)));
    co_return next_uid_++;
}

env::Task<Result<ClaimNote>> NodeLink::look_for_claim(std::string address) {
    const json::Value page = co_await look(std::move(address), std::string(kClaimsTarget));
    std::optional<ClaimNote> left = claim_in(page);
    if (!left) co_return fail(ErrorCode::MiroirNodeBadReply, "node " + id_.value + " does not show its tasks");
    Claim& claim = *options_.claim;
    if (claimed_ && !left->name.empty() && !claim.knows(left->name) && claim.holds()) {
        claim.lose(id_);
        env_.log.error("quorum", claim.holds().error().message, {{"node", id_.value}, {"name", left->name}});
    }
    MIROIR_CO_CHECK(claim.holds());
    co_return *std::move(left);
}

bool NodeLink::bears_our_name(const json::Value& page) const {
    const std::optional<ClaimNote> left = claim_in(page);
    return left && left->node == id_ && options_.claim && options_.claim->knows(left->name);
}

// A name that is not known here, on a node that has no indexes: nobody misses it.
env::Task<Result<void>> NodeLink::claim(std::string address) {
    Claim& claim = *options_.claim;
    MIROIR_CO_TRY(const ClaimNote left, co_await look_for_claim(address));
    if (left.name == claim.name()) co_return Result<void>{};
    if (!claim.may_follow(left.name)) {
        const json::Value indexes = co_await look(address, "/indexes?limit=1");
        const json::Value* results = indexes.find("results");
        if (results == nullptr || !results->is_array() || !results->array().empty())
            co_return fail(taken_by_another(id_));
    }
    MIROIR_CO_CHECK(co_await claim.keep());
    co_return co_await leave_name(std::move(address), kClaimLeap);
}

env::Task<Result<void>> NodeLink::leave_name(std::string address, std::uint64_t ahead) {
    if (!options_.claim) co_return Result<void>{};
    const ClaimNote note{.name = options_.claim->name(), .node = id_};
    NodeRequest request = claim_request(note);
    const SendOutcome outcome = co_await send(std::move(address), std::move(request), next_uid_ + ahead);
    if (outcome.kind != SendOutcome::Kind::Accepted) co_return fail(outcome.error);
    reserve_up_to(outcome.uid);
    claimed_ = true;
    co_return Result<void>{};
}

std::optional<SendOutcome> NodeLink::outcome_of(const http::Reply& reply, std::uint64_t uid) {
    if (reply.status >= 300 && !is_spoken(reply)) return std::nullopt;
    if (http::turns_away(reply.status)) {
        return SendOutcome{.kind = SendOutcome::Kind::Missed, .uid = uid, .error = error_of(reply)};
    }
    if (reply.status >= 500 || says_used(reply)) return std::nullopt;
    if (reply.status >= 300)
        return SendOutcome{.kind = SendOutcome::Kind::Refused, .uid = uid, .error = error_of(reply)};
    const auto body = json::parse(reply.body);
    const auto given = body ? given_number(*body, "taskUid") : std::nullopt;
    if (!given) return std::nullopt;
    reserve_up_to(*given);  // a node that chooses for itself
    return SendOutcome{
        .kind = SendOutcome::Kind::Accepted, .uid = *given, .error = {}, .enqueued_at = moment_of(*body)};
}

env::Task<SendOutcome> NodeLink::send(std::string address, NodeRequest request, std::uint64_t uid) {
    http::Outgoing outgoing;
    std::string mark = mark_of(request);
    outgoing.method = std::move(request.method);
    outgoing.target = std::move(request.target);
    outgoing.body = std::move(request.body);
    if (!request.content_type.empty()) outgoing.headers.add("Content-Type", std::move(request.content_type));
    outgoing.headers.add("TaskId", std::to_string(uid));
    const Result<http::Reply> reply = co_await ask(address, std::move(outgoing));
    SendOutcome outcome{
        .kind = SendOutcome::Kind::Unknown, .uid = uid, .error = reply ? error_of(*reply) : reply.error()};
    if (reply) {
        if (const auto clear = outcome_of(*reply, uid)) co_return *clear;
        outcome.kind = kind_where_absent(*reply);
    } else if (reply.error().code == ErrorCode::MiroirNodeUnreachable) {
        outcome.kind = SendOutcome::Kind::Missed;
        co_return outcome;
    }
    co_return co_await find_out(std::move(address), std::move(mark), std::move(outcome));
}

// It was sent and the answer was lost or says that the uid is taken: the node's own list knows. What it does not have
// yet may still be on its way.
env::Task<SendOutcome> NodeLink::find_out(std::string address, std::string mark, SendOutcome outcome) {
    const Result<std::optional<json::Value>> found = co_await task(std::move(address), outcome.uid);
    if (!found) outcome.kind = SendOutcome::Kind::Unknown;
    else if (*found) outcome.kind = fits(**found, mark) ? SendOutcome::Kind::Accepted : SendOutcome::Kind::Overtaken;
    if (outcome.kind == SendOutcome::Kind::Accepted) outcome.enqueued_at = moment_of(**found);
    co_return outcome;
}

env::Task<json::Value> NodeLink::look(std::string address, std::string target) {
    http::Outgoing request;
    request.target = std::move(target);
    co_return co_await shown(std::move(address), std::move(request));
}

env::Task<json::Value> NodeLink::look(std::string address, std::string target, json::Value question) {
    http::Outgoing request;
    request.method = "POST";
    request.target = std::move(target);
    request.headers.add("Content-Type", "application/json");
    request.body = json::to_text(question);
    co_return co_await shown(std::move(address), std::move(request));
}

env::Task<json::Value> NodeLink::shown(std::string address, http::Outgoing request) {
    const Result<http::Reply> reply = co_await ask(std::move(address), std::move(request));
    if (!reply || reply->status != 200) co_return json::Value();
    co_return json::parse(reply->body).value_or(json::Value());
}

env::Task<Result<std::optional<json::Value>>> NodeLink::task(std::string address, std::uint64_t uid) {
    http::Outgoing request;
    request.target = "/tasks/" + std::to_string(uid);
    Result<http::Reply> reply = co_await ask(std::move(address), std::move(request));
    if (!reply) co_return fail(reply.error());
    if (reply->status == 404) co_return std::nullopt;
    auto body = json::parse(reply->body);
    if (reply->status != 200 || !body) co_return fail(error_of(*reply));
    co_return *std::move(body);
}

env::Task<Result<NodeLink::Told>> NodeLink::tasks(std::string address, std::vector<std::uint64_t> uids) {
    Told told;
    if (uids.size() == 1) {
        MIROIR_CO_TRY(std::optional<json::Value> only, co_await task(std::move(address), uids.front()));
        if (only) told.emplace(uids.front(), *std::move(only));
        co_return told;
    }
    for (std::size_t at = 0; at < uids.size(); at += kUidsInOneCall) {
        const std::size_t count = std::min(uids.size() - at, kUidsInOneCall);
        http::Outgoing request;
        request.target =
            "/tasks?limit=" + std::to_string(count) + "&uids=" + listed(std::span(uids).subspan(at, count));
        Result<http::Reply> reply = co_await ask(address, std::move(request));
        if (!reply) co_return fail(reply.error());
        const auto body = json::parse(reply->body);
        const json::Value* results = body ? body->find("results") : nullptr;
        if (reply->status != 200 || results == nullptr || !results->is_array()) co_return fail(error_of(*reply));
        for (const json::Value& result : results->array()) {
            if (const auto uid = given_number(result, "uid")) told.emplace(*uid, result);
        }
    }
    co_return told;
}

}  // namespace miroir::quorum
