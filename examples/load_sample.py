#!/usr/bin/env python3
"""Wait until Miroir is ready, load the sample into it once, and say what to try. A load that was cut short is taken up again.

  load_sample.py [http://127.0.0.1:7700 KEY]     `miroir dev --then` tells both by itself"""
import gzip
import json
import os
import pathlib
import sys
import time
import urllib.error
import urllib.request

SAMPLE = pathlib.Path(__file__).parent.parent / "tests" / "ranking"
PATIENCE = 60
PORTION = 2000


def call(url, key, method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": "Bearer " + key, "Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(url + path, data, headers, method=method), timeout=30) as reply:
        return json.load(reply)


def ready(url):
    try:
        with urllib.request.urlopen(url + "/_miroir/ready", timeout=2) as reply:
            return reply.status == 200
    except (urllib.error.URLError, OSError):
        return False


def finish(url, key, summary):
    while True:
        task = call(url, key, "GET", f"/tasks/{summary['taskUid']}")
        if task["status"] == "succeeded":
            return
        if task["status"] in ("failed", "canceled"):
            sys.exit(f"loading the sample failed: {task['error']}")
        time.sleep(0.05)


def count(url, key):
    """Documents of the sample that are there; None: no index yet."""
    try:
        return call(url, key, "GET", "/indexes/packages/stats")["numberOfDocuments"]
    except urllib.error.HTTPError as refused:
        if refused.code == 404:
            return None
        raise


def load(url, key, documents, is_new):
    settings = json.loads((SAMPLE / "settings.json").read_text())
    settings.pop("embedders", None)  # so that documents without vectors may join them
    if is_new:
        finish(url, key, call(url, key, "POST", "/indexes", {"uid": "packages", "primaryKey": "id"}))
    finish(url, key, call(url, key, "PATCH", "/indexes/packages/settings", settings))
    for start in range(0, len(documents), PORTION):
        last = call(url, key, "POST", "/indexes/packages/documents", documents[start:start + PORTION])
    finish(url, key, last)


def sample():
    documents = json.loads(gzip.decompress((SAMPLE / "corpus.json.gz").read_bytes()))
    for document in documents:
        document.pop("_vectors", None)
    return documents


def bring(url, key):
    documents, there = sample(), count(url, key)
    if there is not None and there >= len(documents):
        print("\nReady. The index `packages` is there from before.")
        return
    if there is not None:
        print(f"\nThe index `packages` has {there} of {len(documents)} documents: loading the sample again.", flush=True)
    load(url, key, documents, there is None)
    print(f"\nReady. {len(documents)} documents are in the index `packages`.")


def main():
    url, key = sys.argv[1:3] if len(sys.argv) == 3 else (os.environ.get("MIROIR_DEV_URL"), os.environ.get("MIROIR_DEV_KEY"))
    if not url:
        sys.exit(__doc__)
    deadline = time.monotonic() + PATIENCE
    while not ready(url):
        if time.monotonic() > deadline:
            sys.exit(f"Miroir on {url} is not ready after {PATIENCE} s: look at the lines above and at GET /_miroir/topology")
        time.sleep(0.1)
    bring(url, key)
    head = f"  curl -s -H 'Authorization: Bearer {key}'"
    print(f"""
Try:
{head} -H 'Content-Type: application/json' {url}/indexes/packages/search \\
       -d '{{"q": "terminal", "facets": ["section"], "limit": 3}}'
{head} {url}/indexes/packages/documents/43965          one document, from the node that holds it
{head} {url}/_miroir/topology                          who is up (also /_miroir/shards)
{head} -H 'Content-Type: application/json' {url}/indexes/packages/explain -d '{{"q": "terminal"}}'

A node may die:  pkill -f 'http-addr 127.0.0.1:{int(url.rsplit(":", 1)[1]) + 2}'  and search on. It is started again
after five seconds. With one copy of everything its hits are missing meanwhile, and the header X-Miroir-Degraded says
so (curl -i); started with --replicas 2 --db-path data2, none is.
""", flush=True)


if __name__ == "__main__":
    main()
