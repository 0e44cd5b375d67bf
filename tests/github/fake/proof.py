"""An app's proof of itself: a JWT, verified with the app's public key."""

import time

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.github.fake.routing import RefusedError
from tests.github.fake.state import App, State, Token


def new_app(state: State, identity: str, permissions: dict[str, str]) -> str:
    """Register an app; returns its private key as PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    state.apps[identity] = App(key.public_key(), permissions)
    # The form of the file that GitHub gives.
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    ).decode()


def application(state: State, proof: str) -> Token:
    """The app whose proof this is; 401 where it is none, or is too old or too long-lived."""
    try:
        identity = jwt.decode(proof, options={"verify_signature": False}).get("iss")
        app = state.apps[identity]
        needed = {"require": ["exp", "iat"]}
        claims = jwt.decode(proof, app.public_key, ["RS256"], options=needed, leeway=5)
    except (jwt.PyJWTError, KeyError) as error:
        raise RefusedError(401, "A JSON web token could not be decoded") from error
    if claims["exp"] - time.time() > 600:
        raise RefusedError(401, "'Expiration time' claim ('exp') is too far in the future")
    return Token(proof, identity, "app", dict(app.permissions))
