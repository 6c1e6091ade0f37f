#include "node/retrieve/pins.h"

#include <algorithm>
#include <set>

#include "node/text/tokenizer.h"
#include "protocol/instance/rule.h"
#include "protocol/tasks/task.h"

namespace miroir::node {
namespace {

std::set<std::string> words_of(std::string_view text) {
    std::set<std::string> words;
    for (const Token& token : Tokenizer().tokenize(text)) {
        if (token.is_word()) words.insert(token.lemma);
    }
    return words;
}

const json::Value* set_member(const json::Value* object, std::string_view name) {
    const json::Value* found = object != nullptr ? object->find(name) : nullptr;
    return found != nullptr && found->is_null() ? nullptr : found;
}

bool holds_time(const json::Value* time, std::chrono::sys_time<std::chrono::nanoseconds> now) {
    const auto bound = [time](std::string_view name) -> std::optional<protocol::Instant> {
        const json::Value* text = set_member(time, name);
        return text != nullptr && text->is_string() ? protocol::parse_rfc3339(text->string()) : std::nullopt;
    };
    const auto start = bound("start"), end = bound("end");
    return (!start || *start <= now) && (!end || *end >= now);
}

bool applies(const json::Value& rule, const std::set<std::string>& words, const RuleContext& context) {
    const json::Value* active = set_member(&rule, "active");
    if (active != nullptr && active->is_bool() && !active->boolean()) return false;
    const json::Value* conditions = set_member(&rule, "conditions");
    if (!holds_time(set_member(conditions, "time"), context.now)) return false;
    const json::Value* query = set_member(conditions, "query");
    const json::Value* empty = set_member(query, "isEmpty");
    if (empty != nullptr && empty->is_bool() && empty->boolean() != words.empty()) return false;
    const json::Value* wanted = set_member(query, "words");
    if (wanted == nullptr || !wanted->is_string()) return true;
    return std::ranges::includes(words, words_of(wanted->string()));
}

std::uint64_t number_in(const json::Value& rule, std::string_view member) {
    const json::Value* number = set_member(&rule, member);
    return number != nullptr && number->is_unsigned() ? number->unsigned_integer() : UINT64_MAX;
}

// A pin waits for the one before it in the order of rules: one that is to come far down holds back all behind it.
std::size_t shown_of(const std::vector<Pin>& pins, std::size_t others, std::size_t limit) {
    std::size_t next = 0;
    for (std::size_t i = 0; i < pins.size(); ++i) {
        next = std::min(std::max<std::size_t>(next, pins[i].position), i + others);
        if (next++ >= limit) return i;
    }
    return pins.size();
}

}  // namespace

std::vector<Pin> pins_for(const RuleContext& context, std::string_view index_uid, std::string_view query,
                          const Index& index) {
    std::vector<Pin> pins;
    if (context.rules == nullptr) return pins;
    const std::set<std::string> words = words_of(query);
    std::multimap<std::pair<std::uint64_t, std::uint64_t>, const json::Value*> rules;
    for (const auto& [name, rule] : *context.rules) {
        if (applies(rule, words, context))
            rules.emplace(std::pair(number_in(rule, "precedence"), number_in(rule, protocol::kRuleNumber)), &rule);
    }
    std::set<DocId> seen;
    for (const auto& [rank, rule] : rules) {
        const json::Value* actions = set_member(rule, "actions");
        if (actions == nullptr || !actions->is_array()) continue;
        for (const json::Value& action : actions->array()) {
            const json::Value* selector = action.find("selector");
            const json::Value* deed = action.find("action");
            const json::Value* uid = set_member(selector, "indexUid");
            if (uid != nullptr && uid->string() != index_uid) continue;
            const std::optional<DocId> id = index.find(selector->find("id")->string());
            if (!id || !seen.insert(*id).second) continue;
            const std::uint64_t position = deed->find("position")->unsigned_integer();
            pins.push_back({.position = static_cast<std::uint32_t>(position), .id = *id});
        }
    }
    return pins;
}

KeywordOutcome with_pins(KeywordOutcome organic, std::vector<Pin> pins, std::size_t limit) {
    if (pins.empty()) return organic;
    std::multimap<std::uint32_t, DocId> places;
    const std::size_t shown = shown_of(pins, std::min(organic.ids.size(), limit), limit);
    for (std::size_t i = 0; i < shown; ++i) places.emplace(pins[i].position, pins[i].id);
    KeywordOutcome out{.ids = {},
                       .scores = {},
                       .candidates = std::move(organic.candidates),
                       .matching_words = std::move(organic.matching_words)};
    auto pin = places.begin();
    for (std::size_t hit = 0; out.ids.size() < limit && (pin != places.end() || hit < organic.ids.size());) {
        const bool pinned = pin != places.end() && (pin->first <= out.ids.size() || hit == organic.ids.size());
        if (pinned) {
            out.ids.push_back(pin->second);
            out.scores.push_back({protocol::PinScore{.position = (pin++)->first}});
        } else {
            out.ids.push_back(organic.ids[hit]);
            out.scores.push_back(std::move(organic.scores[hit++]));
        }
    }
    for (const Pin& each : pins) out.candidates.add(each.id);
    return out;
}

}  // namespace miroir::node
