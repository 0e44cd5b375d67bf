"""The key that secrets are sealed with; the fake opens them, so that a wrong seal shows."""

import base64
import binascii
from functools import cache

from tests.github.fake.routing import RefusedError

KEY_ID = "012345678912345678"


@cache
def _key():
    from nacl.public import PrivateKey

    return PrivateKey.generate()


def public_key() -> str:
    return base64.b64encode(bytes(_key().public_key)).decode()


def opened(sealed: str) -> str:
    from nacl.exceptions import CryptoError
    from nacl.public import SealedBox

    try:
        return SealedBox(_key()).decrypt(base64.b64decode(sealed, validate=True)).decode()
    except (CryptoError, binascii.Error, ValueError) as error:
        raise RefusedError(422, "Bad request - the secret is not sealed with this key.") from error
