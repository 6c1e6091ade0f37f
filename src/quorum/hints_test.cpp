#include "quorum/hints.h"

#include <gtest/gtest.h>

#include "env/real/reactor.h"
#include "tasks/memory_store.h"

namespace miroir::quorum {
namespace {

const NodeId kNode{"n1"};
// Quotes, line ends, and bytes that are no text: a body is kept as it is.
const std::string kBody = "{\"id\":1,\"a\":\"x\\ny\"}\n{\"id\":2}\r\n\xFF\x01";

struct Desk {
    env::Reactor reactor;
    tasks::MemoryStore store;
    BehindBoard board;

    std::optional<Hints::Hint> first() {
        Hints hints(store, board);
        EXPECT_TRUE(env::run_task(reactor, hints.open()));
        return *env::run_task(reactor, hints.first(kNode));
    }
    void keep(tasks::Batch batch) { ASSERT_TRUE(env::run_task(reactor, store.commit(std::move(batch)))); }
};

TEST(Hints, AreReadBackAsTheyWereWritten) {
    Desk desk;
    Hints hints(desk.store, desk.board);
    tasks::Batch batch;
    Hints::Hint hint{.task = 7, .part = 2, .uid = 31};
    hint.request.method = "PUT";
    hint.request.target = "/indexes/a/documents?primaryKey=id";
    hint.request.content_type = "application/x-ndjson";
    hint.request.body = kBody;
    hint.request.shards = {ShardId{3}, ShardId{9}};
    const std::uint64_t place = hints.add(batch, kNode, hint);
    desk.keep(std::move(batch));
    const auto read = desk.first();
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->place, place);
    EXPECT_EQ(read->task, 7u);
    EXPECT_EQ(read->part, 2u);
    EXPECT_EQ(read->uid, 31u);
    EXPECT_EQ(read->request.method, "PUT");
    EXPECT_EQ(read->request.target, hint.request.target);
    EXPECT_EQ(read->request.content_type, hint.request.content_type);
    EXPECT_EQ(read->request.body, kBody);
    EXPECT_EQ(read->request.shards, hint.request.shards);
}

TEST(Hints, OfAnOlderVersionAreReadToo) {
    Desk desk;
    tasks::Batch batch;
    batch.put("hinted_nodes", kNode.value, tasks::key_of(1));
    batch.put("hints/" + kNode.value, tasks::key_of(0),
              R"({"task":4,"part":0,"awaited":false,"method":"POST","target":"/x","contentType":"",)"
              R"("body":"{\"id\":1}\n","shards":[5]})");
    desk.keep(std::move(batch));
    const auto read = desk.first();
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->task, 4u);
    EXPECT_EQ(read->request.body, "{\"id\":1}\n");
    EXPECT_EQ(read->request.shards, std::vector<ShardId>{ShardId{5}});
}

// What a change of settings holds back was planned before what stands behind it: a copy that moves is neither compared
// nor deleted before that has been let go.
TEST(Hints, TellWhatIsStillHeldBackBeforeAPlace) {
    Desk desk;
    Hints hints(desk.store, desk.board);
    tasks::Batch batch;
    const std::uint64_t before = hints.add(batch, kNode, Hints::Hint{.task = 1});
    hints.struck(kNode, before);
    const std::uint64_t held = hints.add(batch, kNode, Hints::Hint{.task = 2});
    hints.hold(batch, kNode, held, {.holder = 9, .task = 2, .part = 0, .indexes = {"a"}});
    EXPECT_EQ(hints.next_places().at(kNode), held + 1);
    EXPECT_TRUE(hints.holds_before(hints.next_places()));
    EXPECT_FALSE(hints.holds_before({{kNode, held}})) << "it stands there, not before it";
    EXPECT_FALSE(hints.holds_before({{NodeId{"n2"}, held + 1}}));
    EXPECT_FALSE(desk.board.is_behind(kNode)) << "what is held back on purpose makes nobody unreadable";
    hints.released(kNode, held, false);
    EXPECT_FALSE(hints.holds_before(hints.next_places()));
    EXPECT_TRUE(desk.board.is_behind(kNode));
}

// While the store is full nobody can strike out what the nodes took: these may be read all the same.
TEST(Hints, OfWhoTookThemKeepNobodyFromBeingRead) {
    Desk desk;
    Hints hints(desk.store, desk.board);
    tasks::Batch batch;
    const std::uint64_t taken = hints.add(batch, kNode, Hints::Hint{.task = 1});
    desk.keep(std::move(batch));
    hints.owe(kNode, taken, true);
    EXPECT_TRUE(hints.any_to_send(kNode)) << "it is asked again";
    EXPECT_FALSE(desk.board.is_behind(kNode));
    hints.speak_up(kNode);
    EXPECT_TRUE(desk.board.is_behind(kNode));
    hints.struck(kNode, taken);
    EXPECT_FALSE(desk.board.is_behind(kNode));
    hints.owe(kNode, taken, true);
    Hints later(desk.store, desk.board);
    ASSERT_TRUE(env::run_task(desk.reactor, later.open()));
    EXPECT_TRUE(desk.board.is_behind(kNode)) << "after a crash nobody knows who took it";
}

// A store on a disk that has lost the second of three.
class Damaged final : public tasks::Store {
public:
    explicit Damaged(tasks::Store& inner) : inner_(inner) {}
    env::Task<Result<void>> commit(tasks::Batch batch) override { return inner_.commit(std::move(batch)); }
    env::Task<Result<std::optional<std::string>>> get(tasks::RecordKey at) override {
        return inner_.get(std::move(at));
    }
    env::Task<Result<std::vector<tasks::Record>>> scan(tasks::Scan scan) override {
        const bool hints = scan.table.starts_with("hints/");
        auto found = co_await inner_.scan(std::move(scan));
        if (hints && found && found->size() == 3) (*found)[1] = {.key = (*found)[1].key, .value = {}, .damaged = true};
        co_return found;
    }

private:
    tasks::Store& inner_;
};

TEST(Hints, KnowWhenOneOfThemIsDamagedAndCanAllBeDropped) {
    Desk desk;
    Hints hints(desk.store, desk.board);
    tasks::Batch batch;
    for (std::uint64_t task = 0; task < 3; ++task) hints.add(batch, kNode, Hints::Hint{.task = task});
    desk.keep(std::move(batch));
    Damaged store(desk.store);
    Hints later(store, desk.board);
    ASSERT_TRUE(env::run_task(desk.reactor, later.open()));
    EXPECT_TRUE(later.damaged(kNode));
    EXPECT_FALSE(later.damaged(NodeId{"n2"}));
    EXPECT_TRUE(desk.board.is_behind(kNode));
    tasks::Batch dropped;
    EXPECT_EQ(later.drop_all(dropped, kNode).size(), 3u);
    desk.keep(std::move(dropped));
    EXPECT_FALSE(desk.first()) << "the damaged one is gone with the others";
}

}  // namespace
}  // namespace miroir::quorum
