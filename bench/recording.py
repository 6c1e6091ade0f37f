"""Which calls a search makes of the nodes, and which of them wait for others: written down by proxies in between."""

import http.client
import http.server
import threading
import time

HELD = 0.03  # seconds that replies are kept back, so that calls made at once are seen to overlap
ASKING = ("/search", "/multi-search", "/facet-search", "/documents/fetch", "/similar")


class Proxy(http.server.ThreadingHTTPServer):
    """Passes everything to one node; `calls` gets what is asked of it in POST."""
    daemon_threads = True

    def __init__(self, node, calls):
        super().__init__(("127.0.0.1", 0), Passing)
        self.node, self.calls, self.local = node, calls, threading.local()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def stop(self):
        self.shutdown()
        self.server_close()


class Passing(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def passed(self):
        begun = time.monotonic()
        node = self.server.node
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name: value for name, value in self.headers.items() if name not in ("Host", "Connection", "Content-Length")}
        connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=60)
        try:
            connection.request(self.command, self.path, body or None, headers)
            reply = connection.getresponse()
            text = reply.read()
        finally:
            connection.close()
        self.send_response(reply.status)
        for name, value in reply.getheaders():
            if name.lower() not in ("connection", "content-length", "transfer-encoding", "date", "server"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        if self.command == "POST" and self.path.endswith(ASKING):
            time.sleep(HELD)
            call = {"address": node.address, "target": self.path, "key": self.headers["Authorization"].removeprefix("Bearer "), "body": body.decode()}
            self.server.calls.append((begun, time.monotonic(), call))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = passed


def rounds_of(calls):
    """A call that begins when all before it have ended belongs to the next round: it may have waited for them."""
    rounds, ended = [], 0.0
    for begun, end, call in sorted(calls, key=lambda call: call[0]):
        if not rounds or begun >= ended:
            rounds.append([])
        rounds[-1].append(call)
        ended = max(ended, end)
    return rounds
