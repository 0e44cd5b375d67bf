"""The build's own function that makes the bundle of released versions."""

import importlib.util
from pathlib import Path

ROOT = Path(__file__).parent.parent


def build_hook():
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def bundle_of(repository, into):
    into.mkdir(parents=True, exist_ok=True)
    return build_hook().bundle_of(repository, into)
