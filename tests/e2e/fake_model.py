"""A model that says what it is told to: a server with the OpenAI way of chat completions. The name of the model in the
request chooses what it says, the tool messages in it how far the conversation is. Standard library only."""

import json
import socket
import threading

from quiet_server import QuietAnswers, QuietServer

TOOL = "_meiliSearchInIndex"
PATIENCE = 20.0


def chunk(delta, finish=None, **more):
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1700000000, "model": "served",
            "system_fingerprint": None, "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}], **more}


def said(*words):
    return [chunk({"role": "assistant", "content": ""}), *(chunk({"content": word}) for word in words), chunk({}, "stop")]


def called(*calls):
    """A turn that calls the search tool, the arguments in pieces."""
    out = []
    for at, arguments in enumerate(calls):
        text = arguments if isinstance(arguments, str) else json.dumps(arguments)
        out.append(chunk({"tool_calls": [{"index": at, "id": f"call-{at}", "type": "function",
                                          "function": {"name": TOOL, "arguments": ""}}]}))
        half = len(text) // 2
        for piece in (text[:half], text[half:]):
            out.append(chunk({"tool_calls": [{"index": at, "function": {"arguments": piece}}]}))
    return [*out, chunk({}, "tool_calls")]


def search(q, index="films", filter=""):
    return {"index_uid": index, "q": q, "filter": filter}


USAGE = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1700000000, "model": "served", "choices": [],
         "usage": {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15}}

# Turns by the name of the model; the last one is said again and again.
TURNS = {
    "plain": [said("Hello", " there", " é\n\"you\"")],
    "usage": [[*said("Counted"), USAGE]],
    "rich": [[chunk({"role": "assistant", "content": "", "refusal": None, "reasoning": "x"}, service_tier="default"),
              chunk({"content": [{"type": "reference", "reference_ids": []}, {"type": "text", "text": "parts"}]}),
              chunk({"content": 7}), chunk({"refusal": "no"}), chunk({}, "length")]],
    "one": [called(search("the")), said("Found", " it.")],
    "two": [called(search("the"), search("war", filter="genre = drama")), said("Found both.")],
    "turns": [called(search("the")), called(search("war")), said("Twice.")],
    "endless": [called(search("the"))],
    "bad filter": [called(search("the", filter="genre = ")), said("Sorry.")],
    "unfilterable": [called(search("the", filter="title = x")), said("Sorry.")],
    "no such index": [called(search("the", index="nothing")), said("Sorry.")],
    "bad index": [called(search("the", index="not an index")), said("Sorry.")],
    "other index": [called(search("a", index="secret")), said("Sorry.")],
    "bad arguments": [called('{"index_uid":"films"'), said("Sorry.")],
    "wrong arguments": [called('{"q":"x"}'), said("Sorry.")],
    "null filter": [called('{"index_uid":"films","q":null,"filter":null,"more":1}'), said("All.")],
    "missing filter": [called('{"index_uid":"films"}'), said("All.")],
    "another tool": [[chunk({"tool_calls": [{"index": 0, "id": "call-0", "type": "function",
                                             "function": {"name": "other", "arguments": "{}"}}]}), chunk({}, "tool_calls")],
                     said("Never.")],
    "text then tool": [[chunk({"content": "Let me look. "}), *called(search("the"))], said("Done.")],
}
# Whole answers that are no turns: status, type, and the bytes.
RAW = {
    "error": (401, "application/json", '{"error":{"message":"Bad key","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}'),
    "error without code": (429, "application/json", '{"error":{"message":"Slow down","type":"rate"}}'),
    "mistral error": (422, "application/json", '{"object":"error","message":"Tier","type":"invalid_request_error","param":null,"code":null}'),
    "error as text": (500, "text/plain", "it broke"),
    "not a stream": (200, "application/json", '{"error":{"message":"no stream","type":"odd","param":"p","code":"c"}}'),
    "not JSON": (200, "text/event-stream", "data: {nonsense\n\ndata: [DONE]\n\n"),
    "no id": (200, "text/event-stream", 'data: {"choices":[]}\n\ndata: [DONE]\n\n'),
    "error in stream": (200, "text/event-stream", 'data: {"error":{"message":"late","type":"server_error"}}\n\ndata: [DONE]\n\n'),
    "not UTF-8": (200, "text/event-stream", b"data: \xff\xfe\n\ndata: [DONE]\n\n"),
    "no end": (200, "text/event-stream", "data: " + json.dumps(chunk({"content": "half"})) + "\n\n"),
    "only done": (200, "text/event-stream", "data: [DONE]\n\n"),
    "comments": (200, "text/event-stream; charset=utf-8", ": hello\r\n\r\nevent: x\r\nid: 4\r\ndata: " +
                 json.dumps(chunk({"content": "with comments"}, "stop")) + "\r\n\r\ndata:[DONE]\r\n\r\n"),
    "two lines": (200, "text/event-stream", 'data: {"id":"a","choices":[],\ndata: "created":1,"model":"m","object":"o"}\n\ndata: [DONE]\n\n'),
}


def turn_of(request):
    """How far it is: the tool messages since the last word of the user, by the turns that called them."""
    turns = 0
    for message in request["messages"]:
        if message["role"] == "user":
            turns = 0
        if message["role"] == "assistant" and message.get("tool_calls"):
            turns += 1
    return turns


class FakeModel:
    """`requests` are what was asked, in order: path, headers, body."""

    def __init__(self):
        self.requests = []
        self.gate = threading.Event()  # opened, "hang" goes on
        self.gone = threading.Event()  # a stream broke because nobody read it any more
        model = self

        class Answers(QuietAnswers):
            def do_POST(self):
                body = json.loads(self.body())
                model.requests.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                name = body["model"]
                if name in RAW:
                    status, kind, text = RAW[name]
                    return self.reply(status, text if isinstance(text, bytes) else text.encode(), kind)
                if name == "hangs up":
                    self.close_connection = True
                    return self.connection.shutdown(socket.SHUT_RDWR)
                if name == "never answers":
                    model.gate.wait(PATIENCE)
                    self.close_connection = True
                    return None
                self.send_response(200)
                self.send_header("content-type", "text/event-stream")
                self.send_header("transfer-encoding", "chunked")
                self.end_headers()
                try:
                    self.stream(name, body)
                except OSError:
                    model.gone.set()
                    self.close_connection = True

            def stream(self, name, body):
                if name == "hangs":
                    self.event(chunk({"content": "first"}))
                    model.gate.wait(PATIENCE)
                if name == "talks on":
                    for at in range(100_000):
                        self.event(chunk({"content": f"{at} " + "x" * 100}))
                if name == "huge":
                    self.piece(b"data: " + b"x" * (32 << 20))
                turns = TURNS.get(name, TURNS["plain"])
                for each in turns[min(turn_of(body), len(turns) - 1)]:
                    self.event(each)
                self.piece(b"data: [DONE]\n\n")
                self.piece(b"")

            def event(self, value):
                self.piece(f"data: {json.dumps(value)}\n\n".encode())

            def piece(self, data):
                self.wfile.write(b"%x\r\n" % len(data) + data + b"\r\n")
                self.wfile.flush()

        self.server = QuietServer(Answers)
        self.port = self.server.port

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/v1"

    def stop(self):
        self.gate.set()
        self.server.stop()
