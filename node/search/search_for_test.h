// Tiny searches for tests: an index from texts, and the ids or scores a query gives.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "json/parse.h"
#include "json/write.h"
#include "node/search/keyword_search.h"
#include "protocol/settings/settings.h"

namespace miroir::node {

using Ids = std::vector<std::string>;

// Documents as JSON; their ids are 1, 2, 3, … in the order given.
inline Index index_of(const std::vector<std::string>& documents, protocol::Settings settings = {}) {
    Index index;
    EXPECT_TRUE(index.set_settings(std::move(settings)));
    std::vector<Operation> operations;
    for (const std::string& text : documents) {
        operations.push_back(
            {.external_id = std::to_string(operations.size() + 1), .document = json::parse(text)->object()});
    }
    EXPECT_TRUE(index.apply(std::move(operations)));
    return index;
}

// One field "t" per text.
inline Index index_of_texts(const std::vector<std::string>& texts, protocol::Settings settings = {}) {
    std::vector<std::string> documents;
    for (const std::string& text : texts) documents.push_back(json::to_text(json::Object{{"t", text}}));
    return index_of(documents, std::move(settings));
}

inline KeywordOutcome found(const Index& index, const KeywordRequest& request) {
    auto outcome = keyword_search(index, request);
    EXPECT_TRUE(outcome.has_value());
    return std::move(*outcome);
}

inline Ids ids(const Index& index, const KeywordRequest& request) {
    Ids result;
    for (const DocId id : found(index, request).ids) result.push_back(index.external_id(id));
    return result;
}

inline Ids ids(const Index& index, std::string query) { return ids(index, KeywordRequest{.query = std::move(query)}); }

// The details of the nth hit as the client sees them, one member.
inline std::string detail(const Index& index, const KeywordRequest& request, std::size_t nth, std::string_view rule) {
    const KeywordOutcome outcome = found(index, request);
    const json::Object details = protocol::to_json(outcome.scores.at(nth), protocol::AttributeShape::Separated);
    const json::Value* member = details.find(rule);
    return member == nullptr ? "" : json::to_text(*member);
}

}  // namespace miroir::node
