#!/usr/bin/env python3
"""Health, an index, documents, a search: does this Miroir work? Leaves nothing behind. Standard library only.

  smoke.py http://127.0.0.1:7700 KEY"""
import json
import sys
import time
import urllib.error
import urllib.request

PATIENCE = 30.0
INDEX = "miroir-smoke"
BOOKS = [{"id": i, "title": title, "shelf": shelf} for i, (title, shelf) in enumerate([
    ("Moby-Dick", "sea"), ("Treasure Island", "sea"), ("Twenty Thousand Leagues Under the Sea", "sea"), ("Emma", "land"),
    ("Jane Eyre", "land"), ("Dead Souls", "land"), ("The Mysterious Island", "sea"), ("Little Women", "land")])]


def call(url, key, method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    try:
        with urllib.request.urlopen(urllib.request.Request(url + path, data, headers, method=method), timeout=10) as reply:
            return json.load(reply)
    except urllib.error.HTTPError as refused:
        sys.exit(f"{method} {path}: {refused.code} {refused.read().decode(errors='replace')}")
    except OSError as problem:
        sys.exit(f"{method} {path}: {problem}")


def finish(url, key, summary, may_fail=False):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        task = call(url, key, "GET", f"/tasks/{summary['taskUid']}")
        if task["status"] == "succeeded" or (may_fail and task["status"] == "failed"):
            return
        if task["status"] in ("failed", "canceled"):
            sys.exit(f"{task['type']}: {task['error']}")
        time.sleep(0.02)
    sys.exit(f"task {summary['taskUid']} is not over after {PATIENCE:.0f} s")


def expect(what, wanted, found):
    if wanted != found:
        sys.exit(f"{what}: wanted {wanted}, found {found}")
    print(f"ok  {what}")


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    url, key = sys.argv[1].rstrip("/"), sys.argv[2]
    expect("health", {"status": "available"}, call(url, key, "GET", "/health"))
    finish(url, key, call(url, key, "DELETE", f"/indexes/{INDEX}"), may_fail=True)  # of a run that was cut short
    finish(url, key, call(url, key, "POST", "/indexes", {"uid": INDEX, "primaryKey": "id"}))
    finish(url, key, call(url, key, "PATCH", f"/indexes/{INDEX}/settings", {"filterableAttributes": ["shelf"]}))
    finish(url, key, call(url, key, "POST", f"/indexes/{INDEX}/documents", BOOKS))
    found = call(url, key, "POST", f"/indexes/{INDEX}/search", {"q": "island", "facets": ["shelf"]})
    expect("search", [1, 6], sorted(hit["id"] for hit in found["hits"]))
    expect("facets", {"shelf": {"sea": 2}}, found["facetDistribution"])
    everything = call(url, key, "POST", f"/indexes/{INDEX}/search", {"hitsPerPage": 3, "page": 1, "filter": "shelf = land"})
    expect("filter and total", 4, everything["totalHits"])
    finish(url, key, call(url, key, "DELETE", f"/indexes/{INDEX}"))
    print("Miroir works.")


if __name__ == "__main__":
    main()
