"""Reads while nodes misbehave: three embedded nodes, two replicas, real processes and sockets. Every answer is the right
one, or an error; none is silently too small, and none takes much longer than the limits say.

Run: python3 tests/e2e/faults_test.py (MIROIR_BIN names another program than bin/miroir).
"""

import gzip
import http.client
import signal
import socket
import threading
import time
import unittest

from node_process import call
from quiet_server import QuietAnswers, QuietServer
from serve_process import MASTER_KEY, NODE_KEY, PATIENCE, wait_until
from three_nodes import ThreeNodes

BOOKS = 60
NODE_TIMEOUT = 1.5  # seconds
SEARCH = "path=/indexes/*/search"


def lie(mode, good):
    """What a node that has gone wrong sends instead of `good`: headers and body."""
    length = {"content-length": str(len(good))}
    if mode == "html":
        return {"content-type": "text/html"}, b"<html><body>It works!</body></html>"
    if mode == "truncated":
        return length, good[: len(good) // 2]
    if mode == "not-utf8":
        return {}, good.replace(b"book", b"bo\xff\xfe")
    if mode == "bomb":
        return {"content-encoding": "gzip"}, BOMB
    if mode == "no-hits":
        return {}, b'{"query":"book","processingTimeMs":1,"limit":20,"offset":0,"estimatedTotalHits":0}'
    if mode == "nan":
        return {}, good.replace(b'"score":', b'"score":NaN,"was":')
    if mode == "deep":
        return {}, b'{"hits":' + b"[" * 20_000 + b"]" * 20_000 + b"}"
    if mode == "endless":
        return {"content-length": str(1 << 40)}, good
    raise AssertionError(mode)


def bomb():
    """300 MB of blanks, which is beyond any reply that is read."""
    piece = gzip.compress(b" " * 10_000_000, 9)
    return piece * 30  # members of one stream


BOMB = bomb()
LIES = ["html", "truncated", "not-utf8", "bomb", "no-hits", "nan", "deep", "endless"]


class Liar:
    """Stands before a node and hands everything on, but what it makes of searches once it is told to lie."""

    def __init__(self, node):
        self.node = node
        self.mode = None
        self.told = 0
        liar = self

        class Answers(QuietAnswers):
            def pass_on(self):
                body = self.body()
                headers = {n: v for n, v in self.headers.items() if n.lower() not in ("host", "accept-encoding", "connection")}
                connection = http.client.HTTPConnection("127.0.0.1", liar.node.port, timeout=PATIENCE)
                try:
                    connection.request(self.command, self.path, body, headers)
                    answer = connection.getresponse()
                    status, said, out = answer.status, {"content-type": "application/json"}, answer.read()
                finally:
                    connection.close()
                lies = liar.mode and self.path.endswith("/search")
                if lies:
                    liar.told += 1
                    wrong, out = lie(liar.mode, out)
                    said.update(wrong)
                said.setdefault("content-length", str(len(out)))
                self.send_response(status)
                for name, value in said.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(out)
                if lies:  # whoever is asked who it is must not hang up: nothing would be asked of it
                    self.close_connection = True

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = pass_on

        self.server = QuietServer(Answers)
        self.address = f"http://127.0.0.1:{self.server.port}"

    def stop(self):
        self.server.stop()


class Faults(ThreeNodes):
    def setUp(self):
        super().setUp()
        self.addresses = [node.address for node in self.nodes]

    def configuration(self, **more):
        return super().configuration(**{
            "scatter": {"node_timeout_ms": int(NODE_TIMEOUT * 1000)}, "search": {"unavailable_shards": "error"},
            "server": {"threads": 1, "max_concurrent_requests": 8},
            "nodes": [{"id": f"node-{i}", "address": address} for i, address in enumerate(self.addresses)], **more})

    def serve(self, **more):
        super().serve(**more)
        self.await_task(self.write([{"id": i, "value": f"book {i}", "kind": i % 3} for i in range(BOOKS)]))
        self.await_task(self.ask("PATCH", "/indexes/books/settings", {"filterableAttributes": ["kind"]}))

    def write(self, documents, headers=None):
        return self.ask("POST", "/indexes/books/documents?primaryKey=id", documents, headers)

    def await_task(self, reply):
        self.assertEqual(self.end_of(reply)["status"], "succeeded")

    def search(self, words="book", **more):
        return self.ask("POST", "/indexes/books/search", {"q": words, "limit": 100, **more})

    def check(self, reply):
        """The whole answer, in the order of insertion."""
        self.assertEqual(reply.status, 200, reply.text[:300])
        self.assertEqual([hit["id"] for hit in reply.json["hits"]], list(range(BOOKS)))
        self.assertIsNone(reply.headers.get("X-Miroir-Degraded"))

    def searches(self, count=6):
        """Searches that prefer different replicas. The longest of their times."""
        longest = 0
        for i in range(count):
            begun = time.monotonic()
            self.check(self.search("book" + " " * (i % 7)))
            longest = max(longest, time.monotonic() - begun)
        return longest

    def metric(self, name):
        text = call(self.miroir.metrics_port, "GET", "/metrics", MASTER_KEY).text
        return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith((name + " ", name + "{")))

    def side_by_side(self, count, work):
        results = [None] * count

        def run(place):
            results[place] = work(place)

        threads = [threading.Thread(target=run, args=(place,)) for place in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return results

    def test_equal_searches_share_their_answer(self):
        self.serve(query_coalescing={"window_ms": 1000}, server={"threads": 1}, hedging={"enabled": False})
        for node in self.nodes:
            node.suffer(f"delay=700ms:{SEARCH}")
        bodies = [{"filter": "kind = 1"} if i % 2 else {} for i in range(16)]
        replies = self.side_by_side(16, lambda i: self.search(**bodies[i]))
        for body, reply in zip(bodies, replies):
            self.assertEqual(reply.status, 200, reply.text)
            self.assertEqual(len(reply.json["hits"]), BOOKS // 3 if body else BOOKS)
        self.assertEqual(len({reply.json["requestUid"] for reply in replies}), 16)
        hits = self.metric("miroir_query_coalesce_hits_total")
        self.assertGreaterEqual(hits, 8)
        self.assertLessEqual(hits, 14)  # two different questions were asked

    def test_a_session_reads_what_it_wrote(self):
        self.serve(session_pinning={"max_wait_ms": 1000})
        session = {"X-Miroir-Session": "a-session"}
        for node in self.nodes:
            node.suffer("delay=300ms:path=/tasks/**")
        written = self.write([{"id": 1000, "value": "a manual"}], session)
        self.assertEqual(written.headers.get("X-Miroir-Session"), "a-session")
        found = self.ask("POST", "/indexes/books/search", {"q": "manual"}, session)
        self.assertEqual([hit["id"] for hit in found.json["hits"]], [1000])
        self.assertEqual(self.ask("GET", f"/tasks/{written.json['taskUid']}").json["status"], "succeeded")
        self.assertEqual(self.metric("miroir_session_pin_enforced_total"), 1)
        self.ask("GET", "/indexes/books/documents/1000", headers=session)  # nothing is pending any more
        self.assertEqual(self.metric("miroir_session_pin_enforced_total"), 1)

        for node in self.nodes:
            node.suffer("delay=1400ms:path=/tasks/**")
        self.write([{"id": 1001, "value": "a manual"}], session)
        late = self.ask("GET", "/indexes/books/documents/1001", headers=session)
        self.assertEqual((late.status, late.json["code"]), (504, "miroir_timeout"))
        self.assertEqual(self.metric("miroir_session_wait_timeout_total"), 1)
        self.assertEqual(self.ask("GET", "/indexes/books/documents/1").status, 200)  # others do not wait
        self.assertEqual(self.ask("GET", "/indexes/books", headers={"X-Miroir-Session": "x" * 129}).status, 400)
        for node in self.nodes:
            node.suffer()
        wait_until(lambda: self.ask("GET", "/indexes/books/documents/1001", headers=session).status == 200, "it is applied")

    def test_slow_bodies_keep_nobody_out(self):
        self.serve()
        slow = []
        for _ in range(40):
            client = socket.create_connection(("127.0.0.1", self.miroir.port), timeout=PATIENCE)
            self.addCleanup(client.close)
            client.sendall(b"POST /indexes/books/documents HTTP/1.1\r\nHost: miroir\r\nContent-Type: application/json\r\n"
                           b"Authorization: Bearer " + MASTER_KEY.encode() + b"\r\nContent-Length: 40\r\n\r\n[{\"id\": 7,")
            slow.append(client)
        time.sleep(0.2)
        self.assertLess(self.searches(8), 1)
        slow[0].sendall(b" \"value\": \"book 7\", \"kind\":1}]")
        self.assertIn(b" 202 ", slow[0].recv(4096).split(b"\r\n")[0])

    def test_a_node_that_stands_still(self):
        self.serve()
        self.searches()
        for node in self.nodes:
            node.process.send_signal(signal.SIGSTOP)
            self.addCleanup(node.process.send_signal, signal.SIGCONT)
            self.assertLess(self.searches(), 2 * NODE_TIMEOUT)
            node.process.send_signal(signal.SIGCONT)
            wait_until(lambda: self.healthy_nodes() == 3, "it is back")

    def all_trusted(self):
        self.search("book" + " " * (time.monotonic_ns() % 7))  # only calls that end well close a breaker
        nodes = self.miroir.ask_admin("/_miroir/topology").json["nodes"]
        return all(node["healthy"] and node["breaker"] == "closed" for node in nodes)

    def healthy_nodes(self):
        return sum(node["healthy"] for node in self.miroir.ask_admin("/_miroir/topology").json["nodes"])

    def test_a_node_that_sends_nonsense(self):
        liar = Liar(self.nodes[1])
        self.addCleanup(liar.stop)
        self.addresses[1] = liar.address
        self.serve(replica_selection={"strategy": "round_robin"})  # a slow messenger would not be asked otherwise
        for mode in LIES:
            with self.subTest(mode):
                wait_until(self.all_trusted, "it is believed again")
                told, liar.mode = liar.told, mode

                def was_asked(before=told):
                    self.assertLess(self.searches(8), 3 * NODE_TIMEOUT)
                    return liar.told > before

                try:
                    wait_until(was_asked, "somebody asks it")
                finally:
                    liar.mode = None
        for fault in ("malformed", "truncated", "lost", "status=500"):
            with self.subTest(fault):
                wait_until(self.all_trusted, "all are believed again")
                self.nodes[0].suffer(f"{fault}:{SEARCH}")
                try:
                    self.assertLess(self.searches(8), 3 * NODE_TIMEOUT)
                finally:
                    self.nodes[0].suffer()

    def test_a_node_that_dies_in_the_middle(self):
        self.serve()
        self.nodes[2].suffer(f"delay=200ms:{SEARCH}")
        threading.Timer(0.1, self.nodes[2].kill).start()
        for reply in self.side_by_side(12, lambda i: self.search("book" + " " * i)):
            self.check(reply)
        self.assertLess(self.searches(), 2 * NODE_TIMEOUT)

    def test_a_node_that_refuses_the_key(self):
        self.serve()
        self.nodes[0].kill()
        self.nodes[0].key = "another"
        self.nodes[0].start()
        self.searches()
        wait_until(lambda: "refuses the node key" in self.note_of(0), "it is told")
        self.assertEqual(self.healthy_nodes(), 2)
        self.await_task(self.write([{"id": 1, "value": "book 1", "kind": 1}]))
        self.searches()

    def note_of(self, place):
        return self.miroir.ask_admin("/_miroir/topology").json["nodes"][place].get("note", "")

    def test_a_node_without_numbers_is_told(self):
        self.nodes[0].kill()
        self.nodes[0].flags = ()
        self.nodes[0].start()
        self.serve()
        wait_until(lambda: "--experimental-replication-parameters" in self.note_of(0), "it is told")
        self.assertEqual(self.note_of(1), "")
        self.assertTrue([line for line in self.miroir.lines if "--experimental-replication-parameters" in line])
        self.searches()

    def test_counts_say_what_they_lack(self):
        self.serve(search={"unavailable_shards": "partial"})
        for path in ("/indexes/books/stats", "/stats"):
            whole = self.ask("GET", path)
            self.assertIsNone(whole.headers.get("X-Miroir-Exact"))
        self.nodes[0].process.send_signal(signal.SIGSTOP)
        self.addCleanup(self.nodes[0].process.send_signal, signal.SIGCONT)
        for _ in range(2):  # before and after it is found to be down
            for path, place in (("/indexes/books/stats", []), ("/stats", ["indexes", "books"])):
                reply = self.ask("GET", path)
                view = reply.json
                for name in place:
                    view = view[name]
                self.assertEqual(view["numberOfDocuments"], BOOKS)
                self.assertTrue(reply.headers.get("X-Miroir-Exact").startswith("false; "))
                self.assertIsNone(reply.headers.get("X-Miroir-Degraded"))
            wait_until(lambda: self.healthy_nodes() == 2, "it is found to be down")
        names = self.ask("POST", "/indexes/books/fields", {}).json["results"]
        self.assertEqual(sorted(field["name"] for field in names), ["id", "kind", "value"])
        self.nodes[1].kill()
        wait_until(lambda: self.healthy_nodes() == 1, "another is away")
        for method, path in (("GET", "/indexes/books/stats"), ("GET", "/stats"), ("GET", "/indexes/books/documents"),
                             ("POST", "/indexes/books/fields"), ("POST", "/indexes/books/search")):
            reply = self.ask(method, path, {} if method == "POST" else None)
            self.assertEqual(reply.status, 200, path)
            self.assertTrue(reply.headers.get("X-Miroir-Degraded").startswith("shards="), path)
            self.assertTrue(reply.headers.get("X-Miroir-Coverage").endswith("/8"), path)

    def test_a_node_that_was_emptied(self):
        self.serve()
        self.nodes[0].empty()
        for _ in range(60):
            reply = self.search()
            if reply.status == 200:
                self.check(reply)
            else:
                self.assertEqual(reply.status, 503, reply.text)
            time.sleep(0.05)

    def test_a_cancelation_that_comes_late_is_told(self):
        """A node that cannot call its part off at once does so when nobody waits for it any more."""
        self.serve()
        slow = {"source": "rest", "url": "http://127.0.0.1:9/", "dimensions": 3, "request": "{{text}}", "response": "{{embedding}}"}
        self.await_task(self.ask("PATCH", "/indexes/slow/settings", {"embedders": {"slow": slow}}))
        uid = self.ask("POST", "/indexes/slow/documents", [{"id": i} for i in range(30)]).json["taskUid"]
        wait_until(lambda: self.ask("GET", f"/tasks/{uid}").json["status"] == "processing", "the nodes are at it")
        for node in self.nodes:
            node.suffer("status=503:path=/tasks/cancel")
        canceler = self.ask("POST", f"/tasks/cancel?uids={uid}").json["taskUid"]
        wait_until(lambda: self.ask("GET", f"/tasks/{canceler}").json["finishedAt"], "it is given up")
        self.assertEqual(self.ask("GET", f"/tasks/{canceler}").json["details"]["canceledTasks"], 0)
        for node in self.nodes:
            node.suffer()
            self.assertEqual(call(node.port, "POST", "/tasks/cancel?statuses=processing,enqueued", NODE_KEY).status, 200)
        wait_until(lambda: self.ask("GET", f"/tasks/{uid}").json["finishedAt"], "it is called off")
        task = self.ask("GET", f"/tasks/{uid}").json
        self.assertEqual((task["status"], task["canceledBy"]), ("canceled", canceler))

    def test_a_cancelation_waits_for_what_is_just_being_sent(self):
        self.serve()
        slow = {"source": "rest", "url": "http://127.0.0.1:9/", "dimensions": 3, "request": "{{text}}", "response": "{{embedding}}"}
        self.await_task(self.ask("PATCH", "/indexes/slow/settings", {"embedders": {"slow": slow}}))
        for node in self.nodes:
            node.suffer("delay=700ms:path=/indexes/slow/documents")
        writer = threading.Thread(target=self.ask, args=("POST", "/indexes/slow/documents", [{"id": i} for i in range(30)]))
        writer.start()
        added = "/tasks?indexUids=slow&types=documentAdditionOrUpdate"
        wait_until(lambda: self.ask("GET", added).json["total"] == 1, "it is on its way")
        canceler = self.ask("POST", "/tasks/cancel?indexUids=slow").json["taskUid"]
        wait_until(lambda: self.ask("GET", f"/tasks/{canceler}").json["finishedAt"], "it is called off")
        writer.join()
        self.assertEqual(self.ask("GET", f"/tasks/{canceler}").json["details"]["canceledTasks"], 1)
        task = self.ask("GET", added).json["results"][0]
        self.assertEqual((task["status"], task["canceledBy"]), ("canceled", canceler))

    def test_what_is_held_back_is_called_off_one_by_one(self):
        """Additions that a change of settings holds back do not travel together: until then each can be called off."""
        self.serve(server={"threads": 1})  # many at once
        slow = {"source": "rest", "url": "http://127.0.0.1:9/", "dimensions": 3, "request": "{{text}}", "response": "{{embedding}}"}
        self.await_task(self.ask("PATCH", "/indexes/slow/settings", {"embedders": {"slow": slow}}))
        first = self.ask("POST", "/indexes/slow/documents", [{"id": i} for i in range(30)]).json["taskUid"]
        change = self.ask("PATCH", "/indexes/slow/settings", {"stopWords": ["the"]})
        uids = {}

        def write(writer):
            for i in range(3):
                key = 1000 + writer * 10 + i
                reply = self.ask("POST", "/indexes/slow/documents", [{"id": key, "_vectors": {"slow": [1, 2, 3]}}])
                uids[key] = reply.json["taskUid"]
        writers = [threading.Thread(target=write, args=(i,)) for i in range(24)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()

        def call_off(uid):
            canceler = self.ask("POST", f"/tasks/cancel?uids={uid}").json["taskUid"]
            wait_until(lambda: self.ask("GET", f"/tasks/{canceler}").json["finishedAt"], "it is called off")
            self.assertEqual(self.ask("GET", f"/tasks/{canceler}").json["details"]["canceledTasks"], 1)
        for key in sorted(uids)[::2]:
            call_off(uids[key])
        call_off(first)
        self.await_task(change)
        for at, key in enumerate(sorted(uids)):
            path = f"/tasks/{uids[key]}"
            wait_until(lambda path=path: self.ask("GET", path).json["finishedAt"], "it has ended")
            self.assertEqual(self.ask("GET", path).json["status"], "canceled" if at % 2 == 0 else "succeeded")
            found = self.ask("GET", f"/indexes/slow/documents/{key}").status
            self.assertEqual(found, 404 if at % 2 == 0 else 200, key)


if __name__ == "__main__":
    unittest.main()
