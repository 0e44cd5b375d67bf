"""Where the client sends its token, how long it waits, and that its values are sealed."""

from base64 import b64encode

import pytest

from modelwright.adapters.github.address import api_address, refuse_other_host
from modelwright.adapters.github.client import GitHub, seconds_to_wait
from modelwright.adapters.github.credentials import seal_secret
from modelwright.errors import UsageError


@pytest.mark.parametrize(
    ("given", "environ", "platform", "address"),
    [
        ("", {}, "https://github.com/o/p", "https://api.github.com"),
        ("", {}, "https://git.acme.example/o/p", "https://git.acme.example/api/v3"),
        ("", {"GITHUB_API_URL": "https://h.example/api/v3"}, "https://github.com/o/p",
         "https://h.example/api/v3"),
        ("http://127.0.0.1:81/", {"GITHUB_API_URL": "https://h.example"}, "https://github.com/o/p",
         "http://127.0.0.1:81"),
    ],
)  # fmt: skip
def test_the_api_is_beside_the_platform_unless_it_is_named(given, environ, platform, address):
    assert api_address(given, environ, platform) == address


@pytest.mark.parametrize(
    "address",
    ["http://api.github.com", "https://u:p@h.example", "ftp://h.example", "h.example", "https://"],
)
def test_a_token_is_sent_to_no_address_that_can_be_listened_to(address):
    with pytest.raises(UsageError):
        api_address(address, {}, "https://github.com/o/p")


@pytest.mark.parametrize(
    ("url", "api", "fine"),
    [
        ("https://github.com/o/r.git", "https://api.github.com", True),
        ("https://git.acme.example/o/r.git", "https://git.acme.example/api/v3", True),
        ("https://acme.ghe.com/o/r.git", "https://api.acme.ghe.com", True),
        ("http://127.0.0.1:5/o/r.git", "http://127.0.0.1:5", True),
        ("https://evil.example/o/r.git", "https://api.github.com", False),
        ("http://github.com/o/r.git", "https://api.github.com", False),
        ("http://127.0.0.1/o/r.git", "https://api.github.com", False),
    ],
)
def test_code_is_pushed_to_the_api_s_own_host_alone(url, api, fine):
    if fine:
        refuse_other_host(url, api)
    else:
        with pytest.raises(UsageError, match="no token is sent there"):
            refuse_other_host(url, api)


@pytest.mark.parametrize(
    ("status", "headers", "message", "wait"),
    [
        (200, {"x-ratelimit-remaining": "0"}, "", None),
        (403, {}, "Must have admin rights", None),
        (403, {"Retry-After": "7"}, "", 7),
        (429, {}, "", 60),
        (403, {}, "You have exceeded a secondary rate limit", 60),
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1030"}, "", 30),
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "900"}, "", 0),
        (429, {"Retry-After": "soon"}, "", 60),
    ],
)
def test_the_pause_is_github_s(status, headers, message, wait):
    assert seconds_to_wait(status, headers, message, now=1000.0) == wait


def test_a_value_is_sealed_for_its_repository_alone():
    from nacl.public import PrivateKey, SealedBox

    key = PrivateKey.generate()
    box = seal_secret("wörd", b64encode(bytes(key.public_key)).decode())

    from base64 import b64decode

    assert SealedBox(key).decrypt(b64decode(box)).decode() == "wörd"


def test_a_connection_does_not_show_its_token():
    github = GitHub("https://api.github.com", "ghp_canary")

    assert "canary" not in repr(github)
    github.close()
