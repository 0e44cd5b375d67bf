"""Git over HTTP by git's own `http-backend`, and what GitHub refuses in a push."""

import base64
import os
import subprocess
from pathlib import Path

from tests.github.fake.access import role_in
from tests.github.fake.routing import Answer, RefusedError
from tests.github.fake.rules import refs_that_refuse_pushes
from tests.github.fake.state import Repository, State, Token

# Runs inside the push, before anything lands.
_PRE_RECEIVE = """#!/bin/sh
while read -r old new ref; do
  case " $FAKE_PROTECTED " in
    *" $ref "*)
      echo "error: GH013: Repository rule violations found for $ref." >&2
      echo "- Changes must be made through a pull request." >&2
      exit 1 ;;
  esac
  case $new in *[!0]*) ;; *) continue ;; esac
  [ "$FAKE_WORKFLOWS" = refused ] || continue
  case $old in
    *[!0]*) ;;
    *) old=4b825dc642cb6eb9a060e54bf8d69288fbee4904; git hash-object -t tree -w /dev/null >&2 ;;
  esac
  changed=$(git diff --name-only "$old" "$new" -- .github/workflows | head -n 1)
  if [ -n "$changed" ]; then
    echo "refusing to allow a GitHub App to create or update workflow" \\
      "\\`$changed\\` without \\`workflows\\` permission" >&2
    exit 1
  fi
done
"""


def bare_repository(path: Path) -> Path:
    """An empty bare repository, with the checks of a push."""
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", path], check=True)
    subprocess.run(["git", "-C", path, "config", "http.receivepack", "true"], check=True)
    hook = path / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(_PRE_RECEIVE)
    hook.chmod(0o755)
    return path


def is_git(target: str) -> bool:
    path = target.partition("?")[0]
    return path.endswith(("/info/refs", "/git-upload-pack", "/git-receive-pack"))


def basic(state: State, header: str) -> Token:
    """The token of git's basic authentication, 401 with a challenge where there is none."""
    challenge = {"www-authenticate": 'Basic realm="GitHub"'}
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        raise RefusedError(401, "Authentication required", headers=challenge)
    name = base64.b64decode(value).decode().partition(":")[2]
    token = state.tokens.get(name)
    if token is None or token.expired:
        raise RefusedError(401, "Invalid username or token.", headers=challenge)
    return token


def serve(state: State, method: str, target: str, headers: dict, content: bytes) -> Answer:
    path, _, query = target.partition("?")
    token = basic(state, headers.get("authorization", ""))
    owner, name, rest = path.lstrip("/").split("/", 2)
    found = state.repositories.get(f"{owner}/{name.removesuffix('.git')}".lower())
    if found is None or role_in(state, found, token) == "none":
        raise RefusedError(404, "Repository not found.")
    if "git-receive-pack" in target:
        _may_push(state, found, token)
    return _backend(_surroundings(state, found, token, headers, method, rest, query), content)


def may_push_workflows(token: Token) -> bool:
    if token.kind == "classic":
        return "workflow" in token.scopes
    return token.kind != "actions" and token.permissions.get("workflows") == "write"


def _may_push(state: State, found: Repository, token: Token) -> None:
    writes = token.kind == "classic" or token.permissions.get("contents") == "write"
    if not writes or role_in(state, found, token) not in {"write", "admin"}:
        raise RefusedError(403, f"Permission to {found.full_name}.git denied.")
    if found.settings["archived"]:
        raise RefusedError(403, "This repository was archived so it is read-only.")


def _surroundings(state, found, token, headers, method, rest, query) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(found.git),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_PROJECT_ROOT": str(found.git.parent),
        "GIT_HTTP_EXPORT_ALL": "1",
        "GIT_PROTOCOL": headers.get("git-protocol", ""),
        "PATH_INFO": f"/{found.git.name}/{rest}",
        "QUERY_STRING": query,
        "REQUEST_METHOD": method,
        "CONTENT_TYPE": headers.get("content-type", ""),
        "HTTP_CONTENT_ENCODING": headers.get("content-encoding", ""),
        "REMOTE_USER": token.login,
        "FAKE_WORKFLOWS": "allowed" if may_push_workflows(token) else "refused",
        "FAKE_PROTECTED": " ".join(refs_that_refuse_pushes(found, token)),
    }


def _backend(surroundings: dict[str, str], content: bytes) -> Answer:
    done = subprocess.run(
        ["git", "http-backend"],
        env=surroundings | {"CONTENT_LENGTH": str(len(content))},
        input=content,
        capture_output=True,
        check=False,
    )
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    lines = dict(line.split(": ", 1) for line in head.decode().splitlines())
    status = int(lines.pop("Status", "200").split()[0])
    return RawAnswer(status, None, lines, body)


class RawAnswer(Answer):
    """An answer of bytes that are no document."""

    def __init__(self, status: int, body, headers: dict[str, str], raw: bytes) -> None:
        super().__init__(status, body, headers)
        self.raw = raw

    @property
    def content(self) -> bytes:
        return self.raw
