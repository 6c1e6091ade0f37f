#include "cli/door.h"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>

#include "json/parse.h"
#include "json/write.h"

namespace miroir::cli {
namespace {

constexpr std::chrono::seconds kPatience{30};

Result<std::string> key_in(const std::string& file) {
    std::ifstream in(file);
    std::ostringstream text;
    text << in.rdbuf();
    if (!in) return fail(ErrorCode::MiroirConfigInvalid, "the key file " + file + " cannot be read");
    std::string key = text.str();
    while (!key.empty() && (key.back() == '\n' || key.back() == '\r' || key.back() == ' ')) key.pop_back();
    if (key.empty()) return fail(ErrorCode::MiroirConfigInvalid, "the key file " + file + " is empty");
    return key;
}

env::Task<Result<http::Reply>> send(http::Client& client, http::Address to, http::Outgoing request,
                                    http::SendOptions options) {
    co_return co_await client.send(std::move(to), std::move(request), std::move(options));
}

}  // namespace

std::string Answer::message() const {
    const json::Value* text = body.find("message");
    if (text != nullptr && text->is_string()) return text->string();
    return "Miroir answered with status " + std::to_string(status);
}

Result<std::string> find_key(const std::string& file) {
    if (!file.empty()) return key_in(file);
    if (const char* key = std::getenv("MIROIR_ADMIN_API_KEY"); key != nullptr && *key != '\0') return std::string(key);
    const char* named = std::getenv("MIROIR_ADMIN_API_KEY_FILE");
    if (named != nullptr && *named != '\0') return key_in(named);
    return fail(ErrorCode::MiroirConfigInvalid,
                "no admin key: set MIROIR_ADMIN_API_KEY, or name a file that holds it with --key-file");
}

Result<Answer> Door::ask(std::string method, std::string target, json::Value body) {
    MIROIR_TRY(http::Address address, http::parse_address(url_));
    http::Outgoing request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.headers.add("Authorization", "Bearer " + key_);
    if (!body.is_null()) {
        request.headers.add("Content-Type", "application/json");
        request.body = json::to_text(body);
    }
    http::SendOptions options;
    options.deadline = env::Deadline::after(reactor_, kPatience);
    MIROIR_TRY(const http::Reply reply,
               env::run_task(reactor_, send(client_, std::move(address), std::move(request), std::move(options))));
    auto parsed = json::parse(reply.body);
    return Answer{.status = reply.status, .body = parsed ? *std::move(parsed) : json::Value()};
}

void Door::pause(std::chrono::milliseconds span) { std::this_thread::sleep_for(span); }

}  // namespace miroir::cli
