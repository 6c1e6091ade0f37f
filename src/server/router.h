// Which endpoint answers which method and path. Paths are matched segment by segment on their decoded text, a literal
// before a `{name}`; slashes are merged and a trailing one is dropped, nothing else is tidied: `..`, `%2F` or NUL in
// a segment never change the route. Filled once at start, then only read: any thread may share it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "env/task.h"
#include "http/handler.h"
#include "http/message.h"
#include "server/admission.h"

namespace miroir::server {

// The values of `{name}` in the order of the pattern, percent-decoded.
class Params {
public:
    // The value of a name that the pattern has; asking for another is a mistake of ours.
    const std::string& get(std::string_view name) const;
    void add(std::string name, std::string value) {
        if (fields_.empty()) fields_.reserve(2);
        fields_.emplace_back(std::move(name), std::move(value));
    }
    std::size_t size() const { return fields_.size(); }

private:
    std::vector<std::pair<std::string, std::string>> fields_;
};

// A request on its way to an endpoint. The body is already decoded (Content-Encoding), never nullptr.
struct Incoming {
    std::string method;
    std::string path;        // as sent, without the query, still percent-encoded
    std::string raw_query;   // what follows '?', still percent-encoded
    std::string_view route;  // the pattern, "/indexes/{uid}/documents"; lives as long as the router
    Params params;
    http::Headers headers;
    std::unique_ptr<http::BodySource> body;
    std::optional<std::uint64_t> content_length;  // as announced by the client, before any decoding
    std::string peer;
    http::Call call;
    std::shared_ptr<Admission::Seat> seat{};  // its place among those that run; null: it holds none
};

// Usually [this](Incoming in) { return search(std::move(in)); } over a member coroutine; never itself a coroutine.
using Endpoint = std::function<env::Task<http::Reply>(Incoming)>;

class Router {
public:
    Router();
    Router(Router&&) noexcept;
    Router& operator=(Router&&) noexcept;
    ~Router();

    // `pattern` begins with '/'. The same method and pattern twice is a mistake of ours.
    void add(std::string_view method, std::string_view pattern, Endpoint endpoint);

    struct Match {
        const Endpoint* endpoint = nullptr;  // nullptr: no such path (allow is empty), or a method it does not take
        std::string_view route;              // empty: no such path
        std::string_view allow;              // "GET, POST"
        Params params;
    };
    Match find(std::string_view method, std::string_view path) const;

private:
    struct Node;
    std::unique_ptr<Node> root_;
};

}  // namespace miroir::server
