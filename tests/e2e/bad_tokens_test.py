"""Tokens that are forged, over, too large or of another make, and tokens whose bearer tries to see more than their rules allow.
Miroir over nodes and one node alone must answer each in the same way. With MEILISEARCH_BIN the nodes are real ones.

Run: python3 tests/e2e/bad_tokens_test.py (MIROIR_BIN names another program than bin/miroir).
"""

import base64
import hashlib
import hmac
import http.client
import json
import subprocess
import tempfile
import time
import unittest

from node_process import ENGINE, Node, call
from serve_process import MASTER_KEY, MIROIR, wait_until
from whole_places import LONG_PATIENCE, Cluster, OneEngine, Place

DOCUMENTS = [{"id": i, "genre": "ab"[i % 2], "title": f"book {i}", "_vectors": {"v": [i, 1]}} for i in range(20)]
UID = "6062abda-a5aa-4414-ac91-ecd7944c0f8d"


class Alone(Place, Node):
    """One embedded node with the clients' key."""

    def start(self):
        self.process = subprocess.Popen(
            [MIROIR, "node", "--http-addr", f"127.0.0.1:{self.port}", "--db-path", self.folder, "--master-key", MASTER_KEY,
             "--log-level", "error"], cwd=self.root, stdin=subprocess.DEVNULL)
        wait_until(self.healthy, "a node answers")


def text(part):
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def token(claims, key, header=None, digest=hashlib.sha256):
    signed = text(header or {"alg": "HS256", "typ": "JWT"}) + "." + text(claims)
    return signed + "." + text(hmac.new(key.encode(), signed.encode(), digest).digest())


class Tokens(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cluster = Cluster(3, 1)
        cls.addClassCleanup(cluster.close)
        alone = OneEngine(folder.name, "alone", key=MASTER_KEY) if ENGINE else Alone(folder.name, "alone")
        cls.addClassCleanup(alone.kill)
        cls.places = {"cluster": cluster, "alone": alone}
        for place in cls.places.values():
            place.start()
            key = place.call("POST", "/keys", {"uid": UID, "actions": ["search"], "indexes": ["*"], "expiresAt": None}).json["key"]
            narrow = place.call("POST", "/keys", {"actions": ["documents.get"], "indexes": ["*"], "expiresAt": None}).json
            place.narrow = (narrow["uid"], narrow["key"])
            place.done(place.call("PATCH", "/indexes/books/settings", {
                "filterableAttributes": ["genre", "id"], "embedders": {"v": {"source": "userProvided", "dimensions": 2}}}))
            place.done(place.call("POST", "/indexes/books/documents", DOCUMENTS))
            place.done(place.call("POST", "/indexes/secret/documents", [{"id": 1, "genre": "a"}]))
        cls.key = key

    def search(self, place, bearer, body=None, path="/indexes/books/search"):
        try:
            return call(place.port, "POST", path, bearer, {} if body is None else body, LONG_PATIENCE)
        except (ConnectionError, http.client.HTTPException):  # closed before all was sent
            return None

    def claims(self, **more):
        return {"apiKeyUid": UID, "searchRules": {"books": {"filter": "genre = a"}}, **more}

    def bad_tokens(self):
        good = token(self.claims(), self.key)
        head, body, signature = good.split(".")
        hour = 3600
        yield "signed by another key", token(self.claims(), "another key")
        yield "signed by the master key", token(self.claims(), MASTER_KEY)
        yield "changed claims", f"{head}.{text(self.claims(searchRules=['*']))}.{signature}"
        yield "no algorithm", f"{text({'alg': 'none', 'typ': 'JWT'})}.{body}."
        yield "no algorithm, signed", token(self.claims(), self.key, {"alg": "none"})
        yield "none in capitals", f"{text({'alg': 'NONE'})}.{body}.{signature}"
        yield "an algorithm of key pairs", token(self.claims(), self.key, {"alg": "RS256"})
        yield "not the algorithm that it names", token(self.claims(), self.key, {"alg": "HS512"})
        yield "a head without algorithm", token(self.claims(), self.key, {"typ": "JWT"})
        yield "a head that is a list", token(self.claims(), self.key, [1])
        yield "two parts", f"{head}.{body}"
        yield "four parts", good + ".x"
        yield "no signature", f"{head}.{body}."
        yield "half a signature", good[:-10]
        yield "no base64", f"{head}.{body}!!.{signature}"
        yield "claims that are no JSON", token(b"{", self.key)
        yield "claims that are a list", token([], self.key)
        yield "over", token(self.claims(exp=int(time.time()) - hour), self.key)
        yield "over long ago", token(self.claims(exp=1), self.key)
        yield "an end that is a text", token(self.claims(exp="tomorrow"), self.key)
        yield "a negative end", token(self.claims(exp=-1), self.key)
        yield "of a key that is not there", token(self.claims(apiKeyUid="6062abda-a5aa-4414-ac91-ecd7944c0f8e"), self.key)
        yield "of no key", token({"searchRules": ["*"]}, self.key)
        yield "a key uid that is a path", token(self.claims(apiKeyUid="../../etc/passwd"), self.key)
        yield "without rules", token({"apiKeyUid": UID}, self.key)
        yield "rules that are null", token(self.claims(searchRules=None), self.key)
        yield "rules that are a number", token(self.claims(searchRules=7), self.key)
        yield "no rule for this index", token(self.claims(searchRules={"secret": None}), self.key)
        yield "an empty list of rules", token(self.claims(searchRules=[]), self.key)
        yield "large, and forged", token(self.claims(pad="x" * 6000), "another key")

    def test_bad_tokens_are_refused_as_on_one_node(self):
        for name, bad in self.bad_tokens():
            with self.subTest(name):
                replies = {where: self.search(place, bad) for where, place in self.places.items()}
                self.assertEqual((replies["cluster"].status, replies["cluster"].json["code"]), (403, "invalid_api_key"))
                self.assertEqual((replies["alone"].status, replies["alone"].json["code"]), (403, "invalid_api_key"))  # decoders differ in words
        for where, place in self.places.items():
            with self.subTest(where, what="of a key that may not search"):
                uid, key = place.narrow
                self.assertEqual(self.search(place, token(self.claims(apiKeyUid=uid), key)).status, 403)

    def test_what_is_odd_and_allowed_is_allowed_as_on_one_node(self):
        for name, odd in (("an end in the future", token(self.claims(exp=int(time.time()) + 3600), self.key)),
                          ("no end", token(self.claims(exp=None), self.key)),
                          ("a beginning in the future", token(self.claims(nbf=int(time.time()) + 3600), self.key)),
                          ("a stronger algorithm", token(self.claims(), self.key, {"alg": "HS512"}, hashlib.sha512)),
                          ("a key name in its head", token(self.claims(), self.key, {"alg": "HS256", "kid": "../../dev/null"})),
                          ("large", token(self.claims(pad="x" * 6000), self.key))):
            with self.subTest(name):
                replies = {where: self.search(place, odd) for where, place in self.places.items()}
                self.assertEqual(replies["alone"].status, replies["cluster"].status, replies["cluster"].text)
                if replies["cluster"].status == 200:
                    self.assertEqual({hit["genre"] for hit in replies["cluster"].json["hits"]}, {"a"})

    def test_an_endless_token_is_refused_and_harms_nobody(self):
        huge = token(self.claims(pad="x" * 2_000_000), self.key)
        reply = self.search(self.places["cluster"], huge)
        if reply is not None:
            self.assertIn(reply.status, (400, 403, 431))
        self.assertEqual(self.search(self.places["cluster"], token(self.claims(), self.key)).status, 200)

    def test_no_filter_widens_a_rule(self):
        bearer = token(self.claims(), self.key)
        deep = "(" * 140 + "genre = b" + ")" * 140
        for wish in ("genre = b", "genre = a OR genre = b", "genre = a OR id >= 0", "NOT genre = a", "genre EXISTS", "id >= 0",
                     ["genre = b"], [["genre = b", "genre = a"]], [["id >= 0"]], [], [[]], "", " ", None, deep,
                     "genre = \"a\\\" OR genre = \\\"b\"", "genre IN [a, b]", "genre != a", ["id >= 0", ["genre = b", "genre = a"]]):
            with self.subTest(str(wish)[:60]):
                replies = {where: self.search(place, bearer, {"filter": wish, "limit": 100}) for where, place in self.places.items()}
                self.assertEqual(replies["alone"].status, replies["cluster"].status, replies["cluster"].text)
                if replies["cluster"].status != 200:
                    self.assertEqual(replies["alone"].json["code"], replies["cluster"].json["code"])
                    continue
                ids = {where: sorted(hit["id"] for hit in reply.json["hits"]) for where, reply in replies.items()}
                self.assertEqual(ids["alone"], ids["cluster"])
                self.assertLessEqual({hit["genre"] for hit in replies["cluster"].json["hits"]}, {"a"})
        for broken in ("genre = a) OR (genre = b", "genre = b OR", ") OR genre = b", "genre = b /*", 7, {"genre": "b"}):
            with self.subTest(str(broken)):
                for place in self.places.values():
                    reply = self.search(place, bearer, {"filter": broken})
                    self.assertEqual((reply.status, reply.json["code"]), (400, "invalid_search_filter"))

    def test_every_way_to_search_keeps_to_the_rule(self):
        bearer = token(self.claims(), self.key)
        cluster, alone = self.places["cluster"], self.places["alone"]
        queries = [{"indexUid": "books", "filter": "genre = b OR genre = a", "limit": 100}]
        vector = {"hybrid": {"embedder": "v", "semanticRatio": 1}, "vector": [1, 1], "limit": 100}
        for path, body in (("/multi-search", {"queries": queries}),
                           ("/multi-search", {"federation": {"limit": 100}, "queries": [{**queries[0]}]}),
                           ("/indexes/books/similar", {"id": 2, "embedder": "v", "filter": "id >= 0", "limit": 100}),
                           ("/indexes/books/search", vector), ("/indexes/books/search", {"facets": ["genre"], "limit": 0}),
                           ("/indexes/books/facet-search", {"facetName": "genre", "filter": "id >= 0"})):
            if path == "/multi-search" and "federation" in body:
                body["queries"][0].pop("limit")
            with self.subTest(path=path, body=str(body)):
                replies = [self.search(place, bearer, body, path) for place in (cluster, alone)]
                for reply in replies:
                    self.assertEqual(reply.status, 200, reply.text)
                    self.assertNotIn('"genre":"b"', reply.text)
                    self.assertNotIn('"b":', reply.text)
                    self.assertNotIn('"value":"b"', reply.text)
        secret = self.search(cluster, bearer, {"queries": [{"indexUid": "secret"}]}, "/multi-search")
        self.assertEqual(secret.status, 403)

    def test_a_token_opens_nothing_but_searches(self):
        bearer = token(self.claims(), self.key)
        for place in self.places.values():
            for method, path in (("GET", "/indexes/books/documents"), ("GET", "/indexes"), ("GET", "/keys"), ("GET", "/tasks"),
                                 ("POST", "/indexes/books/documents"), ("GET", "/indexes/books/settings"), ("POST", "/dumps"),
                                 ("GET", "/stats"), ("POST", "/export"), ("GET", "/indexes/books/documents/1")):
                with self.subTest(method=method, path=path):
                    reply = call(place.port, method, path, bearer, None if method == "GET" else {})
                    self.assertEqual((reply.status, reply.json["code"]), (403, "invalid_api_key"))


if __name__ == "__main__":
    unittest.main()
