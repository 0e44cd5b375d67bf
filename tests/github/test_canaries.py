"""No token and no secret value in any output, journal, log, argument or error."""

import logging
import os
import shutil

import pytest

from tests.github.creating import FULL_NAME
from tests.github.fake import faults
from tests.github.organisation import APP_TOKEN, CANARY, PERSON_TOKEN

VALUE = "canary0service0api0keys"


def everything(create, folder, caplog) -> str:
    texts = [*create.output, caplog.text]
    texts += [
        path.read_bytes().decode(errors="replace")
        for path in folder.rglob("*")
        if path.is_file() and folder / "github" not in path.parents
    ]
    return "\n".join(texts)


@pytest.mark.parametrize("token", [APP_TOKEN, PERSON_TOKEN])
@pytest.mark.parametrize(
    "broken",
    [
        None,
        ("git-receive-pack", faults.SERVER_ERROR),
        ("git-receive-pack", faults.RESET_BEFORE),
        ("/actions/secrets/", faults.UNPROCESSABLE),
        ("/rulesets", faults.SERVER_ERROR),
        (f"/repos/{FULL_NAME}", faults.RATE_LIMIT),
    ],
    ids=str,
)
def test_nothing_tells_a_secret(fake, create, token, broken, tmp_path, caplog, monkeypatch):
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("GH_TOKEN", token)
    monkeypatch.setenv("SERVICE_API_KEYS", VALUE)
    if broken:
        part, kind = broken
        fake.fail(lambda call: part in call.target and call.method != "GET", kind)

    create("--verbose", f"--into={create.folder}")
    create("--resume", "--json")
    create("--plan", "--json")
    made = fake.repository(FULL_NAME)
    values = list(made.secrets.values()) if made else []
    create("--undo", "--verbose")

    told = everything(create, tmp_path, caplog)
    assert CANARY not in told
    assert VALUE in values
    assert [value for value in values if value in told] == []


def test_a_secrets_value_comes_from_the_surroundings(fake, create, monkeypatch):
    monkeypatch.setenv("SERVICE_API_KEYS", VALUE)

    create()

    assert fake.repository(FULL_NAME).secrets["SERVICE_API_KEYS"] == VALUE


def test_a_value_that_is_there_is_never_overwritten(fake, create, monkeypatch):
    create()
    before = dict(fake.repository(FULL_NAME).secrets)
    monkeypatch.setenv("SERVICE_API_KEYS", VALUE)

    create()

    assert fake.repository(FULL_NAME).secrets == before


def test_github_that_repeats_a_token_is_not_believed(fake, create):
    """A proxy that quotes what it was sent must not bring the token into an error."""

    def quoting(call):
        return call.method == "PUT" and call.path.endswith("/topics")

    fake.fail(quoting, faults.QUOTING, times=-1)

    ran = create()

    assert ran.code == 4
    assert "I was sent" in ran.err
    assert CANARY not in ran.err


def test_no_child_process_sees_a_secret_that_it_does_not_need(
    fake, create, tmp_path_factory, monkeypatch
):
    seen, programs = tmp_path_factory.mktemp("seen"), tmp_path_factory.mktemp("programs")
    git = shutil.which("git")
    (programs / "git").write_text(
        f'#!/bin/sh\n{{ echo "$@"; env; }} > "{seen}/$$"\nexec "{git}" "$@"\n'
    )
    (programs / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("GH_TOKEN", APP_TOKEN)
    monkeypatch.setenv("MODELWRIGHT_APP_KEY", f"{CANARY}key")
    monkeypatch.setenv("SERVICE_API_KEYS", VALUE)

    assert create().code == 0

    # The fake runs git too, in this very process and with all that stands around it.
    ours = ("-c core.hooksPath=/dev/null", "push", "ls-remote", "clone", "var", "describe")
    runs = [path.read_text() for path in seen.iterdir()]
    runs = [run for run in runs if run.startswith(ours)]
    assert any(run.startswith("push") for run in runs)
    assert any(" init " in run.splitlines()[0] for run in runs)
    for run in runs:
        command = run.splitlines()[0]
        assert CANARY not in command
        assert VALUE not in run
        assert f"{CANARY}key" not in run
        assert APP_TOKEN not in run
        if "push" not in command:
            assert "uthorization" not in run
