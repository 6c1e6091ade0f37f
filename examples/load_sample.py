#!/usr/bin/env python3
"""Wait until Miroir is ready, load the sample into it once, and say what to try.

  load_sample.py http://127.0.0.1:7700 KEY"""
import gzip
import json
import pathlib
import sys
import time
import urllib.error
import urllib.request

SAMPLE = pathlib.Path(__file__).parent.parent / "tests" / "ranking"
PATIENCE = 60


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


def load(url, key):
    documents = json.loads(gzip.decompress((SAMPLE / "corpus.json.gz").read_bytes()))
    settings = json.loads((SAMPLE / "settings.json").read_text())
    settings.pop("embedders", None)  # so that documents without vectors may join them
    for document in documents:
        document.pop("_vectors", None)
    finish(url, key, call(url, key, "POST", "/indexes", {"uid": "packages", "primaryKey": "id"}))
    finish(url, key, call(url, key, "PATCH", "/indexes/packages/settings", settings))
    for start in range(0, len(documents), 2000):
        last = call(url, key, "POST", "/indexes/packages/documents", documents[start:start + 2000])
    finish(url, key, last)
    return len(documents)


def main():
    url, key = sys.argv[1:3]
    deadline = time.monotonic() + PATIENCE
    while not ready(url):
        if time.monotonic() > deadline:
            sys.exit(f"Miroir on {url} is not ready after {PATIENCE} s: look at the lines above and at GET /_miroir/topology")
        time.sleep(0.1)
    known = {index["uid"] for index in call(url, key, "GET", "/indexes?limit=1000")["results"]}
    if "packages" in known:
        print("\nReady. The index `packages` is there from before.")
    else:
        print(f"\nReady. {load(url, key)} documents are in the index `packages`.")
    head = f"  curl -s -H 'Authorization: Bearer {key}'"
    print(f"""
Try:
{head} -H 'Content-Type: application/json' {url}/indexes/packages/search \\
       -d '{{"q": "terminal", "facets": ["section"], "limit": 3}}'
{head} {url}/indexes/packages/documents/43965          one document, from the node that holds it
{head} {url}/_miroir/topology                          who is up (also /_miroir/shards)
{head} -H 'Content-Type: application/json' {url}/indexes/packages/explain -d '{{"q": "terminal"}}'
  kill one of the nodes, search on, and see it come back.
""", flush=True)


if __name__ == "__main__":
    main()
