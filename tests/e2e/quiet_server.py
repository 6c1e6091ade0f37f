"""A server on the loopback for what nodes and Miroir talk to beside each other. Standard library only."""

import http.server
import threading


class QuietServer(http.server.ThreadingHTTPServer):
    """Answers from threads of its own until it is stopped, and says nothing of connections that break."""

    daemon_threads = True

    def __init__(self, answers, port=0):
        super().__init__(("127.0.0.1", port), answers)
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def handle_error(self, *_):
        pass

    def stop(self):
        self.shutdown()
        self.server_close()


class QuietAnswers(http.server.BaseHTTPRequestHandler):
    """What a handler of requests begins with: kept connections, no log, whole replies."""

    protocol_version = "HTTP/1.1"

    def body(self):
        return self.rfile.read(int(self.headers.get("content-length", 0)))

    def reply(self, status, body=b"", kind="application/json", **headers):
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass
