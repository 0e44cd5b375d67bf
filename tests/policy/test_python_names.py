"""No package hides what Python itself brings; the fragments for Jinja hold the same data."""

import keyword
import sys

import pytest

from modelwright.policy.fragments import fragments
from modelwright.policy.python_names import PYTHON_NAMES
from tests.policies import ROOT


def test_every_name_of_this_python_is_known():
    modules = {name for name in sys.stdlib_module_names if not name.startswith("_")}
    soft = set(keyword.softkwlist) - {"_"}

    assert modules | set(keyword.kwlist) | soft <= PYTHON_NAMES


@pytest.mark.parametrize("name", ["imp", "distutils", "asynchat", "tomllib", "type", "match"])
def test_names_of_one_version_alone_are_known_in_all(name):
    assert name in PYTHON_NAMES


@pytest.mark.parametrize("path", fragments())
def test_a_fragment_is_as_platform_sync_writes_it(path):
    assert (ROOT / path).read_text(encoding="utf-8") == fragments()[path]
