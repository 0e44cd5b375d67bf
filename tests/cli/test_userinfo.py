"""A password in a platform's URL is used, and is never stored, printed or told to another host."""

import base64
import http.server
import os
import subprocess
import threading
from urllib.parse import urlsplit

import pytest
import yaml

from modelwright.adapters.system.urls import split_credentials, without_credentials
from tests.platforms import git, platform_copy, release

CANARY = "canary0of0the0url"
USER = "ci-user0canary"


class Guarded(http.server.BaseHTTPRequestHandler):
    """A git host that wants a password, and notes what it is told."""

    protocol_version = "HTTP/1.1"
    root = ""
    redirect = ""
    told: list[str]

    def answer(self):
        proof = self.headers.get("Authorization", "")
        self.told.append(base64.b64decode(proof.removeprefix("Basic ")).decode())
        if self.redirect:
            return self.say(302, b"", [("Location", f"{self.redirect}{self.path}")])
        if self.told[-1] != f"{USER}:{CANARY}":
            return self.say(401, b"", [("WWW-Authenticate", 'Basic realm="x"')])
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        env = {
            **os.environ, "GIT_PROJECT_ROOT": self.root, "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": url.path, "QUERY_STRING": url.query, "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "CONTENT_LENGTH": str(len(body)),
        }  # fmt: skip
        done = subprocess.run(
            ["git", "http-backend"], input=body, capture_output=True, env=env, check=True
        )
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        pairs = [line.decode().split(": ", 1) for line in head.split(b"\r\n")]
        return self.say(200, content, [pair for pair in pairs if pair[0] != "Status"])

    def say(self, code, content, headers):
        self.send_response(code)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = answer  # noqa: N815 -- the names that the server calls

    def log_message(self, *_):
        pass


@pytest.fixture
def host(tmp_path):
    """Start a git host; return its address and what it is told."""
    servers = []

    def start(redirect=""):
        told = []
        kind = type("Host", (Guarded,), {"root": str(tmp_path), "redirect": redirect, "told": told})
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), kind)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"127.0.0.1:{server.server_address[1]}", told

    yield start
    for server in servers:
        server.shutdown()


@pytest.fixture(autouse=True)
def surroundings(tmp_path, monkeypatch):
    for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    release(platform_copy(tmp_path / "platform.git"), "v1.0.0")


def everything(folder):
    """Return every name and content below a folder, git's compressed objects as text."""
    texts = []
    for path in folder.rglob("*"):
        texts.append(str(path.relative_to(folder)))
        if path.is_file():
            texts.append(path.read_bytes().decode(errors="replace"))
        if path.name == ".git":
            texts.append(git(path.parent, "log", "--patch", "--all"))
    return "\n".join(texts)


@pytest.mark.parametrize("way", ["option", "environment"])
def test_a_password_is_used_and_stands_nowhere(host, run, tmp_path, monkeypatch, way):
    address, told = host()
    url = f"http://{USER}:{CANARY}@{address}/platform.git"
    named = ("--platform", url) if way == "option" else ()
    if way == "environment":
        monkeypatch.setenv("MODELWRIGHT_PLATFORM", f"{url}@v1.0.0")

    made = run(
        "new", "online-serving", "--defaults", "--no-lock", "--json", "--into=into", *named
    )  # fmt: skip
    (project,) = (tmp_path / "into").iterdir()
    checked = run("check", project, *named)
    (tmp_path / "platform.git/CHANGELOG.md").write_text("# Changes\n")
    release(tmp_path / "platform.git", "v1.1.0")
    status = run("status", project, "--json")
    updated = run("update", project, "--source", url, "--verbose")
    used = run("platform", "use", url)

    assert made.code == 0, made.out + made.err
    assert updated.code == 0, updated.err
    assert used.code == 0, used.err
    assert f"{USER}:{CANARY}" in told
    answers = yaml.safe_load((project / ".copier-answers.yml").read_text())
    assert answers["_src_path"] == f"http://{address}/platform.git"
    assert answers["_commit"] == "v1.1.0"
    said = "".join(ran.out + ran.err for ran in (made, checked, status, updated, used))
    assert CANARY not in said + everything(tmp_path)
    assert USER not in said + everything(tmp_path)
    assert "not kept" in used.err


def test_a_project_that_keeps_a_password_loses_it_with_its_next_update(host, run, tmp_path):
    address, _ = host()
    url = f"http://{USER}:{CANARY}@{address}/platform.git"
    run("new", "online-serving", "--defaults", "--no-lock", "--into=into", "--platform", url)
    (project,) = (tmp_path / "into").iterdir()
    answers = project / ".copier-answers.yml"
    answers.write_text(
        answers.read_text().replace(f"http://{address}", f"http://{USER}:{CANARY}@{address}")
    )
    git(project, "commit", "--quiet", "--all", "--message", "chore: keep")
    (tmp_path / "platform.git/CHANGELOG.md").write_text("# Changes\n")
    release(tmp_path / "platform.git", "v1.1.0")

    ran = run("update", project)

    assert ran.code == 0, ran.err
    assert CANARY not in ran.out + ran.err + answers.read_text()


def test_a_password_that_is_refused_is_not_told(host, run, tmp_path):
    address, told = host()

    ran = run(
        "new", "online-serving", "--defaults", "--platform",
        f"http://{USER}:{CANARY}x@{address}/platform.git",
    )  # fmt: skip

    assert ran.code == 4
    assert f"{USER}:{CANARY}x" in told
    assert CANARY not in ran.out + ran.err + everything(tmp_path)


def test_another_host_that_one_leads_to_is_told_nothing(host, run):
    stranger, heard = host()
    address, told = host(redirect=f"http://{stranger}")

    ran = run(
        "new", "online-serving", "--defaults", "--platform",
        f"http://{USER}:{CANARY}@{address}/platform.git",
    )  # fmt: skip

    assert ran.code == 4
    assert any(told)
    assert not any(heard)
    assert CANARY not in ran.out + ran.err


@pytest.mark.parametrize(
    ("url", "plain"),
    [
        ("https://u:p@host/x.git", "https://host/x.git"),
        ("https://u:p%40@host/x.git@v1", "https://host/x.git@v1"),
        ("https://u:p@ss@host/x", "https://host/x"),
        ("git+https://token@host/x", "git+https://host/x"),
        ("https://host/x@v1", "https://host/x@v1"),
        ("ssh://git@host/x", "ssh://git@host/x"),
        ("ssh://git:p@host/x", "ssh://git@host/x"),
        ("git@host:x/y.git", "git@host:x/y.git"),
        ("gh:owner/name@v1", "gh:owner/name@v1"),
        ("/home/her/a@b", "/home/her/a@b"),
    ],
)
def test_a_url_without_its_user(url, plain):
    assert split_credentials(url) == plain
    assert split_credentials(plain) == plain


def test_a_text_is_shown_without_them():
    text = f"fatal: unable to access 'https://{USER}:{CANARY}@x@host/p.git/': 'git@host:x' said"

    assert (
        without_credentials(text)
        == "fatal: unable to access 'https://host/p.git/': 'git@host:x' said"
    )
