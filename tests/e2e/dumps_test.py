"""Dumps through real processes: a cluster of three embedded nodes, two replicas, is dumped, and the dump is loaded into a
fresh cluster of another shape, which must answer the same. What is no sound dump is refused with nothing changed. With
MEILISEARCH_BIN the nodes are real ones, and one Meilisearch loads our dump and makes one for us.

Run: python3 tests/e2e/dumps_test.py (MIROIR_BIN names another program than bin/miroir, DUMP_DOCUMENTS another number).
"""

import glob
import gzip
import io
import json
import os
import shutil
import socket
import sys
import tarfile
import tempfile
import time
import unittest

from node_process import ENGINE, call
from serve_process import MASTER_KEY, NODE_KEY, Miroir, wait_until
from whole_places import DOCUMENTS, Cluster, OneEngine



def document(number):
    made = {"id": number, "title": f"book number {number} of {number % 97}", "genre": f"genre {number % 13}",
            "price": number / 8, "tags": ["a", number % 5, None], "nested": {"deep": {"er": str(number)}}}
    made["_vectors"] = {"words": [number, 1, 2] if number % 1000 == 0 else None}
    return made


class Filled:
    """A place with something of each kind that a dump keeps."""

    def fill(self):
        """An index of many documents and another one, and something of each kind that a dump keeps. Returns a key."""
        self.call("PATCH", "/experimental-features", {"chatCompletions": True, "network": True})
        self.call("PATCH", "/chats/main/settings", {"source": "openAi", "apiKey": "sk-abcdef"})
        self.call("PATCH", "/network", {"self": "near", "remotes": {"far": {"url": "http://far.example.com", "searchApiKey": "k"}},
                                        "shards": {"one": {"remotes": ["near", "far"]}}})
        self.call("POST", "/webhooks", {"url": "http://hook.invalid/x", "headers": {"Authorization": "Bearer abcdefgh"}})
        key = self.call("POST", "/keys", {"actions": ["search"], "indexes": ["books"], "expiresAt": None, "name": "mine"}).json
        self.done(self.call("PATCH", "/indexes/books/settings", {
            "filterableAttributes": ["genre"], "sortableAttributes": ["price"], "stopWords": ["of"], "synonyms": {"tome": ["book"]},
            "embedders": {"words": {"source": "userProvided", "dimensions": 3}}, "displayedAttributes": ["*"]}))
        self.done(self.call("POST", "/indexes", {"uid": "empty", "primaryKey": "k"}))
        for start in range(0, DOCUMENTS, 4000):
            task = self.call("POST", "/indexes/books/documents?primaryKey=id", [document(i) for i in range(start, start + 4000)])
        self.done(task)
        self.done(self.call("POST", "/indexes/books/documents/delete-batch", [5, 6, 7]))
        return key["key"]

    def everything(self):
        """What clients see, documents in their order."""
        seen = {path: self.call("GET", path).json for path in
                ("/keys", "/webhooks", "/experimental-features", "/network", "/chats/main/settings", "/indexes/books/settings",
                 "/indexes/empty/settings", "/tasks?limit=1000&types=indexCreation,settingsUpdate,documentAdditionOrUpdate,documentDeletion")}
        seen["indexes"] = [{name: index[name] for name in ("uid", "primaryKey", "createdAt")}
                           for index in self.call("GET", "/indexes").json["results"]]
        page, at = None, 0
        seen["documents"] = []
        while page is None or page:
            page = self.call("POST", "/indexes/books/documents/fetch",
                             {"limit": 2000, "offset": at, "retrieveVectors": True}).json["results"]
            seen["documents"] += page
            at += len(page)
        seen["search"] = self.call("POST", "/indexes/books/search",
                                   {"q": "number 7", "filter": "genre = 'genre 3'", "facets": ["genre"], "limit": 50}).json
        for own in ("processingTimeMs", "requestUid"):
            seen["search"].pop(own)
        return seen

    def dump(self):
        """The file of a new dump, and its task."""
        began = time.monotonic()
        task = self.done(self.call("POST", "/dumps"))
        file = os.path.join(self.dumps, task["details"]["dumpUid"] + ".dump")
        print(f"{DOCUMENTS} documents dumped in {time.monotonic() - began:.2f} s, {os.path.getsize(file)} bytes", file=sys.stderr)
        return file, task


class FilledEngine(Filled, OneEngine):
    pass


class FilledCluster(Filled, Cluster):
    pass


def archive(files):
    """A dump made by hand."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:gz") as out:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text.encode())
            out.addfile(entry, io.BytesIO(text.encode()))
    return raw.getvalue()


METADATA = '{"dumpVersion":"V6","dbVersion":"1.50.0","dumpDate":"2026-01-02T03:04:05Z"}'
SOUND = {"metadata.json": METADATA, "keys.jsonl": "", "tasks/queue.jsonl": "",
         "indexes/x/metadata.json": '{"uid":"x","primaryKey":"id","createdAt":"2026-01-02T03:04:05Z","updatedAt":"2026-01-02T03:04:05Z"}',
         "indexes/x/settings.json": "{}", "indexes/x/documents.jsonl": '{"id":1}\n{"id":2}\n'}
UNFINISHED = '{"uid":1,"batchUid":null,"indexUid":null,"status":"enqueued","type":"snapshotCreation","enqueuedAt":"2026-01-02T03:04:05Z"}\n'


class Dumps(unittest.TestCase):
    def cluster(self, *arguments, **more):
        made = FilledCluster(*arguments, **more)
        self.addCleanup(made.close)
        made.start()
        return made

    def test_a_dump_restores_everything_into_another_shape(self):
        first = self.cluster(3, 2)
        key = first.fill()
        file, task = first.dump()
        self.assertEqual(os.listdir(first.dumps), [os.path.basename(file)])
        with gzip.open(file) as inside:
            self.assertNotIn(b"_miroir", inside.read())
        second = self.cluster(2, 1, ("--import-dump", file))
        print(f"loaded in {second.starting:.2f} s", file=sys.stderr)
        after = self.assert_same(first, second)
        self.assertEqual(len(after["documents"]), DOCUMENTS - 3)
        self.assertEqual(call(second.port, "POST", "/indexes/books/search", key, {"q": "number"}).status, 200)
        self.assertEqual(second.call("GET", f"/tasks/{task['uid']}").json["type"], "dumpCreation")
        added = second.call("POST", "/indexes/books/documents", [{"id": 5, "_vectors": {"words": None}}])
        self.assertEqual(second.done(added)["uid"], task["uid"] + 1)

        # A second start with the same dump is refused, or goes on where that was asked for.
        second.miroir.close()
        self.assert_refused(second, file, "already")
        again = self.cluster(second.nodes, 1, ("--import-dump", file, "--ignore-dump-if-db-exists"), folder=second.folder)
        self.assertEqual(again.call("GET", "/indexes/books/stats").json["numberOfDocuments"], DOCUMENTS - 2)

    def assert_same(self, first, second):
        before, after = first.everything(), second.everything()
        before["/network"]["self"] = None  # who loads a dump is another
        for what, seen in before.items():
            self.assertTrue(seen == after[what], what if what == "documents" else (what, seen, after[what]))
        return after

    def held(self, file):
        """The ids of each index in a dump."""
        with tarfile.open(file) as dump:
            return {os.path.basename(os.path.dirname(name)): {json.loads(line)["id"] for line in dump.extractfile(name)}
                    for name in dump.getnames() if name.endswith("/documents.jsonl")}

    @unittest.skipIf(ENGINE, "only the embedded node can be told to be slow")
    def test_swaps_are_in_it_as_a_whole_or_not_at_all(self):
        cluster = self.cluster(2, 1)
        indexes = {name: set(range(start, start + 30)) for start, name in enumerate(["a", "m", "n", "z"], 1)}
        for name, ids in indexes.items():
            cluster.done(cluster.call("POST", f"/indexes/{name}/documents?primaryKey=id", [{"id": i} for i in ids]))
        for each in cluster.nodes:
            each.suffer("delay=150ms:path=/indexes/*/documents/fetch")
        for wait, renames in [(0.1, False), (0.4, False), (0.7, False), (0.4, True)]:
            dump = cluster.call("POST", "/dumps").json["taskUid"]
            time.sleep(wait)
            swap = {"indexes": ["z", "b"], "rename": True} if renames else {"indexes": ["a", "z"]}
            cluster.done(cluster.call("POST", "/swap-indexes", [swap]))
            wait_until(lambda: cluster.call("GET", f"/tasks/{dump}").json["finishedAt"], "the dump is made")
            task = cluster.call("GET", f"/tasks/{dump}").json
            self.assertEqual(task["status"], "succeeded", task)
            found = self.held(os.path.join(cluster.dumps, task["details"]["dumpUid"] + ".dump"))
            self.assertEqual(sorted(map(sorted, found.values())), sorted(map(sorted, indexes.values())), (wait, found.keys()))

    def engine(self, *arguments):
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        made = FilledEngine(folder, "one", arguments, MASTER_KEY)
        began = time.monotonic()
        made.start()
        self.addCleanup(made.kill)
        print(f"Meilisearch up in {time.monotonic() - began:.2f} s", file=sys.stderr)
        return made

    @unittest.skipUnless(ENGINE, "MEILISEARCH_BIN names no Meilisearch")
    def test_one_meilisearch_loads_our_dump(self):
        first = self.cluster(3, 2)
        first.fill()
        file, _ = first.dump()
        self.assert_same(first, self.engine("--import-dump", file))

    @unittest.skipUnless(ENGINE, "MEILISEARCH_BIN names no Meilisearch")
    def test_the_dump_of_one_meilisearch_is_loaded(self):
        first = self.engine()
        first.fill()
        file, _ = first.dump()
        second = self.cluster(3, 2, ("--import-dump", file))
        print(f"loaded in {second.starting:.2f} s", file=sys.stderr)
        self.assert_same(first, second)

    def assert_refused(self, cluster, file, words):
        miroir = Miroir(cluster.config, ("--import-dump", file), wait=False)
        self.addCleanup(miroir.close)
        self.assertEqual(miroir.exit_code(), 2, miroir.lines)
        self.assertIn(words, "\n".join(miroir.lines))

    def test_what_is_no_sound_dump_changes_nothing(self):
        cluster = self.cluster(2, 2)
        cluster.miroir.close()
        for left in glob.glob(cluster.store + "*"):
            os.remove(left)
        sound = archive(SOUND)
        spoilt = {
            "truncated": (sound[:-20], "ends too early"),
            "not packed": (b"{}", "compressed"),
            "empty": (b"", "too early"),
            "foreign": (archive({"hello.txt": "hello"}), "metadata.json"),
            "older": (archive({**SOUND, "metadata.json": METADATA.replace("V6", "V5")}), "V6"),
            "without keys": (archive({name: text for name, text in SOUND.items() if name != "keys.jsonl"}), "keys.jsonl"),
            "broken document": (archive({**SOUND, "indexes/x/documents.jsonl": '{"id":1}\n{"id":'}), "line 2"),
            "broken settings": (archive({**SOUND, "indexes/x/settings.json": '{"stopWords":7}'}), "stopWords"),
            "unfinished task": (archive({**SOUND, "tasks/queue.jsonl": UNFINISHED}), "had not ended"),
        }
        file = os.path.join(cluster.folder, "spoilt.dump")
        before = [call(each.port, "GET", "/tasks", NODE_KEY).json for each in cluster.nodes]  # who started there
        for name, (content, words) in spoilt.items():
            with self.subTest(name):
                with open(file, "wb") as out:
                    out.write(content)
                self.assert_refused(cluster, file, words)
                self.assertEqual(glob.glob(cluster.store + "*"), [])
                for each in cluster.nodes:
                    self.assertEqual(call(each.port, "GET", "/indexes", NODE_KEY).json["total"], 0)
                self.assertEqual([call(each.port, "GET", "/tasks", NODE_KEY).json for each in cluster.nodes], before)
        self.assert_refused(cluster, file + ".missing", "no such file")
        # A dump that is sound on the outside, and whose documents no engine takes: made undone.
        with open(file, "wb") as out:
            out.write(archive({**SOUND, "indexes/x/documents.jsonl": '{"id":1}\n{"id":"no id !"}\n'}))
        self.assert_refused(cluster, file, "could not be loaded")
        for each in cluster.nodes:
            self.assertEqual(call(each.port, "GET", "/indexes", NODE_KEY).json["total"], 0)
        with open(file, "wb") as out:
            out.write(sound)
        with socket.create_server(("127.0.0.1", 0)) as other:  # told before the dump is loaded
            for name in ("http_addr", "metrics_addr"):
                taken = Cluster(cluster.nodes, 2, folder=cluster.folder)
                taken.config[name] = f"127.0.0.1:{other.getsockname()[1]}"
                self.assert_refused(taken, file, "is in use")
        for each in cluster.nodes:
            self.assertEqual(call(each.port, "GET", "/indexes", NODE_KEY).json["total"], 0)
        good = self.cluster(cluster.nodes, 2, ("--import-dump", file), folder=cluster.folder)
        self.assertEqual(good.call("GET", "/indexes/x/stats").json["numberOfDocuments"], 2)

    def test_nodes_that_hold_something_and_missing_dumps(self):
        cluster = self.cluster(2, 1)
        cluster.done(cluster.call("POST", "/indexes", {"uid": "mine"}))
        cluster.miroir.close()
        for left in glob.glob(cluster.store + "*"):
            os.remove(left)
        file = os.path.join(cluster.folder, "sound.dump")
        with open(file, "wb") as out:
            out.write(archive(SOUND))
        self.assert_refused(cluster, file, "already holds the index `mine`")
        third = self.cluster(1, 1, ("--import-dump", file + ".missing", "--ignore-missing-dump"))
        self.assertEqual(third.call("GET", "/indexes").json["total"], 0)


if __name__ == "__main__":
    unittest.main()
