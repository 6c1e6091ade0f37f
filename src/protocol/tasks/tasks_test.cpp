#include <gtest/gtest.h>

#include "json/write.h"
#include "protocol/tasks/batch.h"
#include "protocol/tasks/task_filter.h"

namespace miroir::protocol {
namespace {

Instant at(std::string_view text) { return *parse_rfc3339(text); }

TEST(Dates, ReadAndWrite) {
    EXPECT_EQ(rfc3339(at("2026-01-02T03:04:05.120Z")), "2026-01-02T03:04:05.12Z");
    EXPECT_EQ(rfc3339(at("2026-01-02T03:04:05+01:30")), "2026-01-02T01:34:05Z");
    EXPECT_FALSE(parse_rfc3339("2026-02-30T00:00:00Z"));
    EXPECT_FALSE(parse_rfc3339("2026-01-02"));
    EXPECT_EQ(*parse_date("2026-01-02"), at("2026-01-02T00:00:00Z"));
    EXPECT_EQ(iso_duration(std::chrono::microseconds(1500)), "PT0.001500S");
    EXPECT_EQ(iso_duration(std::chrono::seconds(2)), "PT2S");
}

Task sample() {
    return {.uid = 3,
            .batch_uid = 2,
            .index_uid = "films",
            .status = TaskStatus::Failed,
            .type = TaskType::IndexCreation,
            .details = json::Object{{"primaryKey", nullptr}},
            .error = Error{.code = ErrorCode::IndexAlreadyExists, .message = "m"},
            .enqueued_at = at("2026-01-01T00:00:00Z"),
            .started_at = at("2026-01-01T00:00:01Z"),
            .finished_at = at("2026-01-01T00:00:02Z")};
}

TEST(TaskView, HasTheEnginesMembersInItsOrder) {
    EXPECT_EQ(json::to_text(task_view(sample())),
              "{\"uid\":3,\"batchUid\":2,\"indexUid\":\"films\",\"status\":\"failed\",\"type\":\"indexCreation\","
              "\"canceledBy\":null,\"details\":{\"primaryKey\":null},\"error\":{\"message\":\"m\",\"code\":"
              "\"index_already_exists\",\"type\":\"invalid_request\",\"link\":"
              "\"https://docs.meilisearch.com/errors#index_already_exists\"},\"duration\":\"PT1S\",\"enqueuedAt\":"
              "\"2026-01-01T00:00:00Z\",\"startedAt\":\"2026-01-01T00:00:01Z\",\"finishedAt\":"
              "\"2026-01-01T00:00:02Z\"}");
}

TEST(TaskView, ComesBackFromItsRecord) {
    const Task task = sample();
    const auto back = task_of_record(task_record(task));
    ASSERT_TRUE(back);
    EXPECT_EQ(task_view(*back), task_view(task));
}

bool matches(std::string_view query, const Task& task) {
    const auto parsed = parse_task_query(query);
    const std::vector<std::string> indexes = {task.index_uid.value_or("")};
    return parsed && parsed->filter.matches(task, indexes);
}

TEST(TaskFilter, FiltersAreAndedAndValuesOred) {
    const Task task = sample();
    EXPECT_TRUE(matches("statuses=SUCCEEDED,failed&types=indexCreation", task));
    EXPECT_FALSE(matches("statuses=failed&types=indexDeletion", task));
    EXPECT_TRUE(matches("uids=*&indexUids=other,films", task));
    EXPECT_FALSE(matches("statuses=", task));
    EXPECT_FALSE(matches("canceledBy=1", task));
}

TEST(TaskFilter, APlainDateMeansAfterThatDay) {
    const Task task = sample();  // enqueued on 1 January
    EXPECT_FALSE(matches("afterEnqueuedAt=2026-01-01", task));
    EXPECT_TRUE(matches("afterEnqueuedAt=2025-12-31T23:59:59Z&beforeFinishedAt=2026-01-02", task));
    EXPECT_FALSE(matches("beforeEnqueuedAt=2026-01-01", task));
}

TEST(TaskFilter, RefusalsAreTheEngines) {
    EXPECT_EQ(parse_task_query("uids=a").error().message,
              "Invalid value in parameter `uids`: could not parse `a` as a positive integer");
    for (const std::string name : {"limit", "from", "uids", "batchUids", "canceledBy"}) {
        const std::string said = "` as a positive integer";
        EXPECT_TRUE(parse_task_query(name + "=4294967295")) << name;
        EXPECT_EQ(parse_task_query(name + "=4294967296").error().message,
                  "Invalid value in parameter `" + name + "`: could not parse `4294967296" + said);
    }
    EXPECT_EQ(parse_task_query("limit=4294967295")->limit, 4294967294) << "as it is shown";
    EXPECT_EQ(parse_task_query("statuses=done").error().code, ErrorCode::InvalidTaskStatuses);
    EXPECT_EQ(parse_task_purge("", TaskPurge::Cancel).error().code, ErrorCode::MissingTaskFilters);
    EXPECT_EQ(parse_task_purge("limit=3", TaskPurge::Delete).error().code, ErrorCode::BadRequest);
    EXPECT_TRUE(parse_task_purge("uids=*", TaskPurge::Delete));
    EXPECT_EQ(parse_task_uid("-3", "Task", ErrorCode::InvalidTaskUids).error().message,
              "Task uid `-3` is invalid. It should only contain numeric characters.");
}

TEST(BatchDetails, AddsNumbers) {
    Task a{.details = json::Object{{"receivedDocuments", 2}, {"indexedDocuments", 1}}};
    Task b{.details = json::Object{{"receivedDocuments", 3}, {"indexedDocuments", 3}}};
    const Task* const both[] = {&a, &b};
    EXPECT_EQ(json::to_text(batch_details(both)), "{\"receivedDocuments\":5,\"indexedDocuments\":4}");
}

}  // namespace
}  // namespace miroir::protocol
