"""The log of a running Miroir through its routes: one listener at a time, in the mode and with the targets that he wants, ended by
a DELETE or by his going away; what is printed changed while it runs. With MEILISEARCH_BIN the refusals are those of a Meilisearch.

Run: python3 tests/e2e/logs_test.py (MIROIR_BIN names another program than bin/miroir).
"""

import http.client
import json
import time
import unittest

from node_process import ENGINE
from serve_process import MASTER_KEY, wait_until
from whole_places import Cluster, one_engine

REFUSED = ({"target": "a=b"}, {"target": ""}, {"target": "a=b=c"}, {"target": "info=x"}, {"target": 5}, {"x": 1}, {"target": "a=9"})
REFUSED_STREAMS = ({"mode": "x"}, {"mode": 5}, {"profileMemory": True}, {"mode": "json", "profileMemory": True}, {"profileMemory": 1})


class Listener:
    def __init__(self, place, body):
        self.connection = http.client.HTTPConnection("127.0.0.1", place.port, timeout=10)
        self.connection.request("POST", "/logs/stream", json.dumps(body),
                                {"Authorization": f"Bearer {MASTER_KEY}", "Content-Type": "application/json"})
        self.reply = self.connection.getresponse()
        self.status = self.reply.status

    def line(self, wanted):
        """The next line that holds this text."""
        while True:
            line = self.reply.readline().decode()
            if wanted in line or not line:
                return line

    def close(self):
        self.connection.close()


class Logs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(1, 1)
        cls.addClassCleanup(cls.cluster.close)
        cls.cluster.start()
        cls.places = [cls.cluster]
        if ENGINE:
            cls.places.append(one_engine(cls))

    def setUp(self):
        for place in self.places:
            place.call("PATCH", "/experimental-features", {"logsRoute": True})

    def listen(self, body):
        listener = Listener(self.cluster, body)
        self.addCleanup(listener.close)
        self.assertEqual(listener.status, 200)
        return listener

    def nobody_listens(self):
        self.assertEqual(self.cluster.call("DELETE", "/logs/stream").status, 204)

    def test_lines_come_in_the_mode_that_is_asked_for(self):
        human = self.listen({"target": "front_door=info"})
        self.cluster.call("GET", "/indexes")
        self.assertRegex(human.line("/indexes"),
                         r"^\d{4}-\d\d-\d\dT[\d:]+\.\d{6}Z  INFO front_door: request method=GET route=/indexes status=200 ")
        self.nobody_listens()
        self.assertEqual(human.line("no more"), "", "the stream has ended")
        in_json = self.listen({"mode": "json"})
        self.cluster.call("GET", "/indexes/nope")
        line = json.loads(in_json.line("{index_uid}"))
        self.assertEqual((line["level"], line["target"], line["fields"]["message"]), ("INFO", "front_door", "request"))
        self.assertEqual(line["fields"]["status"], 404)
        self.nobody_listens()

    def test_one_listens_at_a_time(self):
        first = self.listen({"target": "off"})
        replies = [place.call("POST", "/logs/stream", {}) for place in self.places[:1]]
        self.assertEqual(replies[0].json["message"], "The `/logs/stream` route is currently in use by someone else.")
        first.close()
        wait_until(lambda: Listener(self.cluster, {}).status == 200, "the place of one who went away is free")
        self.nobody_listens()

    def test_what_is_printed_can_be_changed(self):
        def printed(path):
            before = len(self.cluster.miroir.lines)
            self.cluster.call("GET", path)
            time.sleep(0.3)
            return any(path in line for line in self.cluster.miroir.lines[before:])
        self.assertTrue(printed("/stats"))
        self.assertEqual(self.cluster.call("POST", "/logs/stderr", {"target": "front_door=warn"}).status, 204)
        self.assertFalse(printed("/version"))
        self.assertEqual(self.cluster.call("POST", "/logs/stderr", {}).status, 204)
        self.assertTrue(printed("/keys"))

    def test_refusals_are_the_engines(self):
        for path, bodies in (("/logs/stream", REFUSED + REFUSED_STREAMS), ("/logs/stderr", REFUSED)):
            for body in bodies:
                with self.subTest(path=path, body=body):
                    replies = [place.call("POST", path, body) for place in self.places]
                    self.assertEqual(replies[0].status, 400)
                    self.assertEqual(len({reply.text for reply in replies}), 1, [reply.text for reply in replies])
        self.assertEqual(self.cluster.call("POST", "/logs/stream", {"mode": "profile"}).json["code"], "bad_request")
        for place in self.places:
            place.call("PATCH", "/experimental-features", {"logsRoute": False})
        for method, path in (("POST", "/logs/stream"), ("DELETE", "/logs/stream"), ("POST", "/logs/stderr")):
            replies = [place.call(method, path, None if method == "DELETE" else {}) for place in self.places]
            self.assertEqual(replies[0].json["code"], "feature_not_enabled")
            self.assertEqual(len({reply.text for reply in replies}), 1)

    def test_no_listener_holds_up_the_end(self):
        cluster = Cluster(1, 1)
        self.addCleanup(cluster.close)
        cluster.start()
        cluster.call("PATCH", "/experimental-features", {"logsRoute": True})
        listener = Listener(cluster, {"target": "off"})
        self.addCleanup(listener.close)
        began = time.monotonic()
        cluster.miroir.terminate()
        cluster.miroir.exit_code()
        self.assertLess(time.monotonic() - began, 5)


if __name__ == "__main__":
    unittest.main()
