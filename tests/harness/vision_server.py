"""An endpoint of a vision or language model as vLLM, llama.cpp and Ollama have it (POST /v1/chat/completions), which plays
prepared answers."""

import json
import threading

from .http_server import Handler, HttpServer

MODEL = "played-vl"
API_KEY = "sk-played-7f3a91c2"
CHUNK_CHARACTERS = 17
USAGE = {"prompt_tokens": 310, "completion_tokens": 21, "total_tokens": 331}


def _chunk(delta, finish_reason=None):
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return {"id": "c", "object": "chat.completion.chunk", "model": MODEL, "choices": [choice]}


def _event(data):
    return f"data: {data if isinstance(data, str) else json.dumps(data)}\n\n".encode()


class Answer:
    """Status, headers and pieces of a body; `then` is what happens after them."""

    def __init__(self, status=200, headers=None, pieces=(), then="close"):
        self.status = status
        self.headers = headers or {}
        self.pieces = pieces
        self.then = then


def stream(text, finish_reason="stop", then="close"):
    """A whole answer, as vLLM streams it."""
    pieces = [_event(_chunk({"role": "assistant", "content": ""}))]
    for start in range(0, len(text), CHUNK_CHARACTERS):
        pieces.append(_event(_chunk({"content": text[start : start + CHUNK_CHARACTERS]})))
    if finish_reason:
        pieces += [_event(_chunk({}, finish_reason)), _event({"choices": [], "usage": USAGE}), _event("[DONE]")]
    return Answer(200, {"Content-Type": "text/event-stream"}, pieces, then)


def whole(text):
    """The same from a server that does not stream."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    body = json.dumps({"object": "chat.completion", "choices": [choice]}).encode()
    return Answer(200, {"Content-Type": "application/json"}, [body])


def cut_stream(text):
    """The connection ends in the middle."""
    return stream(text, finish_reason=None)


def stalled_stream(text):
    """Silence in the middle."""
    return stream(text, finish_reason=None, then="hold")


def silent():
    """The request is taken and nothing is ever said."""
    return Answer(None, then="hold")


def error(status, **headers):
    body = json.dumps({"error": {"message": f"status {status}", "code": status}}).encode()
    return Answer(
        status, {"Content-Type": "application/json"} | {k.replace("_", "-"): v for k, v in headers.items()}, [body]
    )


def body(content_type, data):
    return Answer(200, {"Content-Type": content_type}, [data])


def headed(headers, data=b""):
    return Answer(200, headers, [data])


def translated(question):
    """What was asked for as a language model that translates is, in capitals."""
    texts = json.loads(question["messages"][1]["content"])
    return whole(json.dumps([text.upper() for text in texts]))


class VisionServer(HttpServer):
    """The n-th request gets the n-th of `answers`, which may be made of the question; those beyond the last one the
    last."""

    def __init__(self, address="127.0.0.1"):
        self.lock = threading.Lock()
        self.answers = [stream("")]
        self.requests = []
        self.busy = 0
        self.busy_most = 0
        outer = self

        class Playing(Handler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                outer._serve(self)

        super().__init__(Playing, address)
        self.url = f"{self.origin}/v1"

    def play(self, *answers):
        """From the next request on."""
        with self.lock:
            self.answers = list(answers)
            self.requests = []

    def _serve(self, handler):
        data = handler.body()
        with self.lock:
            answer = self.answers[min(len(self.requests), len(self.answers) - 1)]
            question = json.loads(data)
            self.requests.append((handler.path, dict(handler.headers), question))
            self.busy += 1
            self.busy_most = max(self.busy_most, self.busy)
        under_way = [None]
        try:
            self._answer(handler, answer(question) if callable(answer) else answer, under_way)
        except (BrokenPipeError, ConnectionResetError):
            pass  # who asked has heard enough
        finally:
            self._leave(under_way)
        handler.close_connection = True

    def _leave(self, under_way):
        """Counts a call as over, once."""
        with self.lock:
            self.busy -= len(under_way)
            under_way.clear()

    def _answer(self, handler, answer, under_way):
        if answer.status is not None:
            handler.send_response(answer.status)
            for name, value in answer.headers.items():
                handler.send_header(name, value)
            handler.send_header("Connection", "close")
            handler.end_headers()
            for left, piece in zip(range(len(answer.pieces), 0, -1), answer.pieces):
                if left == 1 and answer.then == "close":
                    self._leave(under_way)  # who has heard it to its end may make the next call at once
                handler.wfile.write(piece)
                handler.wfile.flush()
        if answer.then == "hold":
            handler.rfile.read(1)  # until who asked hangs up
