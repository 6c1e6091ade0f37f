// All documents of an index, in the order of their insertion, as JSON lines without what is ours. Read page by page
// with a cursor on the stamp: a document that stays is never skipped nor given twice, whatever is written meanwhile.
#pragma once

#include "api/desk.h"

namespace miroir::dump {

class Pages {
public:
    Pages(api::Desk& desk, plan::IndexPtr index, std::optional<json::Value> filter = {});

    // The next lines; empty: the end. MiroirShardUnavailable when a shard has nobody to answer for it.
    env::Task<Result<std::string>> next();
    std::uint64_t documents() const { return documents_; }

private:
    api::Desk& desk_;
    plan::IndexPtr index_;
    std::optional<json::Value> filter_;
    std::string cursor_;  // stamps before it have been given
    std::uint64_t page_ = 200;
    std::uint64_t documents_ = 0;
    bool ended_ = false;
};

}  // namespace miroir::dump
