"""Writes through real processes while they die: three embedded nodes, two replicas, `miroir serve` over them. A node and
then Miroir itself are killed with SIGKILL and come back. Every acknowledged document must be there, on two nodes.

Run: python3 tests/e2e/writes_test.py (MIROIR_BIN names another program than bin/miroir; WRITERS=32 PAUSE=0.01 writes
faster than the two writers with a pause of 20 ms that the tests are content with).
"""

import http.client
import os
import sys
import threading
import unittest

from node_process import any_node, call
from serve_process import MASTER_KEY, NODE_KEY, Miroir, wait_until
from three_nodes import ThreeNodes

PAUSE = float(os.environ.get("PAUSE", "0.02"))  # between two writes of one writer
WRITERS = int(os.environ.get("WRITERS", "2"))


class Client:
    """Writes and searches all the time, through whichever Miroir listens now."""

    def __init__(self):
        self.port = None
        self.acknowledged = {}
        self.unheard = set()
        self.good_searches = 0
        self.ended = threading.Event()
        self.threads = [threading.Thread(target=self.write, args=(start,)) for start in range(WRITERS)]
        self.threads.append(threading.Thread(target=self.search))

    def write(self, start):
        number = start
        while not self.ended.wait(PAUSE):
            number += WRITERS
            document = {"id": number, "value": f"book {number}"}
            try:
                reply = call(self.port, "POST", "/indexes/books/documents?primaryKey=id", MASTER_KEY, [document])
                if reply.status == 202:
                    self.acknowledged[number] = document["value"]
                    continue
            except (OSError, http.client.HTTPException):
                pass
            self.unheard.add(number)

    def search(self):
        while not self.ended.wait(PAUSE):
            try:
                reply = call(self.port, "POST", "/indexes/books/search", MASTER_KEY, {"q": "book"})
                self.good_searches += reply.status == 200
            except (OSError, http.client.HTTPException):
                pass

    def stop(self):
        self.ended.set()
        for thread in self.threads:
            if thread.is_alive():
                thread.join()


class Writes(ThreeNodes):
    make_node = any_node

    def started(self):
        process = Miroir(self.config)
        self.addCleanup(process.close)
        wait_until(lambda: process.ask("/_miroir/ready").status == 200, "it is ready")
        return process

    def at_rest(self, port):
        reply = call(port, "GET", "/tasks?statuses=enqueued,processing&limit=1", MASTER_KEY)
        return reply.status == 200 and reply.json["total"] == 0

    def copies(self):
        return [node.documents() for node in self.nodes]

    def test_old_tasks_are_forgotten(self):
        self.config = self.configuration(task_registry={"ttl_seconds": 1, "prune_interval_s": 1})
        process = self.started()
        for number in range(3):
            reply = call(process.port, "POST", "/indexes/books/documents?primaryKey=id", MASTER_KEY, [{"id": number}])
            self.assertEqual((reply.status, reply.json["taskUid"]), (202, number))
        wait_until(lambda: call(process.port, "GET", "/tasks", MASTER_KEY).json["total"] == 0, "they are forgotten")
        self.assertEqual(call(process.port, "GET", "/tasks/0", MASTER_KEY).status, 404)
        reply = call(process.port, "POST", "/indexes/books/documents", MASTER_KEY, [{"id": 9}])
        self.assertEqual(reply.json["taskUid"], 3, "a uid is never given twice")

    def test_many_small_writes_go_to_the_nodes_together(self):
        self.config = self.configuration()
        process = self.started()
        reply = call(process.port, "POST", "/indexes/books/documents?primaryKey=id", MASTER_KEY, [{"id": 0, "value": "first"}])
        self.assertEqual(reply.status, 202)
        uids = {}

        def write(number):
            for count in range(10):
                key = number * 100 + count
                bad = number == 3 and count % 3 == 1
                document = {"id": "not an id"} if bad else {"id": key, "value": f"book {key}"}
                if number == 5 and count % 3 == 1:
                    reply = call(process.port, "DELETE", f"/indexes/books/documents/{key - 1}", MASTER_KEY)
                else:
                    reply = call(process.port, "POST", "/indexes/books/documents?customMetadata=" + str(key), MASTER_KEY, [document] * 2)
                self.assertEqual(reply.status, 202, reply.text)
                uids[key] = (reply.json["taskUid"], bad)

        threads = [threading.Thread(target=write, args=(number,)) for number in range(1, 33)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        wait_until(lambda: self.at_rest(process.port), "all tasks have ended")
        self.assertEqual(len({uid for uid, _ in uids.values()}), 320)
        deleted = {key - 1 for key in uids if key // 100 == 5 and key % 100 % 3 == 1}
        for key, (uid, bad) in uids.items():
            task = call(process.port, "GET", f"/tasks/{uid}", MASTER_KEY).json
            self.assertEqual(task["status"], "failed" if bad else "succeeded", task)
            if task["type"] == "documentAdditionOrUpdate":
                self.assertEqual(task["customMetadata"], str(key))
                self.assertEqual(task["details"], {"receivedDocuments": 2, "indexedDocuments": 0 if bad else 1})
            else:
                self.assertEqual(task["details"]["deletedDocuments"], 1)
                deleted.add(key)
        found = self.copies()
        for key, (_, bad) in uids.items():
            self.assertEqual(sum(key in copy for copy in found), 0 if bad or key in deleted else 2, key)
        sent = [call(node.port, "GET", "/tasks?limit=1", NODE_KEY).json["total"] for node in self.nodes]
        self.assertLess(max(sent), 160, "less than half as many as there were writes")

    def test_nothing_acknowledged_is_lost(self):
        self.config = self.configuration()
        process = self.started()
        client = Client()
        client.port = process.port
        self.addCleanup(client.stop)
        for thread in client.threads:
            thread.start()
        wait_until(lambda: client.good_searches > 0 and len(client.acknowledged) > 20, "it serves")

        self.nodes[1].kill()
        written, searched = len(client.acknowledged), client.good_searches
        wait_until(lambda: len(client.acknowledged) > written + 40, "writes go on without a node")
        wait_until(lambda: client.good_searches > searched + 10, "searches go on without a node")
        self.nodes[1].start()

        process.process.kill()
        process.process.wait()
        process = self.started()
        client.port = process.port
        written = len(client.acknowledged)
        wait_until(lambda: len(client.acknowledged) > written + 20, "writes go on after a restart")
        client.stop()

        wait_until(lambda: self.at_rest(process.port), "all tasks have ended")

        def settled():
            found = self.copies()
            return all(sum(number in copy for copy in found) == 2 for number in client.acknowledged)

        wait_until(settled, "every acknowledged document is on two nodes")
        for number, value in client.acknowledged.items():
            self.assertEqual({copy[number] for copy in self.copies_once() if number in copy}, {value})
        for number in set().union(*self.copies_once()):
            self.assertEqual(sum(number in copy for copy in self.copies_once()), 2, number)
            self.assertTrue(number in client.acknowledged or number in client.unheard, number)
        print(f"{len(client.acknowledged)} acknowledged, {len(client.unheard)} refused or unheard, "
              f"{client.good_searches} searches", file=sys.stderr)

    def copies_once(self):
        if not hasattr(self, "kept"):
            self.kept = self.copies()
        return self.kept


if __name__ == "__main__":
    unittest.main()
