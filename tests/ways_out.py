"""Two ways to the package index for a machine that has no other: a proxy, and a mirror."""

import os
import select
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

INDEX = "https://pypi.org"
FILES = "https://files.pythonhosted.org"


class Proxy(BaseHTTPRequestHandler):
    """An HTTP proxy that only knows CONNECT."""

    def do_CONNECT(self) -> None:
        host, _, port = self.path.rpartition(":")
        with socket.create_connection((host, int(port)), timeout=60) as outside:
            self.server.seen.append(host)
            self.send_response(200)
            self.end_headers()
            self._pass_on(outside)

    def _pass_on(self, outside: socket.socket) -> None:
        other = {self.connection: outside, outside: self.connection}
        with suppress(OSError):
            while True:
                for ready in select.select(list(other), [], [], 120)[0]:
                    data = ready.recv(1 << 16)
                    if not data:
                        return
                    other[ready].sendall(data)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Mirror(BaseHTTPRequestHandler):
    """A package index that passes on what the public one has, under its own address."""

    def do_HEAD(self) -> None:
        self._answer(body_wanted=False)

    def do_GET(self) -> None:
        self._answer(body_wanted=True)

    def _answer(self, *, body_wanted: bool) -> None:
        self.server.seen.append(self.path)
        here = f"http://{self.headers['Host']}/files"
        url = FILES + self.path[6:] if self.path.startswith("/files/") else INDEX + self.path
        asked = {name: self.headers[name] for name in ("Accept", "Range") if self.headers.get(name)}
        try:
            with urllib.request.urlopen(urllib.request.Request(url, headers=asked)) as answer:
                code, headers, body = answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            code, headers, body = error.code, error.headers, error.read()
        except OSError as error:
            self.send_error(502, str(error))
            return
        if self.path.startswith("/simple/"):
            body = body.replace(FILES.encode(), here.encode())
        self.send_response(code)
        for name in ("Content-Type", "Content-Range", "Accept-Ranges", "ETag"):
            if headers.get(name):
                self.send_header(name, headers[name])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if body_wanted:
            # A client that has seen enough of it goes away.
            with suppress(OSError):
                self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """Takes as many connections at once as uv makes; `seen` tells what went through."""

    request_queue_size = 256
    daemon_threads = True

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.seen: list[str] = []


@contextmanager
def served(handler: type[BaseHTTPRequestHandler]) -> Iterator[Server]:
    """Serve on a free port of the loopback."""
    with Server(handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def variables(way: str, server: Server | None) -> dict[str, str]:
    """Return what a machine sets to go this way; '' goes as this machine does."""
    if server is None:
        names = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "PIP_INDEX_URL", "UV_DEFAULT_INDEX")
        both = [*names, *(name.lower() for name in names[:3])]
        return {name: os.environ[name] for name in both if name in os.environ}
    address = f"http://127.0.0.1:{server.server_port}"
    if way == "proxy":
        return {"HTTPS_PROXY": address, "HTTP_PROXY": address}
    return {"PIP_INDEX_URL": f"{address}/simple/", "UV_DEFAULT_INDEX": f"{address}/simple/"}
