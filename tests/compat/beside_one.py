#!/usr/bin/env python3
"""Asks Miroir over three servers and one server that holds everything the same, and compares what they answer.

  beside_one.py PROGRAM [--replicas N] [--seed N] [--questions N] [-q]

The servers are embedded nodes, or real ones when MEILISEARCH_BIN names the binary. What is asked: foreign keys in every
kind of search, pinned documents in federations, deep pages of hits and of documents, distinct places and values of all
kinds, payloads that a server refuses late."""
import argparse
import json
import pathlib
import random
import re
import sys
import time
import urllib.error
import urllib.request

from cluster import Cluster
from run import KEY, free_port

PASSING = {"processingTimeMs", "requestUid", "queryUid", "taskUid", "enqueuedAt", "link"}
MARKS = {"_rankingScore", "_rankingScoreDetails", "weightedRankingScore"}


class Servers(Cluster):
    """Miroir over three servers, and a further one beside them."""

    def __init__(self, program, replicas):
        super().__init__(program, 3, replicas, 1)
        self.alone = free_port()

    def __enter__(self):
        super().__enter__()
        try:
            self.start_node(self.alone, "alone", KEY)
        except BaseException:
            self.__exit__()
            raise
        return self

    @property
    def urls(self):
        return self.url, f"http://127.0.0.1:{self.alone}"


def call(url, method, path, body=None):
    raw = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url + path, method=method, data=raw,
                                     headers={"Authorization": "Bearer " + KEY, "Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=60) as reply:
            return reply.status, reply.headers.get("X-Miroir-Exact", ""), json.load(reply)
    except urllib.error.HTTPError as error:
        return error.code, "", json.load(error)


def without(value, names):
    if isinstance(value, list):
        return [without(item, names) for item in value]
    if isinstance(value, dict):
        return {name: without(item, names) for name, item in value.items() if name not in names}
    return value


class Match:
    def __init__(self, servers, quiet):
        self.urls, self.quiet = servers.urls, quiet
        self.asked = self.differ = self.inexact = 0

    def tell(self, method, path, body=None):
        """Carried out by both before this returns; their tasks end alike."""
        ended = []
        for url in self.urls:
            status, _, summary = call(url, method, path, body)
            task = summary
            while status == 202 and task.get("status") not in ("succeeded", "failed"):
                task = call(url, "GET", f"/tasks/{summary['taskUid']}")[2]
                time.sleep(0.01)
            ended.append((status, task.get("status"), (task.get("error") or task).get("code"), (task.get("error") or task).get("message")))
        self.note(ended[0] == ended[1], f"{method} {path}", *ended)
        return ended[1]

    def ask(self, path, body, method="POST"):
        (status, exact, ours), (truth, _, theirs) = (call(url, method, path, body) for url in self.urls)
        names = set(PASSING) | (MARKS if "scores count the words" in exact else set())
        reasons = {reason for reason in exact.split("; ")[1:]} - {"scores count the words that each node knows"}
        if reasons:
            self.inexact += 1
            return theirs
        same = status == truth and without(ours, names) == without(theirs, names)
        self.note(same, f"{path} {json.dumps(body)}", without(ours, names), without(theirs, names))
        return theirs

    def note(self, same, what, ours, theirs):
        self.asked += 1
        if same:
            return
        self.differ += 1
        print("DIFFERENT", what[:600])
        if not self.quiet:
            print("  Miroir  ", json.dumps(ours)[:1500], "\n  one node", json.dumps(theirs)[:1500])


WORDS = "winter summer hotel sea iron grand motel beach north light".split()


def load(match, chance):
    match.tell("PATCH", "/experimental-features", {"foreignKeys": True, "dynamicSearchRules": True, "containsFilter": True})
    people = [{"id": f"p{i}", "name": chance.choice(("Ada", "Ben", "Cleo")), "rank": i % 5} for i in range(30)]
    match.tell("POST", "/indexes/people/documents?primaryKey=id", people)
    match.tell("PATCH", "/indexes/people/settings", {"filterableAttributes": ["name", "rank"], "displayedAttributes": ["id", "name"]})
    for index in ("films", "books"):
        match.tell("PATCH", f"/indexes/{index}/settings", {
            "filterableAttributes": ["maker", "kind", "price", "_geo"], "sortableAttributes": ["price", "_geo"],
            "embedders": {"v": {"source": "userProvided", "dimensions": 3}},
            "foreignKeys": [{"foreignIndexUid": "people", "fieldName": "maker"}]})
        documents = [{"id": i, "title": " ".join(chance.sample(WORDS, 3)), "kind": chance.choice("abcdef"), "price": chance.randrange(40),
                      "maker": chance.choice([f"p{chance.randrange(33)}", [f"p{chance.randrange(30)}", f"p{chance.randrange(30)}"]]),
                      "_geo": {"lat": chance.randrange(4), "lng": chance.randrange(4)},
                      "_vectors": {"v": [chance.uniform(-1, 1) for _ in range(3)]}} for i in range(800)]
        match.tell("POST", f"/indexes/{index}/documents?primaryKey=id", documents)


def foreign(chance):
    return chance.choice((f"_foreign(maker, name = {chance.choice(('Ada', 'Ben', 'Cleo', 'Nobody'))})",
                          f"_foreign(maker, rank > {chance.randrange(5)}) AND price > 5",
                          f"kind = a OR _foreign(maker, name = Ada AND rank = {chance.randrange(5)})"))


def query(chance):
    out = {}
    if chance.random() < 0.6:
        out["q"] = " ".join(chance.sample(WORDS, chance.randrange(1, 3))) + " "
    if chance.random() < 0.5:
        out["filter"] = foreign(chance)
    if chance.random() < 0.4:
        out["sort"] = [chance.choice(("price:asc", "price:desc"))]
    if chance.random() < 0.3:
        out["attributesToRetrieve"] = chance.choice((["id", "maker"], ["title"], ["*"]))
    return out


def federation(chance):
    queries = []
    sort = chance.choice((None, ["price:asc"]))
    for _ in range(chance.randrange(1, 4)):
        one = query(chance) | {"indexUid": chance.choice(("films", "books"))}
        one.pop("sort", None)
        if sort:
            one["sort"] = sort
        if chance.random() < 0.3:
            one["federationOptions"] = {"weight": chance.choice((0.5, 1, 2))}
        queries.append(one)
    return {"federation": {"limit": chance.randrange(1, 12), "offset": chance.choice((0, 0, 3))}, "queries": queries}


def foreign_keys(match, chance, questions):
    for _ in range(questions):
        match.ask("/indexes/films/search", query(chance) | {"limit": 8})
        match.ask("/multi-search", federation(chance))
        match.ask("/indexes/films/facet-search", {"facetName": "kind", "filter": foreign(chance)})
        match.ask("/indexes/books/similar", {"id": chance.randrange(400), "embedder": "v", "filter": foreign(chance), "limit": 6})
    match.ask("/indexes/films/facet-search", {"facetName": "maker", "facetQuery": "p1"})
    match.ask("/indexes/films/search", {"filter": "_foreign(nothing, name = Ada)"})
    match.ask("/indexes/films/facet-search", {"facetName": "kind", "filter": "_foreign(maker, nothing = 1)"})
    match.ask("/multi-search", {"federation": {}, "queries": [{"indexUid": "films", "filter": "_foreign(maker, nothing = 1)"}]})


def pins(match, chance, questions):
    numbers = list(range(6))
    chance.shuffle(numbers)
    for number in numbers:
        actions = [{"selector": {"indexUid": chance.choice(("films", "books")), "id": str(chance.randrange(420))},
                    "action": {"type": "pin", "position": chance.choice((0, 0, 1, 2, 4, 9))}} for _ in range(chance.randrange(1, 4))]
        rule = {"active": True, "conditions": {"query": {"words": chance.choice(WORDS)}} if chance.random() < 0.7 else {}, "actions": actions}
        if chance.random() < 0.7:
            rule["precedence"] = chance.randrange(4)
        if chance.random() < 0.3:
            del actions[0]["selector"]["indexUid"]
        match.tell("PATCH", f"/dynamic-search-rules/r{number}", rule)
    for _ in range(questions):
        match.ask("/multi-search", federation(chance))
        match.ask("/indexes/films/search", query(chance) | {"limit": chance.randrange(1, 12), "offset": chance.choice((0, 0, 2, 5))})
    for number in range(6):
        match.tell("DELETE", f"/dynamic-search-rules/r{number}")


def deep_pages(match, chance, questions):
    for _ in range(questions):
        page = query(chance) | {"offset": chance.randrange(390, 790), "limit": chance.randrange(1, 30)}
        if chance.random() < 0.5:
            page |= {"attributesToHighlight": ["title"], "showMatchesPosition": True} if "q" not in page else {}
        if chance.random() < 0.3:
            page |= {"retrieveVectors": True}
        if chance.random() < 0.3:
            page |= {"facets": ["kind"]}
        if chance.random() < 0.3:
            page["sort"] = ["_geoPoint(1, 2):asc"]
        match.ask("/indexes/films/search", page)


def places(match, chance, questions):
    for _ in range(questions):
        match.ask("/indexes/films/search", query(chance) | {"distinct": "_geo", "facets": ["kind", "_geo"], "limit": 5})
        match.ask("/indexes/films/search", query(chance) | {"distinct": "kind", "facets": ["kind", "price"], "limit": 5})


def listing(match, chance, questions):
    """Pages of a long list, from which documents go and to which others come, in the places of those that went."""
    match.tell("PATCH", "/indexes/rows/settings", {"filterableAttributes": ["kind"]})
    row = lambda i: {"id": i, "kind": i % 3, "text": chance.choice(WORDS)}
    for begin in range(0, 3000, 1000):
        match.tell("POST", "/indexes/rows/documents?primaryKey=id", [row(i) for i in range(begin, begin + 1000)])

    def pages():
        for _ in range(questions):
            limit, begin = chance.choice((1, 20, 20, 100)), chance.randrange(3000)
            for step in range(chance.choice((1, 3))):
                yield f"/indexes/rows/documents?limit={limit}&offset={begin + step * limit}{chance.choice(('', '', '&filter=kind%20%3D%201'))}"

    for path in pages():
        match.ask(path, None, "GET")
    match.tell("POST", "/indexes/rows/documents/delete-batch", [chance.randrange(3000) for _ in range(600)])
    for path in pages():
        match.ask(path, None, "GET")
    # A server gives the places of those that went to those that come; Miroir lists what came last at the end.
    match.tell("POST", "/indexes/rows/documents", [row(i) for i in range(5000, 5800)])
    rows = {text: call(match.urls[0], "GET", f"/indexes/rows/documents?limit=9000{text}")[2]["results"] for text in ("", "&filter=kind%20%3D%201")}
    for path in pages():
        limit, offset, text = re.fullmatch(r".*limit=(\d+)&offset=(\d+)(.*)", path).groups()
        shown = call(match.urls[0], "GET", path)[2]["results"]
        match.note(shown == rows[text][int(offset):][:int(limit)], path, shown, "another part of the whole list")


def mixed_value(chance, i):
    return chance.choice([i % 40, i / 7, str(i % 40), None, [i % 40, i + 1], {"x": i}, True, "", " ", -i, 1e15 + i, "Ä", ["", "b"], []])


def mixed_values(match, chance, questions):
    """Fields of all kinds, and a name that leads through lists of objects, under `distinct`."""
    match.tell("PATCH", "/indexes/mixed/settings", {
        "filterableAttributes": ["n", "color", "cat", "price", "title"], "sortableAttributes": ["n", "price", "color", "cat.b", "title"],
        "faceting": {"maxValuesPerFacet": 7, "sortFacetValuesBy": {"*": "count", "price": "alpha"}}})
    documents = [{"id": i if i % 3 else f"k-{i}", "title": " ".join(chance.choice(WORDS) for _ in range(chance.randrange(4))),
                  "body": " ".join(chance.choice(WORDS) for _ in range(12)), "n": mixed_value(chance, i), "price": chance.randrange(20),
                  "color": chance.choice(["red", "Red", "blue", ["red", "green"], [], None, "été", "ete"]),
                  "cat": {"b": chance.choice([1, "1", "one", None]),
                          "list": [{"k": chance.choice(WORDS), "v": chance.randrange(5)} for _ in range(chance.randrange(4))]}}
                 for i in range(300)]
    match.tell("POST", "/indexes/mixed/documents?primaryKey=id", documents)
    for _ in range(questions):
        one = {"distinct": chance.choice(("n", "color", "cat.b", "cat.list.k", "title"))}
        if chance.random() < 0.7:
            one["sort"] = [chance.choice(("n", "price", "color", "cat.b", "title")) + chance.choice((":asc", ":desc"))]
        if chance.random() < 0.6:
            one["q"] = chance.choice(WORDS)
        if chance.random() < 0.3:
            one["facets"] = ["price"]
        if chance.random() < 0.3:
            one["filter"] = f"price > {chance.randrange(15)}"
        if chance.random() < 0.3:
            one |= {"hitsPerPage": chance.randrange(1, 40), "page": chance.randrange(1, 3)}
        else:
            one |= {"limit": chance.choice((1, 5, 20, 150)), "offset": chance.choice((0, 0, 4))}
        match.ask("/indexes/mixed/search", one)


def refused_late(match, *_):
    """A payload that is no JSON is a task that fails, not a refusal."""
    for text in (rb'[{"id":9001,"title":"\ud800"}]', rb'[{"id":9002,"title":"\udc00"}]', rb'[{"id":9003,"title":"\ud83d\ude00"}]',
                 rb'[{"id":9004,"a":{"b":["x","\ud800\u0041"]}}]', rb'[{"id":9005,"a":{"\ud800":1}}]', rb'{"id":9006,"title":"a\ud800b"}',
                 rb'[{"id":9007,"title":"\ud800"},{"nope":1}]', rb'[{"id":9008,"title":   "\\ud800 \ud800 yy"}]',
                 rb'[{"id":9009,"title":"\ud800"},]', rb'[{"id":9010,"\ud800":1}]', rb'[{"id":1},{"id":9011,"a\udc00b":1}]'):
        match.tell("POST", "/indexes/films/documents", text)
        match.tell("PUT", "/indexes/films/documents", text)


PARTS = {"foreign keys": foreign_keys, "pins": pins, "deep pages": deep_pages, "places": places, "listing": listing,
         "mixed values": mixed_values, "refused late": refused_late}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--replicas", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--questions", type=int, default=25)
    parser.add_argument("--part", action="append", choices=sorted(PARTS))
    parser.add_argument("-q", "--quiet", action="store_true", help="no answers, only what differs")
    options = parser.parse_args()
    with Servers(str(pathlib.Path(options.program).resolve()), options.replicas) as servers:
        chance = random.Random(options.seed)
        match = Match(servers, options.quiet)
        load(match, chance)
        for name in options.part or PARTS:
            before = match.asked, match.differ, match.inexact
            PARTS[name](match, chance, options.questions)
            print(f"{name}: {match.asked - before[0]} compared, {match.differ - before[1]} differ, "
                  f"{match.inexact - before[2]} said not to be exact")
        worst = match.differ + servers.report_ended()
    return 1 if worst else 0


if __name__ == "__main__":
    sys.exit(main())
