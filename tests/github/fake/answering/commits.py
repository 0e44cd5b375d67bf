"""What was pushed: branches, commits, and the workflows that may be dispatched."""

import base64
import subprocess

from tests.github.fake.documents import node
from tests.github.fake.routing import Answer, RefusedError, answers, listed

_ONE = "/repos/{owner}/{repo}"


def _git(repository, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", repository.git, *arguments], capture_output=True, text=True, check=False
    )
    return done.stdout


def branches_of(repository) -> dict[str, str]:
    lines = _git(
        repository, "for-each-ref", "--format=%(refname:short) %(objectname)", "refs/heads"
    ).splitlines()
    return dict(line.split() for line in lines)


def after_push(state, call) -> None:
    """A first push decides the default branch, whatever the organisation calls it."""
    owner, name, _ = call.path.lstrip("/").split("/", 2)
    found = state.repositories.get(f"{owner}/{name.removesuffix('.git')}".lower())
    branches = branches_of(found) if found else {}
    if branches and found.settings["default_branch"] not in branches:
        found.settings["default_branch"] = next(iter(branches))


@answers("GET", _ONE + "/branches", needs="contents:read")
def _branches(state, call, repository):
    url = f"{state.url}/repos/{repository.full_name}"
    found = [
        {
            "name": name,
            "protected": bool(repository.rulesets),
            "commit": {"sha": sha, "url": f"{url}/commits/{sha}"},
        }
        for name, sha in branches_of(repository).items()
    ]
    return listed(state, call, found)


def _person(name: str, email: str, moment: str) -> dict:
    return {"name": name, "email": email, "date": moment}


def _commit(state, repository, entry: str) -> dict:
    sha, tree, parents, author, mail, moment, message = entry.split("\x1f", 6)
    url = f"{state.url}/repos/{repository.full_name}"
    person = _person(author, mail, moment)
    return {
        "sha": sha,
        "node_id": node(int(sha[:6], 16)),
        "url": f"{url}/commits/{sha}",
        "html_url": f"{url}/commit/{sha}",
        "comments_url": f"{url}/commits/{sha}/comments",
        "author": {},
        "committer": {},
        "parents": [
            {"sha": parent, "url": f"{url}/commits/{parent}"} for parent in parents.split()
        ],
        "commit": {
            "url": f"{url}/git/commits/{sha}",
            "author": person,
            "committer": person,
            "message": message.strip("\n"),
            "comment_count": 0,
            "tree": {"sha": tree, "url": f"{url}/git/trees/{tree}"},
            "verification": {
                "verified": False,
                "reason": "unsigned",
                "signature": None,
                "payload": None,
                "verified_at": None,
            },
        },
    }


@answers("GET", _ONE + "/commits", needs="contents:read")
def _commits(state, call, repository):
    if not branches_of(repository):
        raise RefusedError(409, "Git Repository is empty.")
    start = call.query.get("sha", repository.settings["default_branch"])
    shape = "%H%x1f%T%x1f%P%x1f%an%x1f%ae%x1f%aI%x1f%B%x1e"
    entries = _git(repository, "log", f"--format={shape}", start).split("\x1e")
    found = [_commit(state, repository, entry.lstrip("\n")) for entry in entries if entry.strip()]
    return listed(state, call, found)


@answers("GET", _ONE + "/contents/{path}", needs="contents:read")
def _contents(state, call, repository):
    path = call.params["path"]
    at = f"{repository.settings['default_branch']}:{path}"
    sha = _git(repository, "rev-parse", "--verify", "--quiet", at).strip()
    if not sha:
        raise RefusedError(404, "Not Found")
    content = _git(repository, "cat-file", "blob", sha).encode()
    url = f"{state.url}/repos/{repository.full_name}/contents/{path}"
    return {
        "type": "file",
        "encoding": "base64",
        "size": len(content),
        "name": path.rpartition("/")[2],
        "path": path,
        "content": base64.encodebytes(content).decode(),
        "sha": sha,
        "url": url,
        "git_url": url,
        "html_url": url,
        "download_url": url,
        "_links": {"git": url, "self": url, "html": url},
    }


@answers("POST", _ONE + "/actions/workflows/{workflow_id}/dispatches", needs="actions:write")
def _dispatch(state, call, repository):
    """A dispatch needs write access: `needs` asks it of the token and of its owner."""
    repository.dispatches.append({"workflow": call.params["workflow_id"], **call.body})
    return Answer(204)
