#!/usr/bin/env python3
"""Play the merger's exam against a server: load the corpus, ask the 260 queries, compare with what one node gave.

  live.py --url http://127.0.0.1:7700 --key MASTER       prints per kind how many agree in order, totals, facets
  live.py --over PROGRAM [--replicas N]                  the same of Miroir over three nodes, real ones when
                                                         MEILISEARCH_BIN names the binary"""
import argparse
import collections
import gzip
import json
import os
import pathlib
import sys
import time
import urllib.request

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "compat"))
from beside_one import Servers  # noqa: E402
from run import KEY  # noqa: E402


def call(options, method, path, body=None):
    request = urllib.request.Request(options.url + path, method=method,
                                     data=None if body is None else json.dumps(body).encode(),
                                     headers={"Authorization": "Bearer " + options.key,
                                              "Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=120) as reply:
        return json.load(reply)


def wait(options, summary):
    while True:
        task = call(options, "GET", f"/tasks/{summary['taskUid']}")
        if task["status"] in ("succeeded", "failed", "canceled"):
            if task["status"] != "succeeded":
                sys.exit(f"task failed: {task['error']}")
            return task
        time.sleep(0.02)


def load(options):
    settings = json.loads((HERE / "settings.json").read_text())
    corpus = json.loads(gzip.decompress((HERE / "corpus.json.gz").read_bytes()))
    base = f"/indexes/{options.index}"
    wait(options, call(options, "POST", "/indexes", {"uid": options.index, "primaryKey": "id"}))
    wait(options, call(options, "PATCH", base + "/settings", settings))
    begun = time.monotonic()
    for start in range(0, len(corpus), 2000):
        last = call(options, "POST", base + "/documents", corpus[start:start + 2000])
    wait(options, last)
    print(f"{len(corpus)} documents in {time.monotonic() - begun:.2f} s")


def totals(reply):
    return reply.get("estimatedTotalHits", reply.get("totalHits"))


def play(options):
    scores = collections.defaultdict(lambda: [0, 0, 0, 0, 0])
    for line in gzip.decompress((HERE / "cases.jsonl.gz").read_bytes()).splitlines():
        case = json.loads(line)
        query = dict(case["request"])
        if "page" not in query:
            query.setdefault("limit", 10)
        reply = call(options, "POST", f"/indexes/{options.index}/search", query)
        single, score = case["single"], scores[case["kind"]]
        same_order = [hit["id"] for hit in reply["hits"]] == [hit["id"] for hit in single["hits"]]
        same_facets = all(list(reply.get(key, {}).items()) == list(single[key].items())
                          and [list(v.items()) for v in reply[key].values()] == [list(v.items()) for v in single[key].values()]
                          for key in ("facetDistribution", "facetStats") if key in single)
        score[0] += 1
        score[1] += same_order
        score[2] += totals(reply) == totals(single)
        score[3] += same_facets
        score[4] += same_order and totals(reply) == totals(single) and same_facets
        if options.verbose and not (same_order and totals(reply) == totals(single) and same_facets):
            print("MISS", case["kind"], json.dumps(case["request"])[:200], "order" if not same_order else "",
                  f"totals {totals(reply)} != {totals(single)}" if totals(reply) != totals(single) else "",
                  "facets" if not same_facets else "")
    for kind, score in sorted(scores.items()):
        print("%-12s %3d cases, order %3d, totals %3d, facets %3d, all %3d" % (kind, *score))
    print("%-12s %3d cases, order %3d, totals %3d, facets %3d, all %3d" % ("all", *map(sum, zip(*scores.values()))))
    return sum(score[4] for score in scores.values())


def examine(options):
    if not options.loaded:
        load(options)
    return 0 if play(options) >= options.at_least else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url")
    parser.add_argument("--key")
    parser.add_argument("--over", help="the program `miroir`: starts it over three nodes")
    parser.add_argument("--replicas", type=int, default=1)
    parser.add_argument("--index", default="ranking_exam")
    parser.add_argument("--at-least", type=int, default=0, help="fail below this many that agree in all three")
    parser.add_argument("--loaded", action="store_true", help="the corpus is already there")
    parser.add_argument("-v", "--verbose", action="store_true")
    options = parser.parse_args()
    if options.over:
        with Servers(options.over, options.replicas, os.environ.get("MEILISEARCH_BIN")) as servers:
            options.url, options.key = servers.url, KEY
            return examine(options)
    if not options.url or not options.key:
        parser.error("--url and --key, or --over")
    return examine(options)


if __name__ == "__main__":
    sys.exit(main())
