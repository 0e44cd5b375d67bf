"""Plain calls and pushes of the tests themselves, by the standard library and git alone."""

import base64
import http.client
import json
import subprocess
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Told:
    status: int
    body: object
    headers: dict[str, str]


def ask(fake, token, method, path, body=None, **headers) -> Told:
    """One call, by the standard library."""
    connection = http.client.HTTPConnection(urlsplit(fake.url).netloc, timeout=10)
    content = None if body is None else json.dumps(body)
    sent = {"authorization": f"Bearer {token}"} if token else {}
    sent |= {"content-type": "application/json"} if content else {}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        connection.request(method, path, content, sent)
        answer = connection.getresponse()
        raw = answer.read()
    finally:
        connection.close()
    told = {name.lower(): value for name, value in answer.getheaders()}
    return Told(answer.status, json.loads(raw) if raw else None, told)


def a_commit(folder, **files) -> str:
    """A repository with one commit of `files`, whose names have `__` for `/`."""
    run(folder.parent, "init", "--quiet", "--initial-branch=main", str(folder))
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    run(folder, "add", "--all")
    run(folder, "commit", "--quiet", "--message", "first")
    return run(folder, "rev-parse", "HEAD").stdout.strip()


def push(folder, fake, full_name, token, refspec="HEAD:refs/heads/main"):
    basic = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    header = f"http.extraHeader=Authorization: Basic {basic}"
    url = f"{fake.url}/{full_name}.git"
    return run(folder, "-c", header, "push", url, refspec, check=False)


def run(folder, *arguments, check=True):
    return subprocess.run(
        ["git", *arguments], cwd=folder, capture_output=True, text=True, check=check
    )
