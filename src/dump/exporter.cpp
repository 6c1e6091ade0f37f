#include "dump/exporter.h"

#include "dump/pages.h"
#include "json/members.h"
#include "json/parse.h"
#include "json/write.h"
#include "protocol/keys/index_uid.h"
#include "quorum/orders.h"

namespace miroir::dump {
namespace {

constexpr std::size_t kDefaultPayload = 20u << 20;
constexpr int kTries = 6;
constexpr std::chrono::nanoseconds kFirstPause = std::chrono::milliseconds(500);
constexpr std::chrono::nanoseconds kPatience = std::chrono::seconds(30);  // for one answer
constexpr std::size_t kLargestAnswer = 1u << 20;

Error failed(std::string_view why) {
    return {.code = ErrorCode::Internal, .message = "Failed to export documents to remote server " + std::string(why)};
}

// What the other server said, in the engine's words.
Error refusal_of(const http::Reply& reply) {
    const auto body = json::parse(reply.body);
    const std::string code = body ? text_at(*body, "code") : std::string();
    if (code.empty()) return failed("(HTTP " + std::to_string(reply.status) + ")");
    return failed(code + " (" + text_at(*body, "type") + "): " + text_at(*body, "message") + " <" +
                  text_at(*body, "link") + ">");
}

bool may_pass(const Result<http::Reply>& reply) {
    if (!reply) return reply.error().code != ErrorCode::MiroirInvalidRequest;
    return reply->status == 408 || reply->status == 429 || (reply->status >= 500 && reply->status <= 504);
}

http::Outgoing json_request(std::string method, std::string target, const json::Value& body) {
    http::Outgoing request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.headers.add("Content-Type", "application/json");
    request.body = json::to_text(body);
    return request;
}

}  // namespace

env::Task<Result<json::Value>> Exporter::send(protocol::Task task, json::Value wish) {
    MIROIR_CO_TRY(const protocol::ExportBody body, protocol::parse_export(wish));
    Result<http::Url> base = http::parse_url(body.url.value_or(""));
    if (!base) co_return fail(failed("(" + base.error().message + ")"));
    while (base->target.ends_with('/')) base->target.pop_back();
    const Target target{.base = *std::move(base),
                        .api_key = body.api_key.value_or(""),
                        .payload = protocol::payload_bytes(body).value_or(kDefaultPayload),
                        .task = task.uid};
    const auto patterns = protocol::exported_indexes(body);
    const plan::CatalogPtr catalog = desk_.catalog();
    json::Object sent;
    for (const auto& [uid, index] : catalog->indexes) {
        const auto found = std::ranges::find_if(
            patterns, [&uid](const auto& each) { return protocol::index_matches(each.first, uid.value); });
        if (found == patterns.end()) continue;
        MIROIR_CO_TRY(const std::uint64_t matched, co_await send_index(target, index, found->second));
        sent.append(uid.value, protocol::export_details(found->second, matched));
    }
    task.details["indexes"] = std::move(sent);
    co_return std::move(task.details);
}

env::Task<Result<std::uint64_t>> Exporter::send_index(Target target, plan::IndexPtr index,
                                                      protocol::IndexExport options) {
    if (options.filter) {
        const Result<void> judged = quorum::judge_filter(*index, *options.filter);
        if (!judged) co_return fail(judged.error());
    }
    const std::string path = "/indexes/" + index->uid.value;
    http::Outgoing question;
    question.target = path;
    MIROIR_CO_TRY(const http::Reply there, co_await ask(target, std::move(question)));
    const auto said = json::parse(there.body);
    const bool missing = said && text_at(*said, "code") == "index_not_found";
    if (there.status != 200 && !missing) co_return fail(refusal_of(there));
    if (missing || options.override_settings) MIROIR_CO_CHECK(co_await send_settings(target, index, !missing));

    Pages pages(desk_, index, options.filter);
    std::string waiting;
    for (bool last = false; !last;) {
        MIROIR_CO_TRY(std::string lines, co_await pages.next());
        last = lines.empty();
        waiting += lines;
        while (!waiting.empty() && (last || waiting.size() >= target.payload)) {
            // Whole lines, and one at least.
            std::size_t end = waiting.size();
            if (end > target.payload) end = waiting.rfind('\n', target.payload - 1) + 1;
            if (end == 0) end = waiting.find('\n') + 1;
            http::Outgoing request;
            request.method = "POST";
            request.target = path + "/documents";
            request.headers.add("Content-Type", "application/x-ndjson");
            request.body = waiting.substr(0, end);
            waiting.erase(0, end);
            MIROIR_CO_TRY(const http::Reply taken, co_await ask(target, std::move(request)));
            if (taken.status >= 300) co_return fail(refusal_of(taken));
        }
    }
    co_return pages.documents();
}

env::Task<Result<void>> Exporter::send_settings(Target target, plan::IndexPtr index, bool exists) {
    const std::string path = "/indexes/" + index->uid.value;
    const json::Value key = index->primary_key ? json::Value(*index->primary_key) : json::Value();
    json::Object named{{"uid", index->uid.value}, {"primaryKey", key}};
    json::Object keyed{{"primaryKey", key}};
    http::Outgoing make =
        exists ? json_request("PATCH", path, std::move(keyed)) : json_request("POST", "/indexes", std::move(named));
    MIROIR_CO_TRY(const http::Reply made, co_await ask(target, std::move(make)));
    if (made.status >= 300) co_return fail(refusal_of(made));
    json::Value settings = protocol::settings_to_store(index->settings);
    if (!desk_.feature(protocol::Feature::ChatCompletions)) settings.object().erase("chat");
    if (!desk_.feature(protocol::Feature::ForeignKeys)) settings.object().erase("foreignKeys");
    http::Outgoing change = json_request("PATCH", path + "/settings", settings);
    MIROIR_CO_TRY(const http::Reply changed, co_await ask(target, std::move(change)));
    if (changed.status >= 300) co_return fail(refusal_of(changed));
    co_return Result<void>{};
}

env::Task<Result<http::Reply>> Exporter::ask(Target target, http::Outgoing request) {
    request.target = target.base.target + request.target;
    if (!target.api_key.empty()) request.headers.add("Authorization", "Bearer " + target.api_key);
    std::chrono::nanoseconds pause = kFirstPause;
    for (int i = 1;; ++i) {
        if (co_await is_called_off(target.task)) co_return fail(failed("(called off)"));
        http::Outgoing copy = request;
        http::SendOptions options;
        options.deadline = env::Deadline::after(desk_.env().clock, kPatience);
        options.body_limit = kLargestAnswer;
        Result<http::Reply> reply = co_await outside_.send(target.base.address, std::move(copy), std::move(options));
        if (!may_pass(reply) || i == kTries) {
            if (!reply) co_return fail(failed("(" + reply.error().message + ")"));
            co_return reply;
        }
        co_await env::sleep_for(desk_.env(), pause);
        pause *= 2;
    }
}

env::Task<bool> Exporter::is_called_off(std::uint64_t task) {
    const std::vector<protocol::Task> now = co_await desk_.ask(desk_.office().tasks_from(task, 1));
    co_return now.empty() || now.front().uid != task || protocol::is_finished(now.front().status);
}

}  // namespace miroir::dump
