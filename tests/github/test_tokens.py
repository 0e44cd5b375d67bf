"""A token goes to its own host alone, reaches one repository, and ends with the run."""

import shutil

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from modelwright.adapters.github.credentials import credential_for
from modelwright.errors import ExternalSystemError
from tests.github.creating import FULL_NAME
from tests.github.organisation import APP_PERMISSIONS

PUBLIC = "https://api.github.com"
STRANGER = "https://evil.example/api/v3"


@pytest.mark.parametrize(
    "environ",
    [
        {"GH_TOKEN": "ghp_a"},
        {"GITHUB_TOKEN": "ghp_a"},
        {"GH_ENTERPRISE_TOKEN": "ghp_a"},
        {"GH_ENTERPRISE_TOKEN": "ghp_a", "GH_HOST": "other.example"},
        {"GH_TOKEN": "ghp_a", "GH_HOST": "other.example"},
        {"MODELWRIGHT_APP_ID": "1", "MODELWRIGHT_APP_KEY": "a key"},
    ],
)
def test_a_host_that_only_a_platform_names_gets_no_token(environ, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(ExternalSystemError) as raised:
        credential_for(STRANGER, environ, "org", trusted=False)

    assert "ghp_a" not in str(raised.value)


@pytest.mark.parametrize(
    ("address", "environ", "trusted"),
    [
        (PUBLIC, {"GH_TOKEN": "ghp_a"}, False),
        (PUBLIC, {"GITHUB_TOKEN": "ghp_a"}, True),
        ("https://ghes.example/api/v3", {"GH_TOKEN": "ghp_a"}, True),
        (
            "https://ghes.example/api/v3",
            {"GH_ENTERPRISE_TOKEN": "ghp_a", "GH_HOST": "ghes.example", "GH_TOKEN": "ghp_b"},
            False,
        ),
    ],
)
def test_a_host_that_a_person_names_gets_it(address, environ, trusted):
    assert credential_for(address, environ, "org", trusted=trusted).token == "ghp_a"


def test_gh_is_asked_for_the_token_of_that_host(monkeypatch, tmp_path):
    program = tmp_path / "gh"
    program.write_text(
        "#!/bin/sh\n"
        'if [ -n "$GH_ENTERPRISE_TOKEN" ]; then echo "$GH_ENTERPRISE_TOKEN"; exit; fi\n'
        'if [ "$4" = ghes.example ]; then echo ghp_kept; else exit 1; fi\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("GH_ENTERPRISE_TOKEN", "ghp_of_another_host")

    found = credential_for("https://ghes.example/api/v3", {"GH_TOKEN": "x"}, "o", trusted=False)

    assert found.token == "ghp_kept"


def test_an_apps_token_reaches_one_repository_and_is_taken_back(fake, with_app):
    create = with_app({**APP_PERMISSIONS, "pages": "write"})

    ran = create()

    assert ran.code == 0, ran.err
    minted = [one for one in fake.state.tokens.values() if one.value.endswith("installation")]
    assert [one.repository for one in minted] == [None, FULL_NAME]
    assert all(one.expired for one in minted)
    assert all("pages" not in one.permissions for one in minted)
    order = [found.signature for found in fake.writes]
    taken_back = order.index("DELETE /installation/token")
    assert taken_back < next(n for n, one in enumerate(order) if f"/repos/{FULL_NAME}" in one)
    writing = {
        found.call.token.repository
        for found in fake.writes
        if not found.is_git and found.call.path.startswith("/repos/")
    }
    assert writing == {FULL_NAME}


@pytest.mark.parametrize("what", [("--plan",), ("--undo",)], ids=str)
def test_an_apps_token_is_taken_back_whatever_comes_of_it(fake, with_app, what):
    create = with_app(dict(APP_PERMISSIONS))
    create(*what)

    minted = [one for one in fake.state.tokens.values() if one.value.endswith("installation")]

    assert minted
    assert all(one.expired for one in minted)


def _pem(key, password=None):
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(password)
        if password
        else serialization.NoEncryption(),
    ).decode()


def _rsa(bits=2048):
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


UNUSABLE = {
    "no text of a key": lambda: "canary",
    "half a key": lambda: _pem(_rsa())[:800],
    "a byte that is no text": lambda: "canary\udc80",
    "a key with a password": lambda: _pem(_rsa(), b"canary"),
    "a short key": lambda: _pem(_rsa(1024)),
    "a key of another kind": lambda: _pem(ec.generate_private_key(ec.SECP256R1())),
    "a public key": lambda: (
        _rsa()
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    ),
}


@pytest.mark.parametrize("make", UNUSABLE.values(), ids=UNUSABLE)
def test_what_is_no_key_of_an_app_is_named_and_never_shown(make):
    key = make()

    with pytest.raises(ExternalSystemError) as raised:
        credential_for(
            PUBLIC,
            {"MODELWRIGHT_APP_ID": "1", "MODELWRIGHT_APP_KEY": key},
            "org",
            trusted=True,
        )

    error = raised.value
    assert error.where == "MODELWRIGHT_APP_KEY"
    assert "new key" in error.next_step
    assert error.__cause__ is error.__context__ is None
    for line in key.splitlines():
        assert line not in f"{error} {error.next_step}"


def test_an_app_needs_no_openssl(fake, with_app, monkeypatch, tmp_path):
    create = with_app(dict(APP_PERMISSIONS))
    for name in ("git", "uv"):
        (tmp_path / name).symlink_to(shutil.which(name))
    monkeypatch.setenv("PATH", str(tmp_path))

    assert create("--plan").code == 0
