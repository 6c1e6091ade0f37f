#include "protocol/tasks/task_filter.h"

#include <algorithm>
#include <charconv>

#include "protocol/keys/index_uid.h"

namespace miroir::protocol {
namespace {

// The engine's uids have 32 bits.
Result<void> read_uid(const json::Value& value, const Place& place, std::uint64_t& out) {
    std::uint32_t uid = 0;
    MIROIR_CHECK(read(value, place, uid));
    out = uid;
    return {};
}

Result<void> read_item(const std::string& text, const Place& place, std::uint64_t& out) {
    return read_uid(json::Value(text), place, out);
}

Result<void> read_item(const std::string& text, const Place& place, TaskType& out) {
    if (const auto type = task_type_of(text)) {
        out = *type;
        return {};
    }
    return place.unexpected("`" + text + "` is not a valid task type. Available types are " +
                            quoted_list(task_type_names()) + ".");
}

Result<void> read_item(const std::string& text, const Place& place, TaskStatus& out) {
    if (const auto status = task_status_of(text)) {
        out = *status;
        return {};
    }
    return place.unexpected("`" + text + "` is not a valid task status. Available statuses are " +
                            quoted_list(task_status_names()) + ".");
}

Result<void> read_item(const std::string& text, const Place& place, std::string& out) {
    if (!is_index_uid(text)) return place.unexpected(invalid_index_uid_text(text));
    out = text;
    return {};
}

// The member's reader for FieldTable: comma list, `*` anywhere means everything.
template <class Owner, class T>
auto choice(Choice<T> TaskFilter::* member, TaskFilter& (*filter)(Owner&)) {
    return [member, filter](Owner& owner, const json::Value& value, const Place& place) -> Result<void> {
        Choice<T>& out = filter(owner).*member;
        out.given = true;
        MIROIR_TRY(const json::Array items, read_list(value, place));
        std::vector<T> values;
        for (const json::Value& item : items) {
            if (item.string() == "*") return {};
            T one{};
            MIROIR_CHECK(read_item(item.string(), place, one));
            values.push_back(std::move(one));
        }
        out.values = std::move(values);
        return {};
    };
}

template <class Owner>
auto date(TaskFilter::Span TaskFilter::* member, bool after, TaskFilter& (*filter)(Owner&)) {
    return [member, after, filter](Owner& owner, const json::Value& value, const Place& place) -> Result<void> {
        TaskFilter::Span& span = filter(owner).*member;
        const std::string& text = value.string();
        span.given = true;
        if (text == "*") return {};
        std::optional<Instant> at = parse_rfc3339(text);
        if (!at) {
            at = parse_date(text);
            if (at && after) *at += std::chrono::days(1);
        }
        if (!at) {
            return place.unexpected("`" + text +
                                    "` is an invalid date-time. It should follow the YYYY-MM-DD or RFC 3339 date-time "
                                    "format.");
        }
        (after ? span.after : span.before) = at;
        return {};
    };
}

template <class Owner>
FieldTable<Owner> dates_of(FieldTable<Owner> table, TaskFilter& (*filter)(Owner&)) {
    using F = TaskFilter;
    return std::move(table)
        .field("afterEnqueuedAt", ErrorCode::InvalidTaskAfterEnqueuedAt, date<Owner>(&F::enqueued, true, filter))
        .field("beforeEnqueuedAt", ErrorCode::InvalidTaskBeforeEnqueuedAt, date<Owner>(&F::enqueued, false, filter))
        .field("afterStartedAt", ErrorCode::InvalidTaskAfterStartedAt, date<Owner>(&F::started, true, filter))
        .field("beforeStartedAt", ErrorCode::InvalidTaskBeforeStartedAt, date<Owner>(&F::started, false, filter))
        .field("afterFinishedAt", ErrorCode::InvalidTaskAfterFinishedAt, date<Owner>(&F::finished, true, filter))
        .field("beforeFinishedAt", ErrorCode::InvalidTaskBeforeFinishedAt, date<Owner>(&F::finished, false, filter));
}

template <class Owner>
FieldTable<Owner> lists_of(FieldTable<Owner> table, TaskFilter& (*filter)(Owner&)) {
    using F = TaskFilter;
    return std::move(table)
        .field("canceledBy", ErrorCode::InvalidTaskCanceledBy, choice<Owner>(&F::canceled_by, filter))
        .field("types", ErrorCode::InvalidTaskTypes, choice<Owner>(&F::types, filter))
        .field("statuses", ErrorCode::InvalidTaskStatuses, choice<Owner>(&F::statuses, filter))
        .field("indexUids", ErrorCode::InvalidIndexUid, choice<Owner>(&F::index_uids, filter));
}

TaskFilter& filter_of_query(TaskQuery& query) { return query.filter; }
TaskFilter& filter_itself(TaskFilter& filter) { return filter; }

// The engine looks for one task more than it shows, and cannot look for more than 2^32 - 1.
Result<void> read_limit(TaskQuery& query, const json::Value& value, const Place& place) {
    MIROIR_CHECK(read_uid(value, place, query.limit));
    query.limit = std::min(query.limit, std::uint64_t{UINT32_MAX} - 1);
    return {};
}

Result<void> read_from(TaskQuery& query, const json::Value& value, const Place& place) {
    return read_uid(value, place, query.from.emplace());
}

const FieldTable<TaskQuery>& query_fields() {
    static const auto table = dates_of(
        lists_of(FieldTable<TaskQuery>()
                     .field("limit", ErrorCode::InvalidTaskLimit, read_limit)
                     .field("from", ErrorCode::InvalidTaskFrom, read_from)
                     .field("reverse", ErrorCode::InvalidTaskReverse, &TaskQuery::reverse)
                     .field("batchUids", ErrorCode::InvalidBatchUids,
                            choice<TaskQuery>(&TaskFilter::batch_uids, filter_of_query))
                     .field("uids", ErrorCode::InvalidTaskUids, choice<TaskQuery>(&TaskFilter::uids, filter_of_query)),
                 filter_of_query),
        filter_of_query);
    return table;
}

const FieldTable<TaskFilter>& purge_fields() {
    static const auto table = dates_of(
        lists_of(FieldTable<TaskFilter>()
                     .field("uids", ErrorCode::InvalidTaskUids, choice<TaskFilter>(&TaskFilter::uids, filter_itself))
                     .field("batchUids", ErrorCode::InvalidBatchUids,
                            choice<TaskFilter>(&TaskFilter::batch_uids, filter_itself)),
                 filter_itself),
        filter_itself);
    return table;
}

template <class T>
bool allows(const Choice<T>& choice, const T& value) {
    return !choice.values || std::ranges::find(*choice.values, value) != choice.values->end();
}

bool allows_optional(const Choice<std::uint64_t>& choice, const std::optional<std::uint64_t>& value) {
    return !choice.values || (value && allows(choice, *value));
}

}  // namespace

bool TaskFilter::Span::holds(const std::optional<Instant>& at) const {
    if (!after && !before) return true;
    return at && (!after || *at > *after) && (!before || *at < *before);
}

bool TaskFilter::empty() const {
    return !uids.given && !batch_uids.given && !canceled_by.given && !types.given && !statuses.given &&
           !index_uids.given && !enqueued.given && !started.given && !finished.given;
}

bool TaskFilter::matches(const Task& task, std::span<const std::string> indexes) const {
    const auto named = [&](const std::string& uid) { return allows(index_uids, uid); };
    return allows(uids, task.uid) && allows_optional(batch_uids, task.batch_uid) &&
           allows_optional(canceled_by, task.canceled_by) && allows(types, task.type) &&
           allows(statuses, task.status) && (!index_uids.values || std::ranges::any_of(indexes, named)) &&
           enqueued.holds(task.enqueued_at) && started.holds(task.started_at) && finished.holds(task.finished_at);
}

Result<TaskQuery> parse_task_query(std::string_view raw_query) { return query_fields().parse_query(raw_query); }

Result<TaskFilter> parse_task_purge(std::string_view raw_query, TaskPurge purge) {
    MIROIR_TRY(TaskFilter filter, purge_fields().parse_query(raw_query));
    if (filter.empty()) {
        return fail(ErrorCode::MissingTaskFilters,
                    std::string("Query parameters to filter the tasks to ") +
                        (purge == TaskPurge::Cancel ? "cancel" : "delete") +
                        " are missing. Available query parameters are: `uids`, `indexUids`, `statuses`, `types`, "
                        "`canceledBy`, `beforeEnqueuedAt`, `afterEnqueuedAt`, `beforeStartedAt`, `afterStartedAt`, "
                        "`beforeFinishedAt`, `afterFinishedAt`.");
    }
    return filter;
}

std::string original_filter(std::string_view raw_query) { return "?" + std::string(raw_query); }

Result<std::uint64_t> parse_task_uid(std::string_view text, std::string_view what, ErrorCode code) {
    std::uint64_t uid = 0;
    const std::string_view digits = text.starts_with('+') ? text.substr(1) : text;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), uid);
    if (digits.empty() || error != std::errc() || end != digits.data() + digits.size() || uid > UINT32_MAX) {
        return fail(code, std::string(what) + " uid `" + std::string(text) +
                              "` is invalid. It should only contain numeric characters.");
    }
    return uid;
}

}  // namespace miroir::protocol
