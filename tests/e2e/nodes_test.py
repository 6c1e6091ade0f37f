"""Nodes come and go under writes and searches, through real processes: three embedded nodes become four and three again,
with Miroir killed in the middle of it. No acknowledged document may be missing or double, no search may find fewer than
were there before it, and every document ends on its owners alone. The operator's program asks for all of it.

Run: python3 tests/e2e/nodes_test.py (MIROIR_BIN and MIROIR_CTL_BIN name other programs than those in bin/).
"""

import collections
import http.client
import json
import os
import pathlib
import subprocess
import tempfile
import threading
import time
import unittest

from node_process import Node, call
from quiet_server import QuietAnswers, QuietServer
from serve_process import ADMIN_KEY, MASTER_KEY, NODE_KEY, Miroir
from writes_test import Client

CONTROL = os.environ.get("MIROIR_CTL_BIN", str(pathlib.Path(__file__).resolve().parents[2] / "bin" / "miroir-ctl"))
FIRST = 900  # documents that searches look for: a page counts no more than 1,000
ALL = 4000  # documents that are there before anything moves, and are never written again
OFFSET = 1_000_000  # their ids, away from those of the writers


def patiently(holds, what, seconds=90):
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise AssertionError("waited in vain until " + what)
        time.sleep(0.05)


class Nodes(unittest.TestCase):
    def cluster(self, replicas=1, **more):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.nodes = [self.node(i) for i in range(3)]
        self.config = {
            "http_addr": "127.0.0.1:0", "metrics_addr": "127.0.0.1:0", "master_key": MASTER_KEY, "node_master_key": NODE_KEY,
            "admin": {"api_key": ADMIN_KEY}, "shards": 16, "replication_factor": replicas,
            "health": {"interval_ms": 500, "timeout_ms": 500},
            "rebalancer": {"grace_s": 1, **more.pop("rebalancer", {})},
            "anti_entropy": {"cpu_percent": 100},
            "task_store": {"path": os.path.join(self.folder, "tasks.db")},
            "nodes": [{"id": f"node-{i}", "address": node.address} for i, node in enumerate(self.nodes)],
            **more,
        }
        return self.miroir()

    def node(self, number):
        node = Node(self.folder, f"node-{number}")
        self.addCleanup(node.kill)
        node.start()
        return node

    def miroir(self):
        process = Miroir(self.config)
        self.addCleanup(process.close)
        patiently(lambda: process.ask("/_miroir/ready").status == 200, "it is ready")
        return process

    def control(self, process, *arguments):
        """Exit code, what it printed, what it complained of."""
        environment = dict(os.environ, MIROIR_ADMIN_API_KEY=ADMIN_KEY, MIROIR_URL=f"http://127.0.0.1:{process.port}")
        ended = subprocess.run([CONTROL, *arguments], env=environment, capture_output=True, text=True, timeout=120)
        return ended.returncode, ended.stdout, ended.stderr

    def fill(self, process):
        documents = [{"id": OFFSET + i, "value": f"{'first' if i < FIRST else 'other'} {i}"} for i in range(ALL)]
        reply = call(process.port, "POST", "/indexes/books/documents?primaryKey=id", MASTER_KEY, documents, 30)
        uid = reply.json["taskUid"]
        patiently(lambda: call(process.port, "GET", f"/tasks/{uid}", MASTER_KEY).json["status"] == "succeeded", "they are in")

    def watch(self, process):
        """Searches for the first documents all the time: what each found, where it did not say that something is missing."""
        seen = collections.Counter()
        ended = threading.Event()
        where = {"port": process.port}

        def look():
            while not ended.wait(0.02):
                try:
                    reply = call(where["port"], "POST", "/indexes/books/search", MASTER_KEY, {"q": "first", "hitsPerPage": 1})
                except (OSError, http.client.HTTPException):
                    continue
                if reply.status == 200 and not reply.headers.get("x-miroir-degraded"):
                    seen[reply.json["totalHits"]] += 1

        watcher = threading.Thread(target=look)
        watcher.start()

        def stop():
            ended.set()
            watcher.join()

        self.addCleanup(stop)
        return seen, where, stop

    def owners(self, process):
        """Node by shard, from the operator's view."""
        return process.ask_admin("/_miroir/shards").json["shards"]

    def check(self, process, client, copies=1):
        patiently(lambda: call(process.port, "GET", "/tasks?statuses=enqueued,processing&limit=1", MASTER_KEY).json["total"] == 0,
                  "all tasks have ended")
        counted = collections.Counter()
        values = {}
        for node in self.members:
            for number, value in node.documents().items():
                counted[number] += 1
                values[number] = value
        for number, value in client.acknowledged.items():
            self.assertEqual((counted[number], values.get(number)), (copies, value), number)
        for number in range(OFFSET, OFFSET + ALL):
            self.assertEqual(counted[number], copies, number)
        for number in counted:
            self.assertTrue(number >= OFFSET or number in client.acknowledged or number in client.unheard, number)

    def test_three_four_three(self):
        process = self.cluster()
        self.fill(process)
        client = Client()
        client.port = process.port
        self.addCleanup(client.stop)
        for thread in client.threads:
            thread.start()
        seen, where, stop_watching = self.watch(process)
        fourth = self.node(3)
        code, out, err = self.control(process, "node", "add", "--id", "node-3", "--address", fourth.address, "--wait")
        self.assertEqual(code, 0, err)
        self.assertIn("Node node-3 is to join", out)
        self.nodes.append(fourth)
        self.members = self.nodes
        listed = process.ask_admin("/_miroir/topology").json["nodes"]
        self.assertEqual([node["status"] for node in listed], ["active"] * 4)
        self.assertGreater(listed[3]["shard_count"], 0)

        # Away with the first one; Miroir dies in the middle, and starts with the configuration of three nodes.
        code, _, err = self.control(process, "node", "drain", "node-0")
        self.assertEqual(code, 0, err)
        patiently(lambda: process.ask_admin("/_miroir/rebalance/status").json["moving"] > 0, "shards move")
        time.sleep(0.7)
        process.close()
        process = self.miroir()
        client.port = where["port"] = process.port
        patiently(lambda: process.ask_admin("/_miroir/topology").json["nodes"][0]["status"] == "removed", "node-0 has left")
        status = process.ask_admin("/_miroir/rebalance/status").json
        self.assertLess(status["longest_pause_ms"], 500)
        client.stop()
        stop_watching()
        self.assertEqual(self.nodes[0].documents(), {})
        self.members = self.nodes[1:]
        self.check(process, client)
        self.assertEqual(set(seen), {FIRST}, seen)
        self.assertGreater(seen[FIRST], 50)
        self.assertGreater(len(client.acknowledged), 50)
        code, out, err = self.control(process, "node", "remove", "node-0")
        self.assertEqual(code, 0, err)
        code, out, err = self.control(process, "verify")
        self.assertEqual(code, 0, out + err)
        self.assertNotIn("node-0", self.control(process, "node", "list")[1])
        print(f"{len(client.acknowledged)} writes, {seen[FIRST]} searches, longest pause {status['longest_pause_ms']} ms")

    def test_refusals_name_the_way_out(self):
        process = self.cluster(replicas=3)
        self.fill(process)

        def refused(*arguments):
            code, out, err = self.control(process, *arguments)
            self.assertEqual(code, 1, out)
            return err

        self.assertIn("add a node to the group first", refused("node", "drain", "node-0"))
        self.assertIn("drain it first", refused("node", "remove", "node-0"))
        self.assertIn("answers, so it is not lost", refused("node", "remove", "node-0", "--lost"))
        self.assertIn("two nodes have the address", refused("node", "add", "--id", "twin", "--address", self.nodes[0].address))
        alias = self.nodes[0].address.replace("127.0.0.1", "localhost")
        self.assertIn("it cannot be two nodes", refused("node", "add", "--id", "twin", "--address", alias))
        self.assertIn("start it first", refused("node", "add", "--id", "nobody", "--address", "http://127.0.0.1:1"))
        stranger = self.node(9)
        call(stranger.port, "POST", "/indexes", NODE_KEY, {"uid": "old"})
        patiently(lambda: call(stranger.port, "GET", "/indexes/old", NODE_KEY).status == 200, "it has an index")
        self.assertIn("empty it first", refused("node", "add", "--id", "stranger", "--address", stranger.address))
        code, out, err = self.control(process, "node", "status", "node-7")
        self.assertEqual(code, 1)
        reply = call(process.port, "POST", "/_miroir/nodes/node-0/drain", ADMIN_KEY, {"topology_version": 99})
        self.assertEqual(reply.status, 409)
        self.assertIn("look again", reply.json["message"])
        self.assertEqual(call(process.port, "POST", "/_miroir/nodes/node-0/drain", MASTER_KEY, {}).status, 401)
        versions = process.ask_admin("/_miroir/rebalance/status").json
        self.assertEqual((versions["state"], versions["planned"]), ("idle", 0))
        self.assertIn("rank 1", self.control(process, "explain", "shard", "3")[1])
        self.assertEqual(json.loads(self.control(process, "--json", "verify")[1])["findings"], [])

    def test_a_lost_node_is_replaced(self):
        process = self.cluster(replicas=2)
        self.fill(process)
        fourth = self.node(3)
        self.nodes[1].kill()
        patiently(lambda: process.ask_admin("/_miroir/topology").json["nodes"][1]["status"] == "down", "it is missed")
        code, _, err = self.control(process, "node", "remove", "node-1", "--lost")
        self.assertEqual(code, 0, err)
        code, _, err = self.control(process, "node", "add", "--id", "node-3", "--address", fourth.address, "--wait")
        self.assertEqual(code, 0, err)
        self.members = [self.nodes[0], self.nodes[2], fourth]
        self.check(process, Client(), copies=2)
        self.assertEqual(self.control(process, "node", "remove", "node-1")[0], 0)
        self.assertEqual(self.control(process, "verify")[0], 0)

    def test_a_node_that_never_comes_back_is_written_off(self):
        process = self.cluster(replicas=2, rebalancer={"write_off_after_s": 2})
        self.fill(process)
        self.nodes[1].kill()
        patiently(lambda: process.ask_admin("/_miroir/topology").json["nodes"][1]["status"] == "down", "it is missed")
        patiently(lambda: "written off in" in self.control(process, "status")[1] or self.is_removed(process, 1), "it is told when")
        patiently(lambda: self.is_removed(process, 1), "it is written off")
        patiently(lambda: self.is_idle(process), "its copies are made anew")
        self.members = [self.nodes[0], self.nodes[2]]
        self.check(process, Client(), copies=2)
        self.assertIn("miroir_nodes_written_off_total 1", call(process.port, "GET", "/_miroir/metrics", ADMIN_KEY).text)

    def is_removed(self, process, node):
        return process.ask_admin("/_miroir/topology").json["nodes"][node]["status"] == "removed"

    def is_idle(self, process):
        return process.ask_admin("/_miroir/rebalance/status").json["state"] == "idle"

    def test_what_only_a_lost_node_had_is_named(self):
        process = self.cluster(replicas=1, rebalancer={"write_off_after_s": 1})
        self.fill(process)
        patiently(lambda: self.counted(process) == ALL, "the documents are counted", 90)
        process.close()  # what was counted is there after a restart
        process = self.miroir()
        self.nodes[1].kill()
        patiently(lambda: process.ask_admin("/_miroir/topology").json["nodes"][1]["status"] == "down", "it is missed")
        time.sleep(1.5)
        gap = process.ask_admin("/_miroir/shards").json["unreachable"][0]
        self.assertEqual(gap["nodes"], "node-1")
        self.assertGreater(gap["documents"], ALL / 10)
        code, out, _ = self.control(process, "status")
        self.assertEqual(code, 0)
        self.assertIn(f"Nobody answers for {len(gap['shards'])} shards", out)
        self.assertIn("it has the only copy of", out)
        self.assertFalse(self.is_removed(process, 1), "it may come back with its disk")
        self.assertEqual(self.control(process, "node", "remove", "node-1", "--lost", "--wait")[0], 0)
        code, out, _ = self.control(process, "verify")
        self.assertEqual(code, 1)
        self.assertIn(f"Lost: {len(gap['shards'])} shards", out)
        self.assertIn(f"about {gap['documents']} documents", out)

    def counted(self, process):
        """What the last count of all shards says."""
        return sum(process.ask_admin(f"/_miroir/shards/{shard}/explain").json["documents"] for shard in range(16))

    def test_copies_changed_behind_its_back_are_found_and_repaired(self):
        process = self.cluster(replicas=2)
        self.fill(process)
        self.assertEqual(self.control(process, "verify", "--deep")[0], 0)
        held = [sorted(node.documents()) for node in self.nodes]
        first, second, third = held[0][:3]
        call(self.nodes[0].port, "POST", "/indexes/books/documents/delete-batch", NODE_KEY, [first])
        call(self.nodes[0].port, "PUT", "/indexes/books/documents", NODE_KEY, [{"id": second, "value": "changed"}])
        call(self.nodes[0].port, "POST", "/indexes/books/documents", NODE_KEY, [{"id": third, "value": "without fields"}])
        call(self.nodes[0].port, "POST", "/indexes/books/documents", NODE_KEY, [{"id": 7, "value": "a stranger"}])
        patiently(lambda: self.nodes[0].documents().get(7) == "a stranger", "it is changed")
        code, out, err = self.control(process, "verify", "--deep")
        self.assertEqual(code, 1, out + err)
        self.assertIn("had a wrong copy", out)
        status = process.ask_admin("/_miroir/anti_entropy/status").json
        self.assertEqual((status["mismatches_last"], status["undecided"]), (4, 0), status)
        self.assertIn("it is missing", self.control(process, "anti-entropy", "status")[1])
        self.assertEqual(self.control(process, "verify", "--deep")[0], 0)
        counted = collections.Counter(number for node in self.nodes for number in node.documents())
        self.assertEqual({counted[number] for number in (first, second, third, 7)}, {2})
        self.assertEqual(call(process.port, "GET", "/indexes/books/documents/7", MASTER_KEY).json["value"], "a stranger")
        for number in (first, second, third):
            value = call(process.port, "GET", f"/indexes/books/documents/{number}", MASTER_KEY).json["value"]
            self.assertIn(value, (f"first {number - OFFSET}", f"other {number - OFFSET}"))
        passed_over = process.ask_admin("/_miroir/anti_entropy/status").json["shards_passed_over"]
        self.control(process, "anti-entropy", "run", "--wait")
        self.control(process, "anti-entropy", "run", "--wait")
        self.assertGreater(process.ask_admin("/_miroir/anti_entropy/status").json["shards_passed_over"], passed_over,
                           "nothing has changed, so nothing is read")

    def test_a_group_comes_and_another_leaves(self):
        process = self.cluster()
        self.fill(process)
        seen, _, stop_watching = self.watch(process)
        code, _, err = self.control(process, "group", "remove", "0")
        self.assertEqual(code, 1)
        self.assertIn("add another group first", err)
        more = [self.node(3), self.node(4)]
        named = [f"node-{3 + i}={node.address}" for i, node in enumerate(more)]
        self.assertEqual(self.control(process, "group", "add", "--dry-run", *named)[0], 0)
        code, out, err = self.control(process, "group", "add", *named, "--wait")
        self.assertEqual(code, 0, err)
        self.assertIn("Group 1 is to be filled", out)
        self.members = self.nodes + more
        self.check(process, Client(), copies=2)
        self.assertIn("active", self.control(process, "group", "list")[1])
        more[0].kill()  # now group 0 has the last copies of what it held
        patiently(lambda: process.ask_admin("/_miroir/topology").json["nodes"][3]["status"] == "down", "it is missed")
        code, _, err = self.control(process, "group", "drain", "0")
        self.assertEqual(code, 1)
        self.assertIn("the last copy that can be read", err)
        more[0].start()
        patiently(lambda: self.control(process, "group", "remove", "0", "--dry-run")[0] == 0, "it is back")
        self.assertEqual(self.control(process, "group", "drain", "0")[0], 0)
        for node in self.nodes:
            node.kill()
        self.assertEqual(self.control(process, "group", "remove", "0")[0], 0)
        stop_watching()
        self.assertEqual(set(seen), {FIRST}, seen)
        self.members = more
        self.check(process, Client())
        process.close()
        process = self.miroir()  # the configuration still names what was
        self.assertEqual([node["id"] for node in process.ask_admin("/_miroir/topology").json["nodes"]], ["node-3", "node-4"])
        self.assertEqual(self.control(process, "verify")[0], 0)

    def test_what_has_no_room_does_not_move(self):
        process = self.cluster(rebalancer={"max_node_bytes": 1000})
        self.fill(process)
        patiently(lambda: self.counted(process) == ALL, "the documents are counted")
        code, _, err = self.control(process, "node", "drain", "node-0")
        self.assertEqual(code, 1)
        self.assertRegex(err, "has no room: its database has .* add a node to its group, or raise the limit")
        code, _, err = self.control(process, "node", "add", "--id", "node-3", "--address", self.node(3).address)
        self.assertEqual(code, 1)
        self.assertIn("has no room", err)
        self.assertEqual(process.ask_admin("/_miroir/rebalance/status").json["planned"], 0)

    def test_a_full_node_gives_its_moves_up(self):
        process = self.cluster()
        self.fill(process)
        fourth = self.node(3)
        self.assertEqual(self.control(process, "rebalance", "pause")[0], 0)
        self.assertEqual(self.control(process, "node", "add", "--id", "node-3", "--address", fourth.address)[0], 0)
        patiently(lambda: call(fourth.port, "GET", "/indexes/books", NODE_KEY).status == 200, "it knows the index")
        fourth.suffer("read-only")
        self.assertEqual(self.control(process, "rebalance", "start")[0], 0)
        patiently(lambda: "disk is full" in process.ask_admin("/_miroir/rebalance/status").json.get("trouble", ""), "it is told")
        patiently(lambda: not any(move["phase"] in ("doubling", "copying")
                                  for move in process.ask_admin("/_miroir/rebalance/status").json["moves"]), "moves are given up")
        self.assertEqual(call(process.port, "POST", "/indexes/books/search", MASTER_KEY,
                              {"q": "first", "hitsPerPage": 1}).json["totalHits"], FIRST)

    def test_moves_wait_for_their_window(self):
        hour = (time.gmtime().tm_hour + 3) % 24
        process = self.cluster(rebalancer={"allowed_windows": f"{hour:02}:00-{hour:02}:30"})
        self.fill(process)
        fourth = self.node(3)
        self.assertEqual(self.control(process, "node", "add", "--id", "node-3", "--address", fourth.address)[0], 0)
        patiently(lambda: process.ask_admin("/_miroir/rebalance/status").json["state"] == "waiting", "moves wait")
        time.sleep(1)
        status = process.ask_admin("/_miroir/rebalance/status").json
        self.assertEqual((status["moving"], status["window_open"]), (0, False))
        self.assertGreater(status["planned"], 0)

    def test_another_engine_and_a_stolen_name_are_refused(self):
        process = self.cluster()

        class Older(QuietAnswers):
            def do_GET(self):
                body = {"/version": {"pkgVersion": "1.12.3", "commitSha": "x", "commitDate": "y"},
                        "/indexes?limit=1": {"results": []}}.get(self.path, {"results": [], "total": 0})
                self.reply(200, json.dumps(body).encode())

        server = QuietServer(Older)
        self.addCleanup(server.stop)
        address = f"http://127.0.0.1:{server.port}"
        code, _, err = self.control(process, "node", "add", "--id", "older", "--address", address)
        self.assertEqual(code, 1)
        self.assertIn("runs engine version 1.12.3", err)
        self.assertIn("upgrade one of them first, or allow it", err)
        fourth = self.node(3)
        code, _, err = self.control(process, "node", "add", "--id", "node-1", "--address", fourth.address)
        self.assertEqual(code, 1)
        self.assertIn("two nodes are called `node-1`", err)


if __name__ == "__main__":
    unittest.main()
