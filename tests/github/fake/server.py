"""HTTP/1.1 on loopback: reads a request, asks the fake, writes the answer in one piece."""

import select
import socket
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.github.fake.faults import RESET_AFTER, RESET_BEFORE, TIMEOUT


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, fake) -> None:
        super().__init__(("127.0.0.1", 0), Connection)
        self.fake = fake
        self.thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)

    def handle_error(self, request, client_address) -> None:
        """A client that goes away is no fault of the fake; `fake.crashes` has the others."""


class Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def log_message(self, *_arguments: object) -> None:
        """Say nothing; `fake.exchanges` has it all."""

    def _any(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        content = self._content(headers)
        answer, fault = self.server.fake.receive(self.command, self.path, headers, content)
        if fault in {RESET_BEFORE, RESET_AFTER}:
            self._reset()
        elif fault == TIMEOUT:
            select.select([self.connection], [], [], 60)
            self._reset()
        else:
            self._write(answer.status, answer.headers, answer.content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _any  # noqa: N815

    def _content(self, headers: dict[str, str]) -> bytes:
        if headers.get("transfer-encoding", "").lower() != "chunked":
            return self.rfile.read(int(headers.get("content-length", 0)))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _write(self, status: int, headers: dict[str, str], content: bytes) -> None:
        length = {} if status in {204, 304} else {"content-length": str(len(content))}
        lines = [f"HTTP/1.1 {status} {self.responses.get(status, ('Status',))[0]}"]
        lines += [f"{name}: {value}" for name, value in {**headers, **length}.items()]
        self.wfile.write("\r\n".join([*lines, "", ""]).encode() + content)

    def _reset(self) -> None:
        """Close with RST, as a broken network does, not with an orderly end."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.rfile.close()
        self.connection.close()
