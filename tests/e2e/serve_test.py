"""`miroir serve` as an operator meets it: start, refusals to start, readiness, probes, draining.

Run: python3 tests/e2e/serve_test.py (MIROIR_BIN names another program than bin/miroir).
"""

import concurrent.futures
import socket
import sys
import time
import unittest

from serve_process import (ADMIN_KEY, MASTER_KEY, NODE_KEY, FakeNode, Miroir, ask, configuration, wait_until)


class ServeTest(unittest.TestCase):
    def node(self, **how):
        node = FakeNode(**how)
        self.addCleanup(node.stop)
        return node

    def miroir(self, config, **how):
        process = Miroir(config, **how)
        self.addCleanup(process.close)
        return process

    def refused(self, config, **how):
        """The lines of a start that must fail with 2."""
        process = self.miroir(config, wait=False, **how)
        self.assertEqual(process.exit_code(), 2, process.lines)
        return process.lines

    def taken_port(self):
        holder = socket.socket()
        self.addCleanup(holder.close)
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        return holder.getsockname()[1]


class Start(ServeTest):
    def test_health_answers_soon_without_nodes(self):
        free = socket.socket()
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        config = configuration([], http_addr=f"127.0.0.1:{port}")
        config["nodes"] = [{"id": "gone", "address": "http://127.0.0.1:1"}]
        process = self.miroir(config, wait=False)

        def healthy():
            try:
                return ask(port, "/health").status == 200
            except OSError:
                return False

        wait_until(healthy, "/health answers")
        took = time.monotonic() - process.started
        print(f"start to /health: {took * 1000:.0f} ms", file=sys.stderr)
        self.assertLess(took, 1.0)
        self.assertEqual(ask(port, "/health").text, '{"status":"available"}')

    def test_a_port_in_use_is_one_line_and_nothing_listens(self):
        port = self.taken_port()
        for key in ("http_addr", "metrics_addr"):
            lines = self.refused(configuration([self.node()], **{key: f"127.0.0.1:{port}"}))
            self.assertEqual(len(lines), 1, lines)
            self.assertIn(f"port {port} on 127.0.0.1 is in use", lines[0])

    def test_two_of_us_do_not_share_a_port_unnoticed(self):
        first = self.miroir(configuration([self.node()], server={"threads": 2}))
        lines = self.refused(configuration([self.node()], server={"threads": 2}, http_addr=f"127.0.0.1:{first.port}"))
        self.assertEqual(len(lines), 1, lines)
        self.assertIn("is in use", lines[0])
        self.assertEqual(first.ask("/health").status, 200)

    def test_an_unreadable_certificate_is_one_line(self):
        tls = {"cert_path": "/nowhere/cert.pem", "key_path": "/nowhere/key.pem"}
        lines = self.refused(configuration([self.node()], tls=tls))
        self.assertEqual(len(lines), 1, lines)
        self.assertIn("/nowhere/cert.pem", lines[0])

    def test_a_bad_configuration_names_the_place(self):
        lines = self.refused('http_addr: "127.0.0.1:0"\nshards: 0\nnodes: [{id: a, address: "http://127.0.0.1:1"}]\n')
        self.assertTrue(any("miroir.yaml:2" in line and "shards" in line for line in lines), lines)


class Readiness(ServeTest):
    def test_ready_follows_the_nodes_both_ways(self):
        nodes = [self.node(), self.node()]
        nodes[1].stop()
        process = self.miroir(configuration(nodes))
        wait_until(lambda: "1.50.0" in process.ask_admin("/_miroir/topology").text, "the first node is known")
        reply = process.ask("/_miroir/ready")
        self.assertEqual(reply.status, 503)
        self.assertFalse(reply.json["ready"])
        nodes[1].start()
        wait_until(lambda: process.ask("/_miroir/ready").status == 200, "it is ready")
        self.assertTrue(process.ask_admin("/_miroir/topology").json["fully_covered"])
        nodes[0].stop()
        wait_until(lambda: process.ask("/_miroir/ready").status == 503, "it is not ready any more")
        topology = process.ask_admin("/_miroir/topology").json
        self.assertEqual([node["status"] for node in topology["nodes"]], ["down", "active"])
        self.assertIn("error", topology["nodes"][0])
        self.assertIn('miroir_node_healthy{node_id="node-0"} 0', ask(process.metrics_port, "/metrics").text)
        nodes[0].start()
        wait_until(lambda: process.ask("/_miroir/ready").status == 200, "it is ready again")
        wait_until(lambda: len(process.events("ready: every shard has a node that answers for it")) == 2, "it said so twice")
        self.assertEqual(process.ask("/health").status, 200)

    def test_a_foreign_server_is_shown_and_never_covers(self):
        process = self.miroir(configuration([self.node(health=b"<html>hello</html>")]))
        wait_until(lambda: process.ask_admin("/_miroir/topology").json["nodes"][0]["status"] == "down", "it is judged")
        self.assertEqual(process.ask("/_miroir/ready").status, 503)
        self.assertEqual(process.ask("/version", {"Authorization": f"Bearer {MASTER_KEY}"}).status, 503)

    def test_mixed_versions_are_shown_and_do_not_stop_it(self):
        process = self.miroir(configuration([self.node(), self.node(version="1.49.2")]))
        wait_until(lambda: process.ask_admin("/_miroir/topology").json["mixed_engine_versions"], "both versions are known")
        wait_until(lambda: process.ask("/_miroir/ready").status == 200, "it is ready all the same")


class Operations(ServeTest):
    def test_version_comes_from_a_node_and_needs_the_key(self):
        node = self.node()
        process = self.miroir(configuration([node]))
        wait_until(lambda: process.ask("/_miroir/ready").status == 200, "it is ready")
        key = {"Authorization": f"Bearer {MASTER_KEY}"}
        self.assertEqual(process.ask("/version", key).json,
                         {"commitSha": "c0ffee", "commitDate": "2026-01-01", "pkgVersion": "1.50.0"})
        self.assertEqual(node.keys_seen[-1], f"Bearer {NODE_KEY}")
        self.assertEqual(process.ask("/version").json["code"], "missing_authorization_header")
        self.assertEqual(process.ask("/version", {"Authorization": "Bearer x"}).json["code"], "invalid_api_key")

    def test_operators_routes_need_the_admin_key(self):
        process = self.miroir(configuration([self.node()]))
        for path in ("/_miroir/topology", "/_miroir/shards", "/_miroir/metrics"):
            self.assertEqual(process.ask_admin(path).status, 200, path)
            self.assertEqual(process.ask(path, {"Authorization": f"Bearer {ADMIN_KEY}"}).status, 200, path)
            for headers in ({}, {"X-Admin-Key": ""}, {"X-Admin-Key": MASTER_KEY}, {"Authorization": ADMIN_KEY}):
                self.assertEqual(process.ask(path, headers).status, 401, (path, headers))
        self.assertEqual(len(process.ask_admin("/_miroir/shards").json["shards"]), 8)

    def test_no_admin_key_opens_nothing(self):
        process = self.miroir(configuration([self.node()], admin={}))
        for headers in ({}, {"X-Admin-Key": ""}, {"Authorization": "Bearer "}):
            self.assertEqual(process.ask("/_miroir/topology", headers).status, 401)

    def test_no_secret_is_shown_anywhere(self):
        process = self.miroir(configuration([self.node()]))
        wait_until(lambda: process.ask("/_miroir/ready").status == 200, "it is ready")
        process.ask(f"/indexes?q={MASTER_KEY}", {"Authorization": f"Bearer {MASTER_KEY}", "X-Admin-Key": ADMIN_KEY})
        shown = process.ask_admin("/_miroir/topology").text + process.ask_admin("/_miroir/metrics").text
        shown += "\n".join(process.lines)
        for secret in (MASTER_KEY, ADMIN_KEY, NODE_KEY):
            self.assertNotIn(secret, shown)


class Drain(ServeTest):
    def begin_slow_request(self, process, node, pool):
        # Only then the prober has asked for the version too, and the next to ask is this request, which a node gets that
        # is known to be well.
        wait_until(lambda: '"engine_version":"' in process.ask_admin("/_miroir/topology").text, "its version is known")
        wait_until(lambda: process.ask("/_miroir/ready").status == 200, "it is ready")
        node.gate.clear()
        while not node.asked_for_version.empty():
            node.asked_for_version.get()
        reply = pool.submit(process.ask, "/version", {"Authorization": f"Bearer {MASTER_KEY}"})
        node.asked_for_version.get(timeout=10)
        return reply

    @staticmethod
    def turned_away(process):
        try:
            process.ask("/health")
            return False
        except OSError:
            return True

    def test_what_runs_is_finished(self):
        node = self.node()
        process = self.miroir(configuration([node], health={"interval_ms": 60_000, "timeout_ms": 10_000}))
        with concurrent.futures.ThreadPoolExecutor() as pool:
            reply = self.begin_slow_request(process, node, pool)
            process.terminate()
            wait_until(lambda: process.event("draining"), "it drains")
            wait_until(lambda: self.turned_away(process), "nobody new is let in")
            node.gate.set()
            self.assertEqual(reply.result(10).status, 200)
        self.assertEqual(process.exit_code(), 0)
        self.assertEqual(process.event("stopped"), {"cut_off": False})

    def test_the_limit_holds_and_the_exit_is_clean(self):
        node = self.node()
        process = self.miroir(configuration([node], health={"interval_ms": 60_000, "timeout_ms": 10_000},
                                            server={"drain_timeout_ms": 200}))
        with concurrent.futures.ThreadPoolExecutor() as pool:
            reply = self.begin_slow_request(process, node, pool)
            begun = time.monotonic()
            process.terminate()
            self.assertEqual(process.exit_code(), 0)
            self.assertLess(time.monotonic() - begun, 5)
            node.gate.set()
            reply.exception(10)

    def test_an_idle_connection_does_not_hold_it_up(self):
        process = self.miroir(configuration([self.node()]))
        idle = socket.create_connection(("127.0.0.1", process.port))
        self.addCleanup(idle.close)
        begun = time.monotonic()
        process.terminate()
        self.assertEqual(process.exit_code(), 0)
        self.assertLess(time.monotonic() - begun, 5)


if __name__ == "__main__":
    unittest.main()
