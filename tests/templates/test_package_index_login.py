"""The login of the package index goes to the policy's host, whatever a project's files name."""

import base64
import json
import os
import shutil
import stat
import subprocess
import sys
from types import SimpleNamespace

import pytest

from tests.package_index import PackageIndexes
from tests.templates.real_tools.toolbox import tool
from tests.templates.real_tools.workflows import ACTIONS, REUSABLE, read

USER, PASSWORD = "reader", "s3cret-t0ken#1"
GIVEN = "${{ steps.package-index.outputs.netrc }}"
PROJECT = '[project]\nname = "p"\nversion = "1"\nrequires-python = ">=3.11"\n'
NEEDS = 'dependencies = ["thing"]\n'
NAMED = '[[tool.uv.index]]\nname = "{name}"\nurl = "{url}"\n'


def run_of(action):
    return read(ACTIONS / action / "action.yml")["runs"]["steps"][0]["run"]


@pytest.fixture
def write(tmp_path):
    """Run the action as a runner does: out of a download of the platform, in the project."""
    tool("jq")
    action = tmp_path / "platform/.github/actions/package-index"
    shutil.copytree(ACTIONS / "package-index", action)
    policy = tmp_path / "platform/templates/_shared/policy.json"
    policy.parent.mkdir(parents=True)
    (tmp_path / "runner").mkdir()
    project = tmp_path / "project"
    project.mkdir()

    def run(index, *, user=USER, password=PASSWORD):
        policy.write_text(json.dumps({"available": {"package_index": index}}))
        output = tmp_path / "output"
        output.write_text("")
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", run_of("package-index")],
            cwd=project, capture_output=True, text=True, check=False,
            env={
                **os.environ, "GITHUB_ACTION_PATH": str(action), "GITHUB_OUTPUT": str(output),
                "RUNNER_TEMP": str(tmp_path / "runner"), "USERNAME": user, "PASSWORD": password,
            },
        )  # fmt: skip
        outputs = dict(line.split("=", 1) for line in output.read_text().splitlines())
        files = list((tmp_path / "runner").iterdir())
        return SimpleNamespace(
            code=done.returncode, out=done.stdout + done.stderr, netrc=outputs.get("netrc", ""),
            files=files, project=project,
        )  # fmt: skip

    return run


@pytest.mark.parametrize(
    ("index", "host"),
    [
        ("https://packages.example.org/simple", "packages.example.org"),
        ("https://packages.example.org:8443/simple", "packages.example.org"),
        ("https://Packages.Example.org", "packages.example.org"),
    ],
)
def test_the_login_is_written_for_the_policy_s_host_alone(write, index, host):
    ran = write(index)

    (file,) = ran.files
    assert (ran.code, ran.netrc) == (0, str(file)), ran.out
    assert file.read_text() == f"machine {host} login {USER} password {PASSWORD}\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert PASSWORD not in ran.out


@pytest.mark.parametrize("index", ["", "https://packages.example.org/simple"])
def test_nothing_is_written_where_there_is_no_login(write, index):
    ran = write(index, user="", password="")

    assert (ran.code, ran.netrc, ran.files, ran.out) == (0, "", [], "")


@pytest.mark.parametrize(
    "index",
    [
        *("", None, "http://packages.example.org/simple", "https://u:p@packages.example.org/"),
        *("https://packages.example.org login x", "https://packages.example.org\nmachine evil/"),
        *("https:///simple", "https://[::1]/simple", "ftp://packages.example.org/", "https://.a/"),
    ],
)
def test_a_policy_without_such_an_index_gives_the_login_to_nobody(write, index):
    ran = write(index)

    assert (ran.code, ran.netrc, ran.files) == (1, "", [])
    assert ran.out.startswith("::error::there is a login, and the policy")
    assert PASSWORD not in ran.out


@pytest.mark.parametrize(
    "login",
    [
        *({"user": ""}, {"password": ""}, {"password": "two words"}, {"password": 'a"b'}),
        *({"password": "a\nmachine evil.example"}, {"user": "a\tb"}, {"password": "a\\b"}),
    ],
)
def test_a_login_that_such_a_file_cannot_hold_is_refused(write, login):
    ran = write("https://packages.example.org/simple", **login)

    assert (ran.code, ran.netrc, ran.files) == (1, "", [])
    assert ran.out.startswith("::error::the login of the package index")


@pytest.fixture
def indexes():
    with PackageIndexes() as started:
        yield started


def ours_and_theirs(indexes):
    """Start the organisation's index on 127.0.0.1, and a stranger's that asks for a login."""
    ours, theirs = indexes.start(login=f"{USER}:{PASSWORD}"), indexes.start(login="any:thing")
    return ours, theirs, theirs.url.replace("127.0.0.1", "localhost") + "/simple"


def uv(project, netrc, *words):
    return subprocess.run(
        ["uv", *words], cwd=project, capture_output=True, text=True, check=False,
        env={
            **os.environ, "NETRC": netrc, "HOME": str(project), "UV_PYTHON": sys.executable,
            "UV_CACHE_DIR": str(project.parent / "cache"), "UV_HTTP_RETRIES": "0",
        },
    )  # fmt: skip


def table(name, url, **more):
    extra = "".join(f"{key.replace('_', '-')} = {value}\n" for key, value in more.items())
    return NAMED.format(name=name, url=url) + extra


FORGERIES = {
    "its table": lambda url: {"pyproject.toml": table("organisation", url, default="true")},
    "capitals": lambda url: {"pyproject.toml": table("ORGANISATION", url, default="true")},
    "eager": lambda url: {"pyproject.toml": table("organisation", url, authenticate='"always"')},
    "explicit": lambda url: {
        "pyproject.toml": table("organisation", url, explicit="true")
        + '[tool.uv.sources]\nthing = { index = "organisation" }\n'
    },
    "inline": lambda url: {
        "pyproject.toml": f"[tool]\nuv.index = [{{ 'name' = 'organisation', url = '{url}' }}]\n"
    },
    "uv.toml": lambda url: {"uv.toml": f'index = [{{name="organisation", url="{url}"}}]\n'},
    "the folder above": lambda url: {
        "../uv.toml": f'[[index]]\nname = "organisation"\nurl = "{url}"\ndefault = true\n'
    },
    "a user in its address": lambda url: {
        "pyproject.toml": table("organisation", url.replace("//", f"//{USER}@"), default="true")
    },
    "the policy's host as a user": lambda url: {
        "pyproject.toml": table("organisation", url.replace("//", "//127.0.0.1:80@"))
    },
    "index-url": lambda url: {"pyproject.toml": f'[tool.uv]\nindex-url = "{url}"\n'},
    "a package's address": lambda url: {
        "pyproject.toml": f'[tool.uv.sources]\nthing = {{ url = "{url}/thing-1.0-py3-none-any.whl" }}\n'
    },
    "a dependency beside it": lambda url: {
        "pyproject.toml": '[tool.uv.sources]\nthing = { path = "beside" }\n',
        "beside/pyproject.toml": PROJECT.replace('"p"', '"thing"')
        + 'dependencies = ["other"]\n'
        + table("organisation", url, explicit="true")
        + '[tool.uv.sources]\nother = { index = "organisation" }\n',
    },
    "a member of its workspace": lambda url: {
        "pyproject.toml": '[tool.uv.workspace]\nmembers = ["beside"]\n'
        "[tool.uv.sources]\nthing = { workspace = true }\n",
        "beside/pyproject.toml": PROJECT.replace('"p"', '"thing"')
        + 'dependencies = ["other"]\n'
        + table("organisation", url, explicit="true")
        + '[tool.uv.sources]\nother = { index = "organisation" }\n',
    },
}


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES)
def test_an_index_that_a_project_names_itself_never_receives_the_login(write, indexes, forgery):
    _, theirs, url = ours_and_theirs(indexes)
    ran = write("https://127.0.0.1/simple")
    assert ran.netrc
    for path, text in {"pyproject.toml": "", **forgery(url)}.items():
        place = ran.project / path
        place.parent.mkdir(exist_ok=True)
        place.write_text(PROJECT + NEEDS + text if path == "pyproject.toml" else text)

    done = uv(ran.project, ran.netrc, "sync")

    assert done.returncode != 0
    assert theirs.asked or "Missing credentials" in done.stderr, done.stderr
    secret = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    assert not [one for one in theirs.logins if one and secret in one]
    assert PASSWORD not in done.stdout + done.stderr


def test_a_lock_file_that_names_another_host_does_not_receive_it_either(write, indexes):
    ours, theirs, url = ours_and_theirs(indexes)
    ran = write("https://127.0.0.1/simple")
    (ran.project / "pyproject.toml").write_text(
        PROJECT + NEEDS + table("organisation", f"{ours.url}/simple", default="true")
    )
    assert uv(ran.project, ran.netrc, "lock").returncode == 0
    lock = ran.project / "uv.lock"
    lock.write_text(lock.read_text().replace(f"{ours.url}/files", url.replace("simple", "files")))

    done = uv(ran.project, ran.netrc, "sync", "--frozen")

    assert done.returncode != 0
    assert theirs.asked, done.stderr
    assert theirs.logins == [None] * theirs.asked


def test_the_policy_s_own_index_receives_it(write, indexes):
    ours, _, _ = ours_and_theirs(indexes)
    ran = write("https://127.0.0.1/simple")
    (ran.project / "pyproject.toml").write_text(
        PROJECT + NEEDS + table("organisation", f"{ours.url}/simple", default="true")
    )

    done = uv(ran.project, ran.netrc, "sync")

    assert done.returncode == 0, done.stderr
    assert PASSWORD not in (ran.project / "uv.lock").read_text()


def jobs():
    """Yield the steps of every job and action that projects call."""
    for path in sorted(REUSABLE.glob("*.yml")):
        for job in read(path)["jobs"].values():
            yield path.name, job, job.get("steps", [])
    for path in sorted(ACTIONS.glob("*/action.yml")):
        runs = read(path)["runs"]
        yield path.parent.name, runs, runs.get("steps", [])


def test_the_login_reaches_a_step_only_as_that_file():
    receiving = {"$/.github/actions/package-index", "$/.github/actions/move-model"}
    known = set()
    for name, job, steps in jobs():
        assert "package-index" not in json.dumps(job.get("env", {})), name
        for step in steps:
            env = json.dumps(step.get("env", {}))
            assert "UV_INDEX" not in json.dumps(step), name
            assert ".package-index-" not in env, name
            assert "inputs.password" not in env or name in {"package-index", "log-in"}, name
            assert step.get("env", {}).get("NETRC", GIVEN) == GIVEN, name
            if ".package-index-" in json.dumps(step.get("with", {})):
                assert step["uses"] in receiving, name
                known.add(name)

    assert known == {
        *("python-ci.yml", "build-image.yml", "deploy-databricks.yml", "update-project.yml"),
        *("promote-model.yml", "rollback-model.yml", "move-model"),
    }


def test_the_file_is_gone_before_what_the_project_runs():
    for name, _, steps in jobs():
        titles = [step["name"] for step in steps]
        if "Log in to the package index" not in titles:
            continue
        gone = titles.index("Forget the login of the package index")
        assert steps[gone]["if"].startswith("${{ always()"), name
        assert "rm -f" in steps[gone]["run"], name
        using = [n for n, step in enumerate(steps) if GIVEN in json.dumps(step.get("env", {}))]
        assert max(using) == gone, name
        for project_s in {"Tests", "Move the alias"} & set(titles):
            assert gone < titles.index(project_s), name
