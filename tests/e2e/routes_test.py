"""The table of routes in docs/routes.md against the program: every route is answered, what is said to be refused is refused with
that error, and none is open to a key without the right. With MEILISEARCH_BIN the same questions go to a Meilisearch.

Run: python3 tests/e2e/routes_test.py (MIROIR_BIN names another program than bin/miroir).
"""

import http.client
import json
import pathlib
import re
import threading
import unittest

from node_process import ENGINE, call
from quiet_server import QuietAnswers, QuietServer
from serve_process import MASTER_KEY, wait_until
from whole_places import Cluster, one_engine

TABLE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "routes.md"
FEATURES = ("metrics", "logsRoute", "editDocumentsByFunction", "containsFilter", "dynamicSearchRules", "network",
            "getTaskDocumentsRoute", "taskQueueCompactionRoute", "compositeEmbedders", "chatCompletions", "multimodal",
            "foreignKeys", "renderRoute")
NAMES = {"index_uid": "films", "document_id": "1", "task_id": "0", "batch_id": "0", "workspace": "main", "uid": "rule",
         "key": "6062abda-a5aa-4414-ac91-ecd7944c0f8d", "uuid": "6062abda-a5aa-4414-ac91-ecd7944c0f8d"}
BODIES = {"/chats/{workspace}/chat/completions": {"model": "m", "stream": True, "messages": [{"role": "user", "content": "hi"}]},
          "/network/control": {"origin": {"remoteName": "a", "taskUid": 1}, "message": {"type": "exportNoIndexForRemote", "remote": "b"}},
          "/export": {"url": "http://192.0.2.1:1", "indexes": {"nothing": {}}}}
OPEN = ("/", "/health")


def rows():
    """(method, path, how) of each route of the table."""
    found = []
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        cells = re.fullmatch(r"\| `([A-Z, ]+) (/\S*)` \| ([^|]+) \|.*\|", line)
        if cells:
            found += [(method, cells[2], cells[3].strip()) for method in cells[1].split(", ")]
    return found


def filled(path):
    return re.sub(r"\{(\w+)\}", lambda name: NAMES[name[1]], path)


def begun(place, path):
    """The status of a reply whose end is not waited for."""
    connection = http.client.HTTPConnection("127.0.0.1", place.port, timeout=10)
    try:
        connection.request("POST", path, "{}", {"Authorization": f"Bearer {MASTER_KEY}", "Content-Type": "application/json"})
        return connection.getresponse().status
    finally:
        connection.close()


class HeldEmbedder:
    """Gives no vector until it is let go."""

    def __init__(self):
        self.gate = threading.Event()
        embedder = self

        class Answers(QuietAnswers):
            def do_POST(self):
                count = len(json.loads(self.body())["input"])
                embedder.gate.wait(60)
                self.reply(200, json.dumps({"data": [[1, 2, 3]] * count}).encode())

        self.server = QuietServer(Answers)
        self.settings = {"source": "rest", "url": f"http://127.0.0.1:{self.server.port}/embed", "dimensions": 3,
                         "request": {"input": ["{{text}}", "{{..}}"]}, "response": {"data": ["{{embedding}}", "{{..}}"]}}

    def stop(self):
        self.gate.set()
        self.server.stop()


def documents_in(text):
    """One behind the other, with or without line ends between them."""
    found, text = [], text.strip()
    while text:
        document, end = json.JSONDecoder().raw_decode(text)
        found.append(document)
        text = text[end:].lstrip()
    return found


class Routes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.table = rows()
        cls.cluster = Cluster(2, 1)
        cls.addClassCleanup(cls.cluster.close)
        cls.cluster.start()
        cls.places = {"Miroir": cls.cluster}
        if ENGINE:
            cls.places["Meilisearch"] = one_engine(cls, "--experimental-allowed-ip-networks", "127.0.0.0/8")
        for place in cls.places.values():
            place.call("PATCH", "/experimental-features", dict.fromkeys(FEATURES, True))
            place.done(place.call("POST", "/indexes/films/documents", [{"id": 1, "title": "x"}]))
            place.call("PATCH", "/chats/main/settings", {"source": "vLlm", "baseUrl": "http://127.0.0.1:1", "apiKey": "sk-abcdef"})

    def test_the_table_names_every_route_once(self):
        self.assertEqual(len(self.table), len({(method, path) for method, path, _ in self.table}))
        self.assertEqual(len(self.table), 141)
        for _, path, how in self.table:
            self.assertRegex(how, r"^(exact|equal|refused: `\w+`)$", path)

    def test_every_route_is_answered(self):
        for name, place in self.places.items():
            last = sorted(self.table, key=lambda row: row[0] == "DELETE")  # what deletes comes when all else was asked
            for method, path, _ in last:
                if method == "DELETE":
                    wait_until(lambda place=place: place.call("GET", "/tasks?statuses=enqueued,processing").json["total"] == 0,
                               "all that was asked for is done", 60)
                if name == "Meilisearch" and path in ("/export", "/tasks/compact", "/chats/{workspace}/chat/completions"):
                    continue  # would hold it up, or need a model
                with self.subTest(place=name, method=method, path=path):
                    body = None if method in ("GET", "DELETE") else BODIES.get(path, {})
                    if (method, path) == ("POST", "/logs/stream"):
                        self.assertEqual(begun(place, filled(path)), 200)  # it never ends
                        continue
                    reply = place.call(method, filled(path), body)
                    self.assertNotEqual(reply.status, 405)
                    self.assertLess(reply.status, 502, reply.text)
                    self.assertTrue(reply.status != 404 or reply.json["code"], "a bare 404")

    def test_what_is_refused_is_refused_with_that_error(self):
        for method, path, how in self.table:
            refused = re.fullmatch(r"refused: `(\w+)`", how)
            if refused:
                with self.subTest(method=method, path=path):
                    reply = self.cluster.call(method, filled(path), BODIES.get(path))
                    self.assertGreaterEqual(reply.status, 400)
                    self.assertEqual(reply.json["code"], refused[1], reply.text)

    def test_the_documents_of_a_task_that_waits(self):
        embedder = HeldEmbedder()
        self.addCleanup(embedder.stop)
        documents = [{"id": i, "text": f"x {i}", "deep": {"er": [i]}} for i in range(20)]
        for name, place in self.places.items():
            with self.subTest(place=name):
                embedder.gate.clear()
                place.done(place.call("POST", "/indexes", {"uid": "slow", "primaryKey": "id"}))
                place.done(place.call("PATCH", "/indexes/slow/settings", {"embedders": {"remote": embedder.settings}}))
                uid = place.call("POST", "/indexes/slow/documents", documents).json["taskUid"]
                reply = place.call("GET", f"/tasks/{uid}/documents")
                self.assertEqual(reply.status, 200, reply.text)
                self.assertEqual(documents_in(reply.text), documents)
                place.call("POST", f"/tasks/cancel?uids={uid}")
                embedder.gate.set()  # a Meilisearch that has begun to ask calls nothing off before it is answered
                wait_until(lambda: place.call("GET", f"/tasks/{uid}").json["finishedAt"], "it is called off", 60)
                self.assertEqual(place.call("GET", f"/tasks/{uid}").json["status"], "canceled")
                self.assertEqual(place.call("GET", f"/tasks/{uid}/documents").json["code"], "task_file_not_found")
                place.done(place.call("DELETE", "/indexes/slow"))

    def test_what_was_set_stays_when_its_feature_is_turned_off(self):
        embedder = {"source": "rest", "url": "http://127.0.0.1:1", "dimensions": 3,
                    "request": {"i": ["{{fragment}}", "{{..}}"]}, "response": {"d": ["{{embedding}}", "{{..}}"]},
                    "indexingFragments": {"f": {"value": {"t": "{{doc.title}}"}}}, "searchFragments": {"s": {"value": {"t": "{{q}}"}}}}
        both = {"source": "composite",
                "searchEmbedder": {name: of for name, of in embedder.items() if name != "indexingFragments"},
                "indexingEmbedder": {name: of for name, of in embedder.items() if name != "searchFragments"}}
        switches = ("multimodal", "compositeEmbedders")
        said = []
        for name, place in self.places.items():
            with self.subTest(place=name):
                place.call("PATCH", "/experimental-features", dict.fromkeys(switches, True))
                place.done(place.call("PATCH", "/indexes/shapes/settings", {"embedders": {"e": embedder, "c": both}}))
                place.call("PATCH", "/experimental-features", dict.fromkeys(switches, False))
                self.addCleanup(place.call, "PATCH", "/experimental-features", dict.fromkeys(switches, True))
                place.done(place.call("PATCH", "/indexes/shapes/settings", {"stopWords": ["a"]}))
                place.done(place.call("PUT", "/indexes/shapes/settings/dictionary", ["b"]))
                said.append([place.call(*asked).json for asked in (
                    ("GET", "/indexes/shapes/settings/stop-words"),
                    ("PATCH", "/indexes/shapes/settings", {"embedders": {"e": {"searchFragments": {"s": None}}}}),
                    ("PATCH", "/indexes/shapes/settings", {"embedders": {"d": both}}),
                    ("POST", "/indexes/shapes/search", {"q": "x", "media": {"a": 1}, "hybrid": {"embedder": "e"}}),
                    ("POST", "/multi-search", {"federation": {}, "queries": [
                        {"indexUid": "shapes", "q": "x", "media": {"a": 1}, "hybrid": {"embedder": "e"}}]}))])
                self.assertIn("requires enabling the `multimodal`", said[-1][3]["message"])
                place.done(place.call("DELETE", "/indexes/shapes"))
        self.assertEqual(said, said[:1] * len(said))

    @unittest.skipUnless(ENGINE, "an embedded node renders no fragments")
    def test_fragments_are_rendered_only_with_their_feature(self):
        said = []
        for place in self.places.values():
            place.call("PATCH", "/experimental-features", {"multimodal": False})
            self.addCleanup(place.call, "PATCH", "/experimental-features", {"multimodal": True})
            said.append([place.call(*asked).text for asked in (
                ("POST", "/render-template", {"template": {"kind": "searchFragment", "indexUid": "shapes", "embedder": "e", "fragment": "s"}}),
                ("POST", "/render-template", {"template": {"kind": "inlineFragment", "inline": {"a": "{{doc.x}}"}}}),
                ("POST", "/render-template", {"template": {"kind": "inlineFragment"}, "input": {"kind": "nope"}}),
                ("POST", "/render-template", {"template": {"kind": "inlineDocumentTemplate", "inline": "x"}, "input": {"kind": "inlineSearch"}}),
                ("POST", "/render-template", {"template": {"kind": "inlineDocumentTemplate"}, "input": {"kind": "inlineSearch"}}))])
            self.assertIn("requires enabling the `multimodal`", said[-1][0])
        self.assertEqual(said, said[:1] * len(said))

    def test_a_rule_that_is_not_there_is_deleted_by_a_task(self):
        for name, place in self.places.items():
            with self.subTest(place=name):
                task = place.done(place.call("DELETE", "/dynamic-search-rules/nobody"))
                self.assertEqual((task["type"], task["details"]), ("dsrUpdate", {"updatedRules": 1}))
                self.assertEqual(place.call("GET", "/dynamic-search-rules/nobody").json["code"], "dynamic_search_rule_not_found")

    def test_a_swap_that_fails_names_what_is_missing_first(self):
        for name, place in self.places.items():
            with self.subTest(place=name):
                swaps = [{"indexes": ["nobody", "films"], "rename": True}]
                uid = place.call("POST", "/swap-indexes", swaps).json["taskUid"]
                wait_until(lambda place=place, uid=uid: place.call("GET", f"/tasks/{uid}").json["finishedAt"], "it has failed")
                self.assertEqual(place.call("GET", f"/tasks/{uid}").json["error"]["message"], "Index `nobody` not found.")

    def test_renames_to_what_is_there_name_all_of_it(self):
        pairs = [{"indexes": ["films", "books"], "rename": True}, {"indexes": ["books", "films"], "rename": True}]
        for name, place in self.places.items():
            with self.subTest(place=name):
                twice = place.call("POST", "/swap-indexes", pairs).json
                self.assertEqual(twice["message"], "Indexes must be declared only once during a swap. `books`, `films` were specified several times.")
                for index in ("tapes", "discs", "reels", "rolls"):
                    place.done(place.call("POST", "/indexes", {"uid": index}))
                swaps = [{"indexes": ["tapes", "discs"], "rename": True}, {"indexes": ["reels", "rolls"], "rename": True}]
                uid = place.call("POST", "/swap-indexes", swaps).json["taskUid"]
                wait_until(lambda place=place, uid=uid: place.call("GET", f"/tasks/{uid}").json["finishedAt"], "it has failed")
                said = place.call("GET", f"/tasks/{uid}").json["error"]
                self.assertEqual(said["code"], "index_already_exists")
                self.assertIn("conflicts with an already existing index: `rolls`, `discs`. Renaming", said["message"])

    def test_what_is_wrong_with_a_message_to_the_network_is_told(self):
        origin = {"remoteName": "a", "taskUid": 1}
        told = [(None, "missing_payload", ""), ({}, "bad_request", "missing field `origin` at line 1 column 2"),
                ({"origin": origin}, "bad_request", "missing field `message`"),
                ({"origin": {"remoteName": 1}}, "bad_request", "invalid type: integer `1`, expected a string"),
                ({"origin": origin, "message": {"type": "hello"}}, "bad_request", "unknown variant `hello`, expected one of"),
                ({"origin": origin, "message": {"type": "exportNoIndexForRemote", "remote": "b"}}, "requires_enterprise_edition", "")]
        for name, place in self.places.items():
            for body, code, words in told:
                with self.subTest(place=name, body=body):
                    said = place.call("POST", "/network/control", body).json
                    self.assertEqual(said["code"], code, said)
                    self.assertIn(words, said["message"])

    def test_no_route_is_open_without_the_right(self):
        soon_over = {"actions": ["*"], "indexes": ["*"], "expiresAt": "2020-01-01T00:00:00Z"}
        for name, place in self.places.items():
            keys = {"of another right": place.call("POST", "/keys", {"actions": ["stats.get"], "indexes": ["*"], "expiresAt": None}).json["key"],
                    "of another index": place.call("POST", "/keys", {"actions": ["*"], "indexes": ["books"], "expiresAt": None}).json["key"],
                    "made up": "0123456789abcdef" * 4, "empty": ""}
            refused = place.call("POST", "/keys", soon_over)
            self.assertEqual(refused.json["code"], "invalid_api_key_expires_at")
            for method, path, _ in self.table:
                if path in OPEN:
                    continue
                for what, key in keys.items():
                    if what == "of another right" and path.endswith("stats"):
                        continue
                    if what == "of another index" and "{index_uid}" not in path:
                        continue
                    with self.subTest(place=name, method=method, path=path, key=what):
                        reply = call(place.port, method, filled(path), key, None if method == "GET" else {})
                        self.assertEqual((reply.status, reply.json["code"]), (403, "invalid_api_key"), reply.text)


if __name__ == "__main__":
    unittest.main()
