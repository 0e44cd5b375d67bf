"""Package indexes on loopback that hold the versions of one package, `thing`."""

from __future__ import annotations

import base64
import hashlib
import http.server
import io
import threading
import zipfile

NAME = "thing-{version}-py3-none-any.whl"
LINK = '<a href="{url}/files/{name}#sha256={digest}">{name}</a>'


def wheel(version):
    """Return the bytes of a wheel; they are the same each time."""
    buffer = io.BytesIO()
    files = {
        "thing.py": "",
        "METADATA": f"Metadata-Version: 2.1\nName: thing\nVersion: {version}\n",
        "WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "RECORD": "",
    }
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            path = name if name == "thing.py" else f"thing-{version}.dist-info/{name}"
            archive.writestr(zipfile.ZipInfo(path), text)
    return buffer.getvalue()


class _Index(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked += 1
        self.server.logins.append(self.headers.get("Authorization"))
        wanted = "Basic " + base64.b64encode(self.server.login.encode()).decode()
        if self.server.login and self.headers.get("Authorization") != wanted:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="packages"')
            self.end_headers()
            return
        body, kind = self._content()
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815

    def _content(self):
        for version, content in self.server.wheels.items():
            if self.path.endswith(NAME.format(version=version)):
                return content, "application/zip"
        links = [
            LINK.format(
                url=self.server.url,
                name=NAME.format(version=version),
                digest=hashlib.sha256(content).hexdigest(),
            )
            for version, content in self.server.wheels.items()
        ]
        return f"<!DOCTYPE html><html><body>{''.join(links)}</body></html>".encode(), "text/html"

    def log_message(self, *_):
        pass


class PackageIndexes:
    """Starts indexes, and ends them all."""

    def __init__(self):
        self._servers = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def start(self, login="", versions=("1.0",)):
        """Start one; `login` is `user:password`.

        It has `url`; `asked` counts requests, and `logins` holds the Authorization of each.
        """
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Index)
        server.asked, server.login, server.logins = 0, login, []
        server.url = f"http://127.0.0.1:{server.server_port}"
        server.wheels = {version: wheel(version) for version in versions}
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self._servers.append(server)
        return server
