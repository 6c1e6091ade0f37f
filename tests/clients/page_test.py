"""A search page made with instant-meilisearch, in a real headless browser, over Miroir and three nodes with two copies: a
visitor types, sees hits, refines by a facet and turns the page.

Run: python3 tests/clients/page_test.py (CHROMIUM names the browser; SCREENSHOT keeps a picture of the last page)."""
import functools
import http.server
import json
import os
import pathlib
import shutil
import subprocess
import threading
import unittest
import urllib.parse
import urllib.request

import install
import servers

HERE = pathlib.Path(__file__).resolve().parent
BOOKS = json.loads((HERE / "library.json").read_text())
SCRIPTS = {"/instantsearch.js": "instantsearch.js/dist/instantsearch.production.min.js",
           "/instant-meilisearch.js": "@meilisearch/instant-meilisearch/dist/instant-meilisearch.umd.min.js"}
SECONDS = 120


class Pages(http.server.SimpleHTTPRequestHandler):
    """The page and the published scripts it loads."""

    def translate_path(self, path):
        path = urllib.parse.urlsplit(path).path
        return str(install.NODE_MODULES / SCRIPTS[path]) if path in SCRIPTS else super().translate_path(path)

    def log_message(self, *_):
        pass


def call(server, method, path, body=None):
    request = urllib.request.Request(server.url + path, None if body is None else json.dumps(body).encode(), method=method,
                                     headers={"Authorization": f"Bearer {servers.KEY}", "Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=servers.PATIENCE) as reply:
        return json.load(reply)


def finish(server, summary):
    servers.wait_until(lambda: call(server, "GET", f"/tasks/{summary['taskUid']}")["status"] not in ("enqueued", "processing"), "a task ends")
    task = call(server, "GET", f"/tasks/{summary['taskUid']}")
    assert task["status"] == "succeeded", task


def fill(server):
    books = [{name: value for name, value in book.items() if name != "_vectors"} for book in BOOKS]
    finish(server, call(server, "POST", "/indexes", {"uid": "books", "primaryKey": "id"}))
    finish(server, call(server, "PATCH", "/indexes/books/settings", {"filterableAttributes": ["genre"], "searchableAttributes": ["title", "author"]}))
    finish(server, call(server, "POST", "/indexes/books/documents", books))
    keys = call(server, "GET", "/keys")["results"]
    return next(key["key"] for key in keys if key["name"] == "Default Search API Key")


def browser():
    found = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not found:
        raise AssertionError("no chromium: ./dev setup installs it, or name one with CHROMIUM")
    return found


class Visitor(unittest.TestCase):
    def walk(self):
        pages = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Pages, directory=str(HERE / "page")))
        threading.Thread(target=pages.serve_forever, daemon=True).start()
        script = install.PLACE / "js" / "walk.mjs"  # beside the packages, where modules are looked for
        script.write_text((HERE / "page" / "walk.mjs").read_text())
        with servers.Cluster() as cluster:
            where = urllib.parse.urlencode({"url": cluster.url, "key": fill(cluster)})
            command = [str(install.NODE), str(script), f"http://127.0.0.1:{pages.server_address[1]}/?{where}", browser()]
            command += [os.environ["SCREENSHOT"]] if "SCREENSHOT" in os.environ else []
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=SECONDS, check=False)
        pages.shutdown()
        pages.server_close()
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        return {line["step"]: line for line in map(json.loads, done.stdout.splitlines())}

    def test_types_refines_and_turns_the_page(self):
        seen = self.walk()
        self.assertEqual([], seen["end"]["troubles"])
        self.assertEqual([f"{book['title']}, {book['author']}, {book['year']}" for book in BOOKS[:5]], seen["all"]["titles"])
        genres = {}
        for book in BOOKS:
            genres[book["genre"]] = genres.get(book["genre"], 0) + 1
        self.assertEqual(genres, seen["all"]["genres"])
        self.assertEqual(5, len(seen["typed"]["titles"]))
        self.assertTrue(all("the" in mark.lower() for mark in seen["typed"]["marked"]), seen["typed"])
        adventures = [f"{book['title']}, {book['author']}, {book['year']}" for book in BOOKS if book["genre"] == "adventure"]
        self.assertEqual(adventures[:5], seen["refined"]["titles"])
        self.assertEqual(adventures[10:], seen["paged"]["titles"])


if __name__ == "__main__":
    unittest.main()
