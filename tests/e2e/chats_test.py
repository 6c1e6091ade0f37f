"""Conversations with a model through real processes: a cluster of two nodes, two replicas, a model that says what it is told to.
With MEILISEARCH_BIN the nodes are real ones and every conversation is held with one Meilisearch too: the same requests reach the
model, and the same events the client.

Run: python3 tests/e2e/chats_test.py (MIROIR_BIN names another program than bin/miroir).
"""

import http.client
import json
import os
import re
import socket
import time
import unittest

from bad_tokens_test import token
from fake_model import RAW, TURNS, FakeModel
from node_process import ENGINE
from serve_process import MASTER_KEY, wait_until
from whole_places import Cluster, one_engine

SWITCHES = ("_meiliSearchProgress", "_meiliAppendConversationMessage", "_meiliSearchSources")
ALLOWED = ("--experimental-allowed-ip-networks", "127.0.0.0/8")
FILMS = [{"id": 1, "title": "The war", "genre": "drama", "year": 1990, "cast": ["a", "b"], "rate": 1.5, "x": {"y": 2}},
         {"id": 2, "title": "The peace", "genre": "comedy", "year": 2001, "cast": [], "rate": 2.0, "none": None},
         {"id": 3, "title": "War of the worlds", "genre": "drama", "year": 2005, "hidden": "h"},
         {"id": 4, "title": "Theatre", "genre": "comedy", "year": 2005}]
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def body_of(model, tools=(), **more):
    body = {"model": model, "messages": [{"role": "user", "content": "hi"}], "stream": True, **more}
    if tools:
        body["tools"] = [{"type": "function", "function": {"name": name}} for name in tools]
    return json.dumps(body)


class Reply:
    def __init__(self, answer):
        self.status, self.headers, self.text = answer.status, answer.headers, answer.read().decode()

    @property
    def events(self):
        """Without what is drawn by lot."""
        return [UUID.sub("uuid", line[len("data: "):]) for line in self.text.splitlines() if line.startswith("data: ")]

    @property
    def errors(self):
        return [json.loads(event)["error"] for event in self.events if event.startswith('{"event_id"')]

    @property
    def said(self):
        words = [json.loads(event)["choices"][0]["delta"]["content"] for event in self.events if event.startswith('{"id"')]
        return "".join(word for word in words if word)


def send(place, body, key=MASTER_KEY, workspace="main", headers=None, patience=30):
    connection = http.client.HTTPConnection("127.0.0.1", place.port, timeout=patience)
    try:
        sent = {"Authorization": f"Bearer {key}", "Content-Type": "application/json", **(headers or {})}
        connection.request("POST", f"/chats/{workspace}/chat/completions", body.encode(), sent)
        return Reply(connection.getresponse())
    finally:
        connection.close()


def searches_counted(place):
    found = re.search(r'^meilisearch_chat_searches_total\{type="internal"\} (\d+)', place.call("GET", "/metrics").text, re.MULTILINE)
    return int(found[1]) if found else 0


class Chats(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        os.environ["OPENAI_API_KEY"] = "sk-usual"  # of all who are started here
        cls.addClassCleanup(os.environ.pop, "OPENAI_API_KEY")
        cls.model = FakeModel()
        cls.addClassCleanup(cls.model.stop)
        cls.cluster = Cluster(2, 2)
        cls.cluster.config["experimental_allowed_ip_networks"] = "127.0.0.0/8"
        cls.cluster.config["chat_timeout_ms"] = 3000
        cls.addClassCleanup(cls.cluster.close)
        cls.cluster.start()
        cls.places = [cls.cluster]
        if ENGINE:
            cls.places.append(one_engine(cls, *ALLOWED))
        for place in cls.places:
            cls.fill(place)

    @classmethod
    def fill(cls, place):
        place.call("PATCH", "/experimental-features", {"chatCompletions": True})
        place.done(place.call("PATCH", "/indexes/films/settings", {
            "filterableAttributes": ["genre", "year", "never", "x", {"attributePatterns": ["ra*"]}], "displayedAttributes": ["id", "title", "genre"],
            "chat": {"description": "Films of all times"}}))
        place.done(place.call("POST", "/indexes/films/documents?primaryKey=id", FILMS))
        place.done(place.call("POST", "/indexes/secret/documents?primaryKey=id", [{"id": 1, "title": "a secret"}]))
        reply = place.call("PATCH", "/chats/main/settings", {"source": "vLlm", "baseUrl": cls.model.url, "apiKey": "sk-xyz",
                                                             "orgId": "org", "projectId": "project"})
        assert reply.status == 200, reply.text

    def both(self, body, **how):
        """The reply of Miroir, which is that of Meilisearch; and what the model was asked."""
        heard = []
        for place in self.places:
            before = len(self.model.requests)
            key = how.get("key")
            reply = send(place, body, **{**how, **({"key": key(place)} if callable(key) else {})})
            heard.append((reply, self.model.requests[before:]))
        mine, asked = heard[0]
        for reply, requests in heard[1:]:
            self.assertEqual(mine.status, reply.status, reply.text)
            if mine.status == 200:
                self.assertEqual(mine.events, reply.events)
                self.assertEqual([request[2] for request in asked], [request[2] for request in requests])
                for ours, theirs in zip(asked, requests):
                    self.assertEqual(ours[0], theirs[0])
                    self.assertEqual(ours[1], {**theirs[1], "host": ours[1]["host"]})
            else:
                self.assertEqual(json.loads(mine.text), json.loads(reply.text))
        return mine, asked

    def test_a_plain_answer(self):
        reply, asked = self.both(body_of("plain", temperature=0.3, top_p=1, seed=5, stop=["a"], unknown=1, user="u",
                                         tool_choice="auto", stream_options={"include_usage": True}))
        self.assertEqual(reply.said, 'Hello there é\n"you"')
        self.assertEqual(reply.events[-1], "[DONE]")
        self.assertTrue(reply.text.startswith("retry: 10000\n\n"))
        self.assertEqual(reply.headers["content-type"], "text/event-stream")
        self.assertEqual(reply.headers["content-encoding"], "identity")
        self.assertEqual(reply.headers["x-accel-buffering"], "no")
        path, headers, body = asked[0]
        self.assertEqual(path, "/v1/chat/completions")
        self.assertEqual(headers["authorization"], "Bearer sk-xyz")
        self.assertEqual(headers["openai-organization"], "org")
        self.assertEqual(body["messages"][0]["role"], "system")
        tool = body["tools"][0]["function"]["parameters"]["properties"]
        self.assertEqual(tool["index_uid"]["enum"], ["films", "secret"])
        self.assertIn("genre: drama, comedy.\nrate: 2, 1.5.\nx: \nx.y: 2.\nyear: 2005, 2001, 1990.\n", tool["filter"]["description"])
        self.assertIn("- films: Films of all times\n", body["tools"][0]["function"]["description"])

    def test_what_models_say_is_passed_on(self):
        for name in sorted(TURNS):
            if name in ("plain", "endless", "two", "another tool"):
                continue  # "two": Meilisearch answers calls in any order
            for tools in ((), SWITCHES):
                with self.subTest(model=name, tools=tools):
                    self.assertEqual(self.both(body_of(name, tools))[0].events[-1], "[DONE]")

    def test_one_search(self):
        reply, asked = self.both(body_of("one", SWITCHES))
        self.assertEqual(reply.said, "Found it.")
        self.assertEqual(len(asked), 2)
        answer = asked[1][2]["messages"][-1]
        self.assertEqual(answer["role"], "tool")
        self.assertIn("id: 3\ntitle: War of the worlds\ngenre: drama\nyear: 2005\nhidden: h\n", answer["content"])
        names = [json.loads(event)["choices"][0]["delta"]["tool_calls"][0]["function"]["name"] for event in reply.events[:4]]
        self.assertEqual(names, [SWITCHES[0], SWITCHES[1], SWITCHES[2], SWITCHES[1]])
        self.assertNotIn("hidden", reply.events[2])
        self.assertNotIn("_miroir", reply.text + json.dumps([request[2] for request in asked]))

    def test_the_usual_key_serves_workspaces_that_have_none(self):
        for place in self.places:
            place.call("PATCH", "/chats/keyless/settings", {"source": "vLlm", "baseUrl": self.model.url})
        _, asked = self.both(body_of("plain"), workspace="keyless")
        self.assertEqual(asked[0][1]["authorization"], "Bearer sk-usual")
        self.assertNotIn("sk-usual", self.cluster.call("GET", "/chats/keyless/settings").text)

    def test_searches_and_tokens_are_counted(self):
        counted = []
        for place in self.places:
            place.call("PATCH", "/experimental-features", {"metrics": True})
            place.call("PATCH", "/chats/counted/settings", {"source": "vLlm", "baseUrl": self.model.url, "apiKey": "sk-xyz"})
            before = searches_counted(place)
            for model in ("usage", "usage", "one"):
                self.assertEqual(send(place, body_of(model), workspace="counted").status, 200)
            lines = [line for line in place.call("GET", "/metrics").text.splitlines() if 'workspace="counted"' in line]
            counted.append(({re.sub("{.*}", "", line): sorted(re.findall(r'\w+="\w+"', line)) for line in lines}, searches_counted(place) - before))
        labels = ['model="usage"', 'workspace="counted"']
        self.assertEqual(counted[0], ({"meilisearch_chat_prompt_tokens_total 24": labels, "meilisearch_chat_completion_tokens_total 6": labels,
                                       "meilisearch_chat_tokens_total 30": labels}, 1))
        self.assertEqual(counted, counted[:1] * len(self.places))

    def test_two_searches_at_once(self):
        reply = send(self.cluster, body_of("two", SWITCHES))
        self.assertEqual(reply.said, "Found both.")
        last = self.model.requests[-1][2]["messages"]
        self.assertEqual([message["role"] for message in last], ["system", "user", "assistant", "tool", "tool"])
        self.assertEqual([call["id"] for call in last[2]["tool_calls"]], ["call-0", "call-1"])
        self.assertEqual([message["tool_call_id"] for message in last[3:]], ["call-0", "call-1"])

    def test_a_model_that_never_ends_is_left(self):
        for name in ("endless", "another tool"):
            before = len(self.model.requests)
            reply = send(self.cluster, body_of(name))
            self.assertEqual(reply.events, ["[DONE]"])
            self.assertEqual(len(self.model.requests) - before, 20)

    def test_errors_of_models(self):
        for name in sorted(RAW):
            with self.subTest(model=name):
                reply, _ = self.both(body_of(name))
                self.assertEqual(reply.events[-1], "[DONE]")
        for name, kind in (("error", "invalid_request_error"), ("no end", "stream_ended"), ("not UTF-8", "invalid_utf8_error"),
                           ("not JSON", "json_deserialize_error"), ("error as text", "reqwest_error")):
            self.assertEqual(send(self.cluster, body_of(name)).errors[0]["type"], kind)

    def test_models_that_break_off_or_hang(self):
        reply, _ = self.both(body_of("hangs up"))
        self.assertEqual(reply.errors[0]["type"], "transport_error")
        for name, said in (("hangs", "first"), ("never answers", "")):
            began = time.monotonic()
            reply = send(self.cluster, body_of(name))
            self.assertEqual((reply.said, reply.errors[0]["type"]), (said, "transport_error"), reply.text)
            self.assertLess(time.monotonic() - began, 10)
            self.assertEqual(reply.events[-1], "[DONE]")
        reply = send(self.cluster, body_of("huge"))
        self.assertEqual(reply.errors[0]["type"], "parser_error")

    def test_a_client_that_goes_away_ends_it(self):
        for name in ("talks on", "hangs"):
            self.model.gone.clear()
            with socket.create_connection(("127.0.0.1", self.cluster.port)) as client:
                body = body_of(name).encode()
                client.sendall(b"POST /chats/main/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n"
                               b"authorization: Bearer %s\r\ncontent-length: %d\r\n\r\n%s" % (MASTER_KEY.encode(), len(body), body))
                heard = b""
                while b'"content":' not in heard:
                    piece = client.recv(65536)
                    self.assertTrue(piece, heard)
                    heard += piece
            time.sleep(0.2)  # so that only the connection's end can tell
            self.model.gate.set()
            wait_until(self.model.gone.is_set, "the model is not listened to any more")
            self.model.gate.clear()

    def test_what_is_refused(self):
        for body, how in (
                (body_of("plain", ("other",)), {}), (body_of("plain", ("_meiliSearchInIndex",)), {}), (body_of("plain", n=2), {}),
                (body_of("plain", stream=False), {}), (body_of("plain", stream=False, n=3), {}), (body_of("plain"), {"workspace": "nope"}),
                (body_of("plain", n=2), {"workspace": "nope"}), ('{"model":"m"}', {}), ('{"messages":[],"model":1}', {}), ("{", {}),
                ("", {}), ("[]", {}), ('{"messages":[{"role":"robot","content":"x"}],"model":"m"}', {}),
                ('{"messages":[{"role":"user","content":1}],"model":"m"}', {}), ('{"messages":[{"content":1}],"model":"m"}', {}),
                ('{"messages":[],"model":"m","n":300}', {}), ('{"messages":[],"model":"m","stream":"x"}', {}),
                ('{"messages":[],"model":"m","tools":[{"function":{}}]}', {}), ('{"messages":{},"model":"m"}', {}),
                ('{"messages":[],\n "model":"m","temperature":"x"}', {}), ('{"messages":[],"model":"m","seed":1.5}', {}),
                ('{"messages":[],"model":"m","n":-1}', {}), ('{"messages":[1],"model":"m"}', {}), ('{"messages":null,"model":"m"}', {}),
                ('{"messages":[],"model":"m","service_tier":"gold"}', {}), ('{"messages":[],"model":"m","stop":5}', {}),
                ('{"messages":[],"model":"m","model":"m"}', {}), ('{"messages":[{"role":"tool","content":"x"}],"model":"m"}', {}),
                ('{"messages":[{"role":"user","content":[{"type":"text"}]}],"model":"m"}', {}),
                (body_of("plain"), {"headers": {"Content-Type": "text/plain"}}), (body_of("plain"), {"key": "wrong"})):
            with self.subTest(body=body, how=how):
                reply, asked = self.both(body, **how)
                self.assertGreaterEqual(reply.status, 400)
                self.assertEqual(asked, [])

    def keyed(self, actions, indexes, rules=None):
        def key(place):
            made = place.call("POST", "/keys", {"actions": actions, "indexes": indexes, "expiresAt": None}).json
            return made["key"] if rules is None else token({"searchRules": rules, "apiKeyUid": made["uid"]}, made["key"])
        return key

    def test_rights_hold_for_searches(self):
        reply, asked = self.both(body_of("other index", SWITCHES), key=self.keyed(["chatCompletions", "search"], ["films"]))
        self.assertNotIn("a secret", reply.text)
        self.assertIn("authorized indexes are [\"films\"]", reply.errors[0]["message"])
        self.assertEqual(asked[0][2]["tools"][0]["function"]["parameters"]["properties"]["index_uid"]["enum"], ["films"])
        reply, _ = self.both(body_of("one", SWITCHES), key=self.keyed(["chatCompletions"], ["*"]))
        self.assertEqual(reply.errors[0]["message"], "The provided API key is invalid.")
        reply, _ = self.both(body_of("one"), key=self.keyed(["search"], ["*"]))
        self.assertEqual(reply.status, 403)

    def test_a_tenants_filter_holds_for_searches(self):
        rules = {"films": {"filter": "genre = comedy"}}
        for name in ("one", "null filter", "bad filter", "other index"):
            with self.subTest(model=name):
                reply, asked = self.both(body_of(name, SWITCHES), key=self.keyed(["chatCompletions", "search"], ["*"], rules))
                self.assertNotIn("drama", reply.text)
                properties = asked[0][2]["tools"][0]["function"]["parameters"]["properties"]
                self.assertEqual(properties["index_uid"]["enum"], ["films"])
                self.assertIn("genre: comedy.\nrate: 2.\nx: \nx.y: \nyear: 2005, 2001.\n", properties["filter"]["description"])

    def test_the_search_is_as_the_index_says(self):
        settings = {"chat": {"documentTemplate": "{{ doc.title | upcase }}{% if doc.year > 2000 %} ({{ doc.year }}){% endif %}",
                             "searchParameters": {"limit": 2, "matchingStrategy": "all", "sort": ["year:desc"]}},
                    "sortableAttributes": ["year"]}
        for place in self.places:
            place.done(place.call("PATCH", "/indexes/films/settings", settings))
        try:
            _, asked = self.both(body_of("null filter", SWITCHES))
            self.assertEqual(asked[1][2]["messages"][-1]["content"], "WAR OF THE WORLDS (2005)\nTHEATRE (2005)")
            for place in self.places:
                place.done(place.call("PATCH", "/indexes/films/settings", {"chat": {"documentTemplate": "{{ doc.never }}"}}))
            reply = send(self.cluster, body_of("one"))
            self.assertIn("missing field in document", reply.errors[0]["message"])
        finally:
            for place in self.places:
                place.done(place.call("PATCH", "/indexes/films/settings", {
                    "chat": {"documentTemplate": None, "searchParameters": None}}))

    def test_only_allowed_networks_are_asked(self):
        for workspace, url in (("far", "http://192.168.77.77:1/v1"), ("near", "http://127.0.0.1:1/v1")):
            for place in self.places:
                place.call("PATCH", f"/chats/{workspace}/settings", {"source": "vLlm", "baseUrl": url, "apiKey": "k"})
            with self.subTest(url=url):
                reply, _ = self.both(body_of("plain"), workspace=workspace)
                self.assertEqual(reply.errors[0]["type"], "transport_error")

    def test_sources_are_asked_as_they_want(self):
        for place in self.places:
            place.call("PATCH", "/chats/azure/settings", {"source": "azureOpenAi", "baseUrl": self.model.url, "apiKey": "k",
                                                          "deploymentId": "d", "apiVersion": "2024-01-01 x"})
            place.call("PATCH", "/chats/open/settings", {"source": "openAi", "baseUrl": self.model.url, "apiKey": "k"})
            place.call("PATCH", "/chats/mistral/settings", {"source": "mistral", "baseUrl": self.model.url, "apiKey": "k"})
        for workspace in ("azure", "open", "mistral"):
            for name in ("usage", "o3-mini", "gpt-4o-mini", "mistral error", "error"):
                with self.subTest(workspace=workspace, model=name):
                    reply, _ = self.both(body_of(name), workspace=workspace)
                    self.assertEqual(reply.events[-1], "[DONE]")


if __name__ == "__main__":
    unittest.main()
