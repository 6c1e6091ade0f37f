#include "dump/task_lines.h"

#include <gtest/gtest.h>

#include "dump/maker.h"
#include "json/parse.h"
#include "json/write.h"

namespace miroir::dump {
namespace {

// As Meilisearch v1.50.0 wrote them.
constexpr const char*
    kLines
        [] =
            {
                R"({"uid":0,"batchUid":0,"indexUid":"films","status":"succeeded","type":{"indexCreation":{"primary_key":"id"}},"details":{"IndexInfo":{"primary_key":"id","new_index_uid":null,"old_index_uid":null}},"enqueuedAt":"2026-11-21T15:05:38.548024476Z","startedAt":"2026-11-21T15:05:38.551063658Z","finishedAt":"2026-11-21T15:05:38.599413392Z"})",
                R"({"uid":3,"batchUid":3,"indexUid":"films","status":"succeeded","type":{"documentImport":{"primary_key":null,"method":"ReplaceDocuments","documents_count":20,"allow_index_creation":true}},"details":{"DocumentAdditionOrUpdate":{"received_documents":20,"indexed_documents":20}},"enqueuedAt":"2026-11-21T15:05:38.682835723Z","startedAt":"2026-11-21T15:05:38.683241052Z","finishedAt":"2026-11-21T15:05:38.975505323Z"})",
                R"({"uid":6,"batchUid":6,"indexUid":"films","status":"succeeded","type":{"documentDeletionByFilter":{"filter":"genre = g2"}},"details":{"DocumentDeletionByFilter":{"original_filter":"\"genre = g2\"","deleted_documents":6}},"enqueuedAt":"2026-11-21T15:05:39.195547122Z","startedAt":"2026-11-21T15:05:39.203254941Z","finishedAt":"2026-11-21T15:05:39.257210425Z"})",
                R"({"uid":8,"batchUid":8,"indexUid":"films","status":"failed","type":{"documentEdition":{"filter":"year > 1910","context":null,"function":"doc.n = 1"}},"details":{"DocumentEdition":{"deleted_documents":null,"edited_documents":0,"original_filter":"\"year > 1910\"","context":null,"function":"doc.n = 1"}},"error":{"message":"Index `films`: no","code":"invalid_document_filter","type":"invalid_request","link":"https://docs.meilisearch.com/errors#invalid_document_filter"},"enqueuedAt":"2026-11-21T15:05:39.30428286Z","startedAt":"2026-11-21T15:05:39.307025693Z","finishedAt":"2026-11-21T15:05:39.31138553Z"})",
                R"({"uid":12,"batchUid":12,"indexUid":"tmp","status":"succeeded","type":{"indexUpdate":{"primary_key":"k","uid":null}},"details":{"IndexInfo":{"primary_key":"k","new_index_uid":null,"old_index_uid":null}},"enqueuedAt":"2026-11-21T15:05:39.444323671Z","startedAt":"2026-11-21T15:05:39.444871642Z","finishedAt":"2026-11-21T15:05:39.45919052Z"})",
                R"({"uid":13,"batchUid":13,"indexUid":null,"status":"succeeded","type":{"indexSwap":{"swaps":[{"indexes":["books","tmp"],"rename":false}]}},"details":{"IndexSwap":{"swaps":[{"indexes":["books","tmp"],"rename":false}]}},"enqueuedAt":"2026-11-21T15:05:39.467205545Z","startedAt":"2026-11-21T15:05:39.468229165Z","finishedAt":"2026-11-21T15:05:39.469362893Z"})",
                R"({"uid":15,"batchUid":15,"indexUid":"films","status":"succeeded","type":{"indexCompaction":{"index_uid":"films"}},"details":{"IndexCompaction":{"index_uid":"films","pre_compaction_size":"272 KiB","post_compaction_size":"108 KiB"}},"enqueuedAt":"2026-11-21T15:05:39.512998363Z","startedAt":"2026-11-21T15:05:39.51351041Z","finishedAt":"2026-11-21T15:05:39.543164792Z"})",
                R"({"uid":17,"batchUid":17,"indexUid":"books","status":"succeeded","type":"documentClear","details":{"ClearAll":{"deleted_documents":0}},"enqueuedAt":"2026-11-21T15:05:39.580155397Z","startedAt":"2026-11-21T15:05:39.580702583Z","finishedAt":"2026-11-21T15:05:39.591174059Z"})",
                R"({"uid":19,"batchUid":19,"indexUid":null,"status":"succeeded","type":"snapshotCreation","enqueuedAt":"2026-11-21T15:05:39.647365133Z","startedAt":"2026-11-21T15:05:39.647809255Z","finishedAt":"2026-11-21T15:05:39.699278483Z"})",
                R"({"uid":21,"batchUid":21,"indexUid":"gone","status":"canceled","type":"indexDeletion","canceledBy":22,"details":{"ClearAll":{"deleted_documents":0}},"enqueuedAt":"2026-11-21T15:05:39.73476476Z","finishedAt":"2026-11-21T15:05:39.739340072Z","customMetadata":"mine"})",
};

TEST(TaskLines, ComeBackAsTheEngineWroteThem) {
    for (const char* text : kLines) {
        const auto line = json::parse(text);
        ASSERT_TRUE(line) << text;
        const Result<protocol::Task> task = task_of_line(*line);
        ASSERT_TRUE(task) << task.error().message << text;
        const std::optional<json::Value> back = task_line(*task);
        ASSERT_TRUE(back) << text;
        EXPECT_EQ(json::to_text(*back), text);
    }
}

TEST(TaskLines, DetailsAreShownAsToClients) {
    const Result<protocol::Task> task = task_of_line(*json::parse(kLines[2]));
    ASSERT_TRUE(task);
    EXPECT_EQ(json::to_text(task->details),
              R"({"providedIds":0,"deletedDocuments":6,"originalFilter":"\"genre = g2\""})");
}

TEST(TaskLines, NonsenseIsRefused) {
    for (const char* text :
         {"{}", "[]", R"({"uid":1,"status":"succeeded","type":"nothingKnown","enqueuedAt":"2026-11-21T15:05:39Z"})",
          R"({"uid":1,"status":"succeeded","type":"snapshotCreation","enqueuedAt":"yesterday"})"})
        EXPECT_FALSE(task_of_line(*json::parse(text))) << text;
}

TEST(KeyLines, ComeBack) {
    const char* text =
        R"({"description":"d","name":"n","uid":"6062abda-a5aa-4414-ac91-ecd7944c0f8d","actions":["search"],"indexes":["films*"],"expires_at":null,"created_at":"2026-11-21T15:05:38.524306192Z","updated_at":"2026-11-21T15:05:38.524306192Z"})";
    const Result<protocol::ApiKey> key = key_of_line(*json::parse(text));
    ASSERT_TRUE(key) << key.error().message;
    EXPECT_EQ(json::to_text(key_line(*key)), text);
}

TEST(DumpUid, IsTheTimeInTheEnginesForm) {
    EXPECT_EQ(dump_uid(*protocol::parse_rfc3339("2026-01-02T03:04:05.0061Z")), "20260102-030405006");
}

}  // namespace
}  // namespace miroir::dump
