#include "api/read/foreign_keys.h"

#include <algorithm>
#include <set>

#include "api/read/cover_round.h"
#include "json/parse.h"
#include "json/write.h"
#include "merge/document_merge.h"
#include "merge/hit_bytes.h"
#include "plan/documents_plan.h"
#include "plan/read_checks.h"
#include "quorum/orders.h"

namespace miroir::api {
namespace {

using protocol::Filter;

constexpr ErrorCode kCode = ErrorCode::InvalidSearchFilter;
constexpr std::uint64_t kMostDocuments = 100;

Error inside(const std::string& uid, std::string text) {
    return quorum::inside_index(IndexUid{uid}, Error{.code = kCode, .message = std::move(text)});
}

// What is asked of the other index is refused as if its documents were asked for, with the text as the client wrote it.
Result<void> check_inner(const plan::IndexEntry& other, const Filter& inner) {
    constexpr ErrorCode kInner = ErrorCode::InvalidDocumentFilter;
    const auto& rules = other.settings.filterable_attributes;
    Result<void> checked = protocol::check_filterable(inner, rules, kInner);
    if (checked) checked = protocol::check_geo(inner, rules, kInner);
    return checked ? checked : fail(quorum::inside_index(other.uid, checked.error()));
}

// Documents of an index without what is ours.
env::Task<Result<std::vector<json::Value>>> fetch(Desk& desk, plan::IndexPtr index, protocol::DocumentsQuery query,
                                                  http::Call call) {
    const CallOf call_of = [&](const cluster::CoverPart& part) {
        return plan::documents_call(*index, part, query, {.limit = query.limit});
    };
    std::vector<merge::DocumentsAnswer> answers;
    const scatter::Accept accept = [&](scatter::Answered& answered) -> Result<void> {
        MIROIR_TRY(merge::DocumentsAnswer answer, merge::DocumentsAnswer::read(std::move(answered.reply.body)));
        answers.push_back(std::move(answer));
        return {};
    };
    RoundPlace place{.desk = desk, .topology = desk.topology(), .index = index, .call = std::move(call)};
    const Result<Round> round = co_await ask_everywhere(place, call_of, accept);
    if (!round) co_return fail(round.error());
    if (round->refusal) co_return fail(ErrorCode::MiroirNodeBadReply, "a node refused to give foreign documents");
    std::vector<json::Value> out;
    for (const merge::ListedDocument* document : merge::merge_documents(answers, 0, UINT64_MAX)) {
        std::string text;
        const merge::HitShape whole{.score = true, .details = true, .drop_field = "_federation"};
        if (!merge::append_hit(text, document->bytes, whole)) continue;
        if (auto parsed = json::parse(text)) out.push_back(*std::move(parsed));
    }
    co_return out;
}

std::optional<std::string> id_of(const json::Value& value) {
    if (value.is_string()) return value.string();
    if (value.is_integer()) return json::to_text(value);
    return std::nullopt;
}

env::Task<Result<Filter>> resolved(Desk& desk, plan::IndexPtr index, Filter foreign, http::Call call) {
    const auto& keys = index->settings.foreign_keys;
    const auto key = std::ranges::find(keys, foreign.field.text, &protocol::ForeignKey::field_name);
    if (key == keys.end())
        co_return fail(inside(index->uid.value, "Field `" + foreign.field.text + "` is not a foreign key"));
    const IndexUid uid{key->foreign_index_uid};
    const plan::IndexPtr other = desk.catalog()->find(uid);
    if (!other) co_return fail(quorum::index_not_found(uid));
    protocol::DocumentsQuery query;
    query.filter = json::Value(protocol::to_expression(foreign.children.front()));
    query.limit = kMostDocuments + 1;
    MIROIR_CO_CHECK(check_inner(*other, foreign.children.front()));
    if (other->primary_key) query.fields = std::vector<std::string>{*other->primary_key};
    MIROIR_CO_TRY(const std::vector<json::Value> found, co_await fetch(desk, other, std::move(query), std::move(call)));
    if (found.size() > kMostDocuments) {
        co_return fail(inside(uid.value,
                              "Foreign filter is retrieving too many documents, foreign filters can't retrieve more "
                              "than " +
                                  std::to_string(kMostDocuments) + " documents per index"));
    }
    Filter in;
    in.type = Filter::Type::In;
    in.field = foreign.field;
    for (const json::Value& document : found) {
        const json::Value* value = other->primary_key ? document.find(*other->primary_key) : nullptr;
        const std::optional<std::string> id = value == nullptr ? std::nullopt : id_of(*value);
        if (!id) continue;
        protocol::FilterToken& token = in.values.emplace_back(foreign.field);
        token.text = token.original = *id;
    }
    co_return in;
}

env::Task<Result<Filter>> without_foreign(Desk& desk, plan::IndexPtr index, Filter filter, http::Call call) {
    if (filter.type == Filter::Type::Foreign)
        co_return co_await resolved(desk, std::move(index), std::move(filter), std::move(call));
    for (Filter& child : filter.children) {
        Result<Filter> done = co_await without_foreign(desk, index, child, call);
        if (!done) co_return done;
        child = *std::move(done);
    }
    co_return filter;
}

bool has_foreign(const Filter& filter) {
    return filter.type == Filter::Type::Foreign || std::ranges::any_of(filter.children, has_foreign);
}

// The values behind a path, through objects and lists.
template <class Look>
void at_leaves(json::Value& value, std::string_view path, const Look& look) {
    if (value.is_array()) {
        for (json::Value& each : value.array()) at_leaves(each, path, look);
        return;
    }
    if (path.empty()) return look(value);
    if (!value.is_object()) return;
    for (json::Member& member : value.object()) {
        if (member.first == path) at_leaves(member.second, {}, look);
        else if (path.starts_with(member.first) && path.substr(member.first.size()).starts_with('.'))
            at_leaves(member.second, path.substr(member.first.size() + 1), look);
    }
}

bool comes_from(const json::Value& hit, const std::string& index) {
    const json::Value* federation = hit.find("_federation");
    const json::Value* uid = federation != nullptr ? federation->find("indexUid") : nullptr;
    return uid != nullptr && uid->is_string() && uid->string() == index;
}

// `index`: hits of this one only, if it is named.
template <class Look>
void at_keys(json::Value& reply, const std::string& field, const std::string& index, const Look& look) {
    json::Value* hits = reply.object().find("hits");
    if (hits == nullptr || !hits->is_array()) return;
    for (json::Value& hit : hits->array()) {
        if (!index.empty() && !comes_from(hit, index)) continue;
        at_leaves(hit, field, look);
        if (json::Value* formatted = hit.is_object() ? hit.object().find("_formatted") : nullptr)
            at_leaves(*formatted, field, look);
    }
}

}  // namespace

env::Task<Result<void>> resolve_foreign(Desk& desk, plan::IndexPtr index, std::optional<json::Value>& filter,
                                        http::Call call) {
    if (!filter || !desk.feature(protocol::Feature::ForeignKeys)) co_return Result<void>{};
    MIROIR_CO_TRY(const std::optional<Filter> parsed, protocol::parse_filter(*filter, kCode));
    if (!parsed || !has_foreign(*parsed)) co_return Result<void>{};
    MIROIR_CO_TRY(const Filter plain, co_await without_foreign(desk, std::move(index), *parsed, std::move(call)));
    filter = json::Value(protocol::to_expression(plain));
    co_return Result<void>{};
}

env::Task<Result<void>> show_foreign(Desk& desk, plan::IndexPtr index, std::string& body, http::Call call,
                                     bool federated) {
    if (index->settings.foreign_keys.empty() || !desk.feature(protocol::Feature::ForeignKeys)) co_return Result<void>{};
    auto reply = json::parse(body);
    if (!reply || !reply->is_object()) co_return Result<void>{};
    const std::string only = federated ? index->uid.value : std::string();
    for (const protocol::ForeignKey& key : index->settings.foreign_keys) {
        const IndexUid uid{key.foreign_index_uid};
        const plan::IndexPtr other = desk.catalog()->find(uid);
        if (!other || !other->primary_key) continue;
        std::set<std::string> wanted;
        at_keys(*reply, key.field_name, only, [&wanted](const json::Value& leaf) {
            if (auto id = id_of(leaf)) wanted.insert(*std::move(id));
        });
        if (wanted.empty()) continue;
        protocol::DocumentsQuery query;
        query.ids = std::vector<std::string>(wanted.begin(), wanted.end());
        query.limit = wanted.size();
        const auto& displayed = other->settings.displayed_attributes;
        if (displayed) {
            query.fields = *displayed;
            query.fields->push_back(*other->primary_key);
        }
        MIROIR_CO_TRY(const std::vector<json::Value> found, co_await fetch(desk, other, std::move(query), call));
        std::map<std::string, json::Value> documents;
        for (json::Value document : found) {
            const json::Value* value = document.find(*other->primary_key);
            const std::optional<std::string> id = value == nullptr ? std::nullopt : id_of(*value);
            if (!id) continue;
            if (displayed && std::ranges::find(*displayed, *other->primary_key) == displayed->end())
                document.object().erase(*other->primary_key);
            documents[*id] = std::move(document);
        }
        at_keys(*reply, key.field_name, only, [&documents](json::Value& leaf) {
            const std::optional<std::string> id = id_of(leaf);
            if (!id) return;
            const auto found_document = documents.find(*id);
            leaf = found_document == documents.end() ? json::Value(json::Object()) : found_document->second;
        });
    }
    body = json::to_text(*reply);
    co_return Result<void>{};
}

}  // namespace miroir::api
