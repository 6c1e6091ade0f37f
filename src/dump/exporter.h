// Sends indexes to another Meilisearch: settings and documents, page by page, as that server's clients would. What the
// other server refuses ends the export; what it cannot answer now is asked again for a while.
#pragma once

#include "api/desk.h"
#include "http/client.h"
#include "protocol/instance/requests.h"

namespace miroir::dump {

class Exporter {
public:
    // `outside` keeps to the networks that may be reached.
    Exporter(api::Desk& desk, http::Client& outside) : desk_(desk), outside_(outside) {}

    // The details of the task that has ended well. `wish`: the body of POST /export.
    env::Task<Result<json::Value>> send(protocol::Task task, json::Value wish);

private:
    struct Target {
        http::Url base;
        std::string api_key;
        std::size_t payload = 0;
        std::uint64_t task = 0;
    };
    env::Task<Result<std::uint64_t>> send_index(Target target, plan::IndexPtr index, protocol::IndexExport options);
    env::Task<Result<void>> send_settings(Target target, plan::IndexPtr index, bool exists);
    env::Task<Result<http::Reply>> ask(Target target, http::Outgoing request);
    env::Task<bool> is_called_off(std::uint64_t task);

    api::Desk& desk_;
    http::Client& outside_;
};

}  // namespace miroir::dump
