"""A server for the tests of downloading: it answers in one of the ways real ones do."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BROKEN_OFF = slice(0, 9000)  # two whole chunks and a part of the third


class Server:
    """An HTTP server on 127.0.0.1 that answers in one of the ways real ones do."""

    def __init__(self, body=b""):
        self.body, self.status, self.behaviour, self.requests = body, 200, "whole", 0
        self.words = None  # behind the status; the usual ones when None
        self.bodies: dict[str, bytes] = {}  # path → body, where it is not the one for all
        self.release = threading.Event()  # lets go of the requests that hang
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                outer.requests += 1
                body = outer.bodies.get(self.path, outer.body)
                self.send_response(outer.status, outer.words)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                outer.answer(self.wfile, body)

            def log_message(self, *args):
                """Keep the test's output quiet."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    @property
    def url(self):
        return f"{self.address}/mnist.npz"

    @property
    def address(self):
        return f"http://127.0.0.1:{self.http.server_port}"

    def answer(self, stream, body):
        try:
            if self.behaviour == "whole":
                stream.write(body)
            elif self.behaviour == "truncated":
                stream.write(body[BROKEN_OFF])
            elif self.behaviour == "stalls":
                stream.write(body[BROKEN_OFF])
                stream.flush()
                self.release.wait(20)
            elif self.behaviour == "drips":
                for byte in body:
                    stream.write(bytes([byte]))
                    stream.flush()
                    if self.release.wait(0.02):
                        return
        except OSError:
            return  # the client left

    def close(self):
        self.release.set()
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()
