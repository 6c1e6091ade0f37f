#include "protocol/documents/primary_key.h"

#include <algorithm>

#include "json/scan.h"
#include "json/write.h"

namespace miroir::protocol {
namespace {

constexpr std::size_t kIdBytesMax = 511;

bool ends_in_id(std::string_view name) {
    if (name.size() < 2) return false;
    const char i = name[name.size() - 2];
    const char d = name[name.size() - 1];
    return (i == 'i' || i == 'I') && (d == 'd' || d == 'D');
}

// All values that the dotted path names: each dot may be a step down or part of a name.

void collect_in(const json::Object& object, std::string_view path, std::vector<const json::Value*>& found) {
    for (const json::Member& member : object) {
        if (path == member.first) {
            found.push_back(&member.second);
        } else if (path.starts_with(member.first) && path[member.first.size()] == '.') {
            if (member.second.is_object())
                collect_in(member.second.object(), path.substr(member.first.size() + 1), found);
        }
    }
}

std::string id_text_or_empty(const json::Value& value) {
    if (value.is_integer()) return json::to_text(value);
    if (value.is_string() && is_document_id(value.string())) return value.string();
    return {};
}

}  // namespace

Result<std::string> infer_primary_key(const json::Object& first) {
    std::vector<std::string> candidates;
    for (const json::Member& member : first) {
        if (ends_in_id(member.first)) candidates.push_back(member.first);
    }
    if (candidates.empty()) {
        return fail(ErrorCode::IndexPrimaryKeyNoCandidateFound,
                    "The primary key inference failed as the engine did not find any field ending with `id` in its "
                    "name. Please specify the primary key manually using the `primaryKey` query parameter.");
    }
    if (candidates.size() > 1) {
        return fail(ErrorCode::IndexPrimaryKeyMultipleCandidatesFound,
                    "The primary key inference failed as the engine found " + std::to_string(candidates.size()) +
                        " fields ending with `id` in their names: '" + candidates[0] + "' and '" + candidates[1] +
                        "'. Please specify the primary key manually using the `primaryKey` query parameter.");
    }
    return candidates.front();
}

Result<std::optional<std::string>> choose_primary_key(const KeyQuestion& question, const Payload& payload) {
    if (question.index_key) {
        if (question.asked && *question.asked != *question.index_key) {
            return fail(ErrorCode::IndexPrimaryKeyAlreadyExists,
                        "Index already has a primary key: `" + *question.index_key + "`.");
        }
        return question.index_key;
    }
    if (question.asked) return question.asked;
    if (payload.documents.empty()) return std::optional<std::string>();
    MIROIR_TRY(std::string inferred, infer_primary_key(tree_of(payload.documents.front())));
    return std::optional(std::move(inferred));
}

bool is_document_id(std::string_view text) {
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    };
    return !text.empty() && text.size() <= kIdBytesMax && std::ranges::all_of(text, allowed);
}

std::string invalid_document_id_text(const json::Value& value) {
    return "Document identifier `" + json::to_text(value) +
           "` is invalid. A document identifier can be of type integer or string, only composed of alphanumeric "
           "characters (a-z A-Z 0-9), hyphens (-) and underscores (_), and can not be more than 511 bytes.";
}

namespace {

Error too_many_keys(const json::Object& document, std::string_view primary_key) {
    return {.code = ErrorCode::InvalidDocumentId,
            .message = "Document have too many matching `" + std::string(primary_key) + "` attribute: `" +
                       json::to_text(document) + "`."};
}

bool names_twice(const DocumentText& document, bool noted, std::string_view key) {
    if (noted) return document.doubled;
    std::vector<json::MemberText> members;
    std::string_view rest = document.text;
    return !document.odd && json::scan_object(rest, members) &&
           std::ranges::count(members, key, &json::MemberText::name) > 1;
}

}  // namespace

Result<std::string> document_id(const json::Object& document, std::string_view primary_key) {
    std::vector<const json::Value*> found;
    if (primary_key.find('.') == std::string_view::npos) {
        if (const json::Value* value = document.find(primary_key)) found.push_back(value);
    } else {
        collect_in(document, primary_key, found);
    }
    if (found.empty()) {
        return fail(ErrorCode::MissingDocumentId, "Document doesn't have a `" + std::string(primary_key) +
                                                      "` attribute: `" + json::to_text(document) + "`.");
    }
    if (found.size() > 1) return fail(too_many_keys(document, primary_key));
    if (std::string id = id_text_or_empty(*found.front()); !id.empty()) return id;
    return fail(ErrorCode::InvalidDocumentId, invalid_document_id_text(*found.front()));
}

namespace {

// The identity as it stands in the text: an integer, or a plain word in quotes. Empty where that is not so.
std::string_view plain_id(std::string_view text) {
    if (text.empty()) return {};
    if (text.front() == '"') {
        const std::string_view word = text.substr(1, text.size() - 2);
        return is_document_id(word) ? word : std::string_view();
    }
    constexpr std::size_t kSafeDigits = 18;  // fits 64 bits whatever the digits
    const std::string_view digits = text.substr(text.front() == '-' ? 1 : 0);
    const bool integer =
        digits.size() <= kSafeDigits && std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
    return integer && text != "-0" ? text : std::string_view();
}

}  // namespace

Result<BatchVerdict> judge_batch(const KeyQuestion& question, const Payload& payload) {
    MIROIR_TRY(std::optional<std::string> key, choose_primary_key(question, payload));
    BatchVerdict verdict{.primary_key = std::move(key), .ids = {}};
    verdict.ids.reserve(payload.documents.size());
    // A dotted name may stand for several places.
    const bool noted = verdict.primary_key == payload.key && !payload.key.contains('.');
    for (const DocumentText& document : payload.documents) {
        if (payload.lines && verdict.primary_key && names_twice(document, noted, *verdict.primary_key))
            return fail(too_many_keys(tree_of(document), *verdict.primary_key));
        if (const std::string_view id = noted ? plain_id(document.key_text) : std::string_view(); !id.empty()) {
            verdict.ids.emplace_back(id);
            continue;
        }
        MIROIR_TRY(std::string id, document_id(tree_of(document), *verdict.primary_key));
        verdict.ids.push_back(std::move(id));
    }
    return verdict;
}

}  // namespace miroir::protocol
