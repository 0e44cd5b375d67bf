"""No package hides what Python itself brings; the fragments for Jinja hold the same data."""

import keyword
import sys
import tomllib
from importlib.metadata import packages_distributions
from importlib.util import module_from_spec, spec_from_file_location

import pytest

from modelwright.policy.reserved_names import LIBRARIES, LIBRARY_NAMES, PYTHON_NAMES
from modelwright.template.generated.fragments import fragments
from tests.policies import ROOT


def test_every_name_of_this_python_is_known():
    modules = {name for name in sys.stdlib_module_names if not name.startswith("_")}
    soft = set(keyword.softkwlist) - {"_"}

    assert modules | set(keyword.kwlist) | soft <= PYTHON_NAMES


@pytest.mark.parametrize("name", ["imp", "distutils", "asynchat", "tomllib", "type", "match"])
def test_names_of_one_version_alone_are_known_in_all(name):
    assert name in PYTHON_NAMES


def locked_distributions():
    for lock in ROOT.glob("examples/*/uv.lock"):
        for package in tomllib.loads(lock.read_text(encoding="utf-8"))["package"]:
            if "registry" in package["source"]:
                yield package["name"]


def test_the_libraries_are_those_of_the_lock_files():
    locked = set(locked_distributions())

    assert len(locked) > 50
    assert set(LIBRARIES) == locked, "run: uv run python .ci/library_names.py"


def test_the_script_that_writes_the_libraries_rewrites_their_list_alone():
    spec = spec_from_file_location("library_names", ROOT / ".ci" / "library_names.py")
    script = module_from_spec(spec)
    spec.loader.exec_module(script)

    (written,) = script.BLOCK.findall(script.TARGET.read_text(encoding="utf-8"))

    assert [line.partition(":")[0] for line in written.splitlines()] == list(LIBRARIES)


def test_every_module_that_a_locked_library_installs_here_is_known():
    installed = {
        (distribution.lower().replace("_", "-"), module)
        for module, distributions in packages_distributions().items()
        for distribution in distributions
        if module.isidentifier() and not module.startswith("_") and module.islower()
    }
    known = {(name, module) for name, module in installed if name in LIBRARIES}

    assert {"click", "yaml", "packaging"} <= {module for _, module in known}
    assert {module for _, module in known} <= LIBRARY_NAMES


@pytest.mark.parametrize("path", fragments())
def test_a_fragment_is_as_platform_sync_writes_it(path):
    assert (ROOT / path).read_text(encoding="utf-8") == fragments()[path]
