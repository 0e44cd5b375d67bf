"""What takes too long for the gate runs at night, with `MODELWRIGHT_NIGHTLY=1`."""

import os

import pytest

NIGHTLY = "MODELWRIGHT_NIGHTLY" in os.environ


def nightly(why: str, *, unless: bool = False) -> pytest.MarkDecorator:
    """Return the mark of a test that the gate leaves out, `unless` it is one that it takes."""
    return pytest.mark.skipif(not (NIGHTLY or unless), reason=f"nightly: {why}")
