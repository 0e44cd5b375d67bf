"""An app's proof of itself: a JWT that openssl verifies."""

import base64
import json
import subprocess
import tempfile
import time
from pathlib import Path

from tests.github.fake.routing import RefusedError
from tests.github.fake.state import App, State, Token


def new_app(state: State, identity: str, folder: Path, permissions: dict[str, str]) -> str:
    """Register an app; returns its private key as PEM."""
    private, public = folder / "app.pem", folder / "app.pub"
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["openssl", "genrsa", "-out", private, "2048"], check=True, capture_output=True)
    subprocess.run(
        ["openssl", "rsa", "-in", private, "-pubout", "-out", public],
        check=True,
        capture_output=True,
    )
    state.apps[identity] = App(public, permissions)
    key = private.read_text()
    private.unlink()
    return key


def application(state: State, jwt: str) -> Token:
    """The app whose proof this is; 401 where it is none, or is too old or too long-lived."""
    head, body, signature = jwt.split(".")
    claims = json.loads(_decoded(body))
    app = state.apps.get(str(claims.get("iss")))
    fresh = claims.get("iat", 0) <= time.time() + 5 <= claims.get("exp", 0)
    short = claims.get("exp", 0) - time.time() <= 600
    signed = app and _signed(app.public_key, f"{head}.{body}".encode(), _decoded(signature))
    if not (signed and fresh and short and json.loads(_decoded(head))["alg"] == "RS256"):
        raise RefusedError(401, "A JSON web token could not be decoded")
    return Token(jwt, str(claims["iss"]), "app", dict(app.permissions))


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _signed(public_key: Path, text: bytes, signature: bytes) -> bool:
    with tempfile.NamedTemporaryFile() as file:
        file.write(signature)
        file.flush()
        command = ["openssl", "dgst", "-sha256", "-verify", public_key, "-signature", file.name]
        return subprocess.run(command, input=text, capture_output=True, check=False).returncode == 0
