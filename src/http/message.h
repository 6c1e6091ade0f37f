// A request and a reply, as handlers and callers see them: no sockets, no parser types.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "env/task.h"

namespace miroir::http {

// Names compare without case; order and repetition are kept.
class Headers {
public:
    using Field = std::pair<std::string, std::string>;

    Headers() = default;
    Headers(std::initializer_list<Field> fields) : fields_(fields) {}

    // The first value of this name, or an empty view.
    std::string_view get(std::string_view name) const;
    bool has(std::string_view name) const;
    void add(std::string name, std::string value) {
        if (fields_.empty()) fields_.reserve(kUsual);
        fields_.emplace_back(std::move(name), std::move(value));
    }
    void set(std::string_view name, std::string value);  // replaces all of this name
    void erase(std::string_view name);
    void erase_if(auto&& unwanted) { std::erase_if(fields_, unwanted); }
    auto begin() const { return fields_.begin(); }
    auto end() const { return fields_.end(); }
    std::size_t size() const { return fields_.size(); }

private:
    static constexpr std::size_t kUsual = 8;
    std::vector<Field> fields_;
};

// ASCII, without case.
inline bool same_name(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (a[i] != b[i] && lower(a[i]) != lower(b[i])) return false;
    }
    return true;
}

// Bytes that come piece by piece. An empty piece is the end; after an error there is nothing more.
class BodySource {
public:
    virtual env::Task<Result<std::string>> next() = 0;
    virtual ~BodySource() = default;
};

// The whole of a source, or PayloadTooLarge as soon as it is known to exceed `limit`.
env::Task<Result<std::string>> read_all(BodySource& source, std::size_t limit);
// A source over bytes that are already there.
std::unique_ptr<BodySource> body_of(std::string bytes);

struct Request {
    std::string method = "GET";
    std::string target = "/";  // path and query as sent, still percent-encoded
    Headers headers;
    std::unique_ptr<BodySource> body;             // nullptr: none
    std::optional<std::uint64_t> content_length;  // as announced by the client, before any decoding
    std::string peer;                             // address of the client, for logs and limits
};

struct Reply {
    int status = 200;
    Headers headers;
    std::string body;
    std::unique_ptr<BodySource> stream;  // when set, it is sent instead of `body`, chunked
};

// The server is busy, or will not have us: nothing of the request was done, and the next one would fare no better.
constexpr bool turns_away(int status) { return status == 401 || status == 403 || status == 429 || status == 503; }

}  // namespace miroir::http
