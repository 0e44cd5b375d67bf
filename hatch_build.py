"""Puts the platform (questions, policy, templates, hooks) into the wheel."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

LIST = runpy.run_path(str(Path(__file__).parent / "generator/modelwright/catalog/belonging.py"))
PLATFORM: tuple[str, ...] = LIST["PLATFORM"]


class PlatformHook(BuildHookInterface[Any]):
    """Maps the platform's files to `modelwright/_platform/` in the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the files unless `version` is an editable install, which reads the checkout."""
        if version == "editable":
            return
        build_data["force_include"].update(
            {
                f"{self.root}/{name}": f"modelwright/_platform/{name}"
                for name in PLATFORM
                # The program is in the wheel already, as its package.
                if name != LIST["GENERATOR"] and Path(self.root, name).exists()
            }
        )
