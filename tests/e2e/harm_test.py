"""What is done to nodes and processes from outside: a disk emptied, a node stopped and resumed, another server in a node's
place, a store that cannot be written. Acknowledged documents stay, or the reply and the operator's view say what is lost.

Run: python3 tests/e2e/harm_test.py (MIROIR_BIN names another program than bin/miroir).
"""

import http.client
import os
import re
import shutil
import signal
import tempfile
import threading
import time
import unittest

from node_process import any_node, call
from serve_process import ADMIN_KEY, MASTER_KEY, NODE_KEY, FakeNode, Miroir, wait_until
from writes_test import Client


class Harm(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def cluster(self, replicas, count=3, **more):
        self.nodes = [any_node(self.folder, f"node-{i}") for i in range(count)]
        for node in self.nodes:
            self.addCleanup(node.kill)
            node.start()
        self.config = {
            "http_addr": "127.0.0.1:0", "metrics_addr": "127.0.0.1:0", "master_key": MASTER_KEY, "node_master_key": NODE_KEY,
            "admin": {"api_key": ADMIN_KEY}, "shards": 8, "replication_factor": replicas,
            "health": {"interval_ms": 800, "timeout_ms": 800},
            "task_store": {"path": os.path.join(self.folder, "tasks.db")},
            "nodes": [{"id": f"node-{i}", "address": node.address} for i, node in enumerate(self.nodes)], **more,
        }
        process = Miroir(self.config)
        self.addCleanup(process.close)
        wait_until(lambda: process.ask("/_miroir/ready").status == 200, "it is ready")
        return process

    def fill(self, process, count):
        documents = [{"id": i, "value": f"book {i}"} for i in range(count)]
        reply = call(process.port, "POST", "/indexes/books/documents?primaryKey=id", MASTER_KEY, documents)
        self.assertEqual(reply.status, 202, reply.text)
        uid = reply.json["taskUid"]
        wait_until(lambda: call(process.port, "GET", f"/tasks/{uid}", MASTER_KEY).json["status"] == "succeeded", "they are in")

    def search(self, process):
        """The number of hits, and what the reply says of missing shards."""
        reply = call(process.port, "POST", "/indexes/books/search", MASTER_KEY, {"q": "book", "hitsPerPage": 1})
        if reply.status != 200:
            return None, None
        return reply.json["totalHits"], reply.headers.get("x-miroir-degraded")

    def owed(self, process):
        return process.ask_admin("/_miroir/shards").json["debts"]

    def copies(self):
        return [node.documents() for node in self.nodes]

    def test_an_emptied_node_is_filled_before_it_answers(self):
        process = self.cluster(replicas=2)
        self.fill(process, 400)
        self.nodes[1].kill()
        shutil.rmtree(self.nodes[1].folder)
        wait_until(lambda: process.ask_admin("/_miroir/topology").json["nodes"][1]["status"] == "down", "it is missed")
        self.nodes[1].start()
        seen = []

        def whole():
            seen.append(self.search(process))
            return process.events("a node is whole again") and not self.owed(process)

        wait_until(whole, "it is whole again")
        self.assertEqual({hits for hits, degraded in seen if hits is not None and not degraded}, {400}, seen)
        copies = self.copies()
        for number in range(400):
            self.assertEqual(sum(number in copy for copy in copies), 2, number)

    def test_an_older_disk_with_documents_that_no_settings_suit(self):
        """A server fails each change of its settings while it holds such a document, be it to those that it has."""
        process = self.cluster(2)
        self.fill(process, 200)
        places = [{"id": 1000 + i, "value": f"place {i}", "_geo": {"lat": 1}} for i in range(40)]
        place = call(process.port, "POST", "/indexes/books/documents", MASTER_KEY, places).json["taskUid"]
        wait_until(lambda: call(process.port, "GET", f"/tasks/{place}", MASTER_KEY).json["status"] == "succeeded", "they are in")
        node = self.nodes[1]
        older = os.path.join(self.folder, "older")
        node.kill()
        shutil.copytree(node.folder, older)
        node.start()
        wait_until(lambda: self.search(process) == (200, None), "all are back")
        self.fill(process, 300)
        node.kill()
        shutil.rmtree(node.folder)
        shutil.move(older, node.folder)
        node.start()
        wait_until(lambda: process.events("a node is not what it was: what it held is copied anew"), "it is recognised")
        wait_until(lambda: not self.owed(process) and self.search(process) == (300, None), "it is whole again")
        held = node.documents()
        self.assertTrue(any(value.startswith("place") for value in held.values()))
        self.assertTrue(all(held.get(i, "") in ("", f"book {i}") for i in range(300)))

    def test_what_a_node_refuses_holds_nothing_back(self):
        process = self.cluster(2)
        self.fill(process, 200)
        settings = {"synonyms": {"a": ["b"]}}
        for node in self.nodes:
            node.suffer("status=400:method=PATCH:path=/indexes/films/settings")
        reply = call(process.port, "PATCH", "/indexes/films/settings", MASTER_KEY, settings, patience=20)
        self.assertEqual((reply.status, reply.json["code"]), (400, "bad_request"), reply.text)
        self.fill(process, 250)
        self.assertEqual(self.search(process), (250, None))
        for node in self.nodes:
            node.suffer()
        self.nodes[0].suffer("status=400:method=POST:path=/indexes/books/documents:times=2")
        self.fill(process, 300)
        wait_until(lambda: not self.owed(process) and self.search(process) == (300, None), "it has what its peers have")
        uid = call(process.port, "PATCH", "/indexes/films/settings", MASTER_KEY, settings).json["taskUid"]
        wait_until(lambda: call(process.port, "GET", f"/tasks/{uid}", MASTER_KEY).json["status"] == "succeeded", "it is taken now")
        copies = self.copies()
        for number in range(300):
            self.assertEqual(sum(number in copy for copy in copies), 2, number)

    def test_with_one_copy_it_says_what_is_lost(self):
        process = self.cluster(replicas=1)
        self.fill(process, 200)
        lost = len(self.nodes[1].documents())
        self.nodes[1].kill()
        shutil.rmtree(self.nodes[1].folder)
        wait_until(lambda: process.ask_admin("/_miroir/topology").json["nodes"][1]["status"] == "down", "it is missed")
        self.nodes[1].start()
        wait_until(lambda: process.ask_admin("/_miroir/shards").json["lost"], "it is told")
        wait_until(lambda: not self.owed(process) and self.search(process)[0] == 200 - lost, "it goes on with the rest")
        [line] = process.ask_admin("/_miroir/shards").json["lost"]
        self.assertEqual(line["index"], "books")
        self.assertEqual(self.search(process)[1], "shards=" + ",".join(str(shard) for shard in line["shards"]))
        wait_until(lambda: process.events("documents are lost: no replica has them any more"), "the log says so")
        self.fill(process, 200)
        self.assertEqual(self.search(process)[0], 200)

    def test_a_killed_node_hides_nothing_unsaid(self):
        process = self.cluster(replicas=1)
        self.fill(process, 100)
        client = Client()
        client.port = process.port
        self.addCleanup(client.stop)
        for thread in client.threads[:2]:
            thread.start()
        seen = []
        ended = threading.Event()

        def watch():
            while not ended.is_set():
                seen.append(self.search(process))

        watcher = threading.Thread(target=watch)
        watcher.start()
        wait_until(lambda: len(client.acknowledged) > 20, "it is written to")
        self.nodes[0].kill()
        wait_until(lambda: process.ask_admin("/_miroir/topology").json["nodes"][0]["status"] == "down", "it is missed")
        self.nodes[0].start()
        returned = time.monotonic()
        before = len(client.acknowledged)
        wait_until(lambda: len(client.acknowledged) > before + 60, "writes go on")
        waited = time.monotonic() - returned
        client.stop()
        ended.set()
        watcher.join()
        hits = [hits for hits, degraded in seen if hits is not None and not degraded]
        self.assertEqual([hits for before, hits in zip(hits, hits[1:]) if hits < before], [], "hits went missing unsaid")
        self.assertLess(waited, 8, "writes are refused for long after the return")

    def put(self, process, numbers):
        documents = [{"id": i, "value": f"book {i}"} for i in numbers]
        return call(process.port, "POST", "/indexes/books/documents?primaryKey=id", MASTER_KEY, documents)

    def test_a_refused_write_is_whole_or_nothing(self):
        process = self.cluster(replicas=1)
        self.fill(process, 10)
        self.nodes[1].kill()
        known = self.put(process, range(100, 200))  # nobody has missed it yet: the other nodes take their parts
        self.assertEqual((known.status, known.json["code"]), (503, "miroir_no_quorum"), known.text)
        uid = int(re.search(r"Task (\d+) completes it", known.json["message"]).group(1))
        wait_until(lambda: process.ask_admin("/_miroir/topology").json["nodes"][1]["status"] == "down", "it is missed")
        for path in ("/stats", "/indexes/books/stats"):
            self.assertIn("shards=", call(process.port, "GET", path, MASTER_KEY).headers.get("x-miroir-degraded", ""), path)
        never = self.put(process, range(200, 300))
        self.assertEqual((never.status, never.json["code"]), (503, "miroir_no_quorum"), never.text)
        self.assertNotIn("completes", never.json["message"])
        self.nodes[1].start()
        wait_until(lambda: call(process.port, "GET", f"/tasks/{uid}", MASTER_KEY).json["status"] == "succeeded", "it is completed")
        wait_until(lambda: self.search(process) == (110, None), "it is there as a whole, and nothing else")
        self.assertEqual(sorted(number for copy in self.copies() for number in copy), [*range(10), *range(100, 200)])
        self.assertEqual(call(process.port, "GET", "/tasks", MASTER_KEY).json["total"], 2)
        self.assertNotIn("x-miroir-degraded", call(process.port, "GET", "/stats", MASTER_KEY).headers)

    def test_with_one_copy_what_is_acknowledged_is_found(self):
        process = self.cluster(replicas=1)
        self.fill(process, 10)
        ended = threading.Event()
        acknowledged, hidden = [], []

        def write(start):
            number = start
            while not ended.wait(0.01):
                number += 4
                try:
                    reply = self.put(process, [number])
                    if reply.status != 202:
                        continue
                    acknowledged.append(number)
                    uid = reply.json["taskUid"]
                    wait_until(lambda: call(process.port, "GET", f"/tasks/{uid}", MASTER_KEY).json["status"] == "succeeded", "it is in")
                    found = call(process.port, "GET", f"/indexes/books/documents/{number}", MASTER_KEY)
                    if found.status == 404:
                        hidden.append((number, found.text, time.monotonic()))
                except (OSError, http.client.HTTPException):
                    pass

        writers = [threading.Thread(target=write, args=(1000 + i,)) for i in range(4)]
        for writer in writers:
            writer.start()
        try:
            wait_until(lambda: len(acknowledged) > 40, "it is written to")
            for victim in (0, 1):
                self.nodes[victim].kill()
                wait_until(lambda: process.ask_admin("/_miroir/topology").json["nodes"][victim]["status"] == "down", "it is missed")
                self.nodes[victim].start()
                before = len(acknowledged)
                wait_until(lambda: len(acknowledged) > before + 60, "writes go on")
        finally:
            ended.set()
            for writer in writers:
                writer.join()
        self.assertEqual(hidden, [], "a task had succeeded and its document was not there")
        wait_until(lambda: call(process.port, "GET", "/tasks?statuses=enqueued,processing", MASTER_KEY).json["total"] == 0, "it rests")
        copies = self.copies()
        self.assertEqual([n for n in acknowledged if sum(n in copy for copy in copies) != 1], [])
        hits, degraded = self.search(process)
        self.assertEqual((hits, degraded), (sum(len(copy) for copy in copies), None), "a reply hides documents")

    def test_a_stopped_node_holds_nothing_up(self):
        process = self.cluster(replicas=2)
        client = Client()
        client.port = process.port
        self.addCleanup(client.stop)
        for thread in client.threads:
            thread.start()
        wait_until(lambda: len(client.acknowledged) > 20, "it is written to")
        self.nodes[2].process.send_signal(signal.SIGSTOP)
        try:
            written, searched = len(client.acknowledged), client.good_searches
            wait_until(lambda: len(client.acknowledged) > written + 40, "writes go on")
            wait_until(lambda: client.good_searches > searched + 20, "searches go on")
        finally:
            self.nodes[2].process.send_signal(signal.SIGCONT)
        client.stop()
        wait_until(lambda: all(sum(number in copy for copy in self.copies()) == 2 for number in list(client.acknowledged)[:50]),
                   "the stopped node has what it missed")

    def test_a_node_that_was_written_off_is_taken_back(self):
        process = self.cluster(replicas=2, rebalancer={"write_off_after_s": 1, "grace_s": 0})

        def states():
            return {node["id"]: node["status"] for node in process.ask_admin("/_miroir/topology").json["nodes"]}

        self.fill(process, 100)
        self.nodes[2].kill()
        wait_until(lambda: states()["node-2"] == "removed", "it is written off", 40)
        gone = call(process.port, "POST", "/indexes/books/documents/delete-batch", MASTER_KEY, list(range(10)))
        self.assertEqual(gone.status, 202, gone.text)
        self.nodes[2].start()
        wait_until(lambda: states()["node-2"] == "active", "it is back", 60)
        wait_until(lambda: process.ask_admin("/_miroir/rebalance/status").json["moving"] == 0, "nothing moves", 60)
        copies = self.copies()
        self.assertTrue(copies[2], "it holds its part again")
        for number in range(100):
            self.assertEqual(sum(number in copy for copy in copies), 0 if number < 10 else 2, number)
        self.assertEqual(self.search(process), (90, None))

    def test_flipped_bits_in_what_is_kept_for_a_node(self):
        process = self.cluster(replicas=2)
        self.fill(process, 50)
        self.nodes[1].kill()
        wait_until(lambda: process.ask_admin("/_miroir/topology").json["nodes"][1]["status"] == "down", "it is missed")
        self.assertEqual(self.put(process, range(424200, 424260)).status, 202)
        process.terminate()
        self.assertEqual(process.exit_code(), 0)
        store = self.config["task_store"]["path"]
        with open(store, "rb") as file:
            kept = file.read()
        self.assertIn(b"book 4242", kept)
        with open(store, "wb") as file:
            file.write(kept.replace(b"book 4242", b"bonk 4242"))
        process = Miroir(self.config)
        self.addCleanup(process.close)
        wait_until(lambda: process.events("a node misses more than is kept for it: it gets a copy when it is back"), "it is found")
        self.nodes[1].start()
        wait_until(lambda: process.events("a node is whole again") and not self.owed(process), "it has got a copy")
        copies = self.copies()
        for number in [*range(50), *range(424200, 424260)]:
            self.assertEqual([copy[number] for copy in copies if number in copy], [f"book {number}"] * 2)

    def test_another_server_in_a_nodes_place(self):
        process = self.cluster(replicas=2)
        self.fill(process, 50)
        self.nodes[0].kill()
        foreign = FakeNode(health=b"<html>hello</html>", port=self.nodes[0].port)
        self.addCleanup(foreign.stop)
        wait_until(lambda: process.ask_admin("/_miroir/topology").json["nodes"][0]["status"] == "down", "it is judged")
        self.fill(process, 80)
        wait_until(lambda: self.search(process) == (80, None), "the others answer")
        foreign.stop()
        self.nodes[0].start()
        wait_until(lambda: all(sum(number in copy for copy in self.copies()) == 2 for number in range(80)), "it has caught up")

    def test_a_store_that_cannot_be_made_is_one_line(self):
        self.cluster(replicas=2)
        self.config["task_store"] = {"path": "/proc/nowhere/tasks.db"}
        process = Miroir(self.config, wait=False)
        self.addCleanup(process.close)
        self.assertEqual(process.exit_code(), 2)
        self.assertEqual(len(process.lines), 1, process.lines)
        self.assertIn("/proc/nowhere", process.lines[0])


if __name__ == "__main__":
    unittest.main()
