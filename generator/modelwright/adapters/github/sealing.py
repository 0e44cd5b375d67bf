"""Seals a secret's value so that only GitHub can open it.

Source:
    GitHub Docs, "Encrypting secrets for the REST API".
"""

from __future__ import annotations

from base64 import b64decode, b64encode

__all__ = ["sealed"]


def sealed(value: str, public_key: str) -> str:
    """Return a value in a sealed box for a repository's public key, both as base64."""
    # Here, because only a value that is written needs it.
    from nacl.public import PublicKey, SealedBox  # noqa: PLC0415

    box = SealedBox(PublicKey(b64decode(public_key)))
    return b64encode(box.encrypt(value.encode())).decode()
