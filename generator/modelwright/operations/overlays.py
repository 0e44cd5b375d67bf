"""A Kubernetes overlay for every environment of a policy, beside those of the templates."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from modelwright.catalog.rendering import RenderedFile

_OVERLAY: Final = re.compile(r"(templates/[^/]+/[^/]+/deploy/k8s/overlays)/([^/]+)/(.+)")
_MODEL: Final = "staging"


def with_overlays(
    files: Mapping[str, RenderedFile], environments: Sequence[str]
) -> dict[str, RenderedFile]:
    """Return the files of a platform, with the overlay of staging copied for new environments.

    Args:
        files: The platform's files by path.
        environments: The policy's.
    """
    found = dict(files)
    places = {match[1] for match in map(_OVERLAY.fullmatch, files) if match}
    for place in sorted(places):
        model = {
            path: file for path, file in files.items() if path.startswith(f"{place}/{_MODEL}/")
        }
        for environment in environments:
            if any(path.startswith(f"{place}/{environment}/") for path in files):
                continue
            for path, file in model.items():
                name = path.replace(f"{place}/{_MODEL}/", f"{place}/{environment}/")
                content = file.content.decode().replace(f"'{_MODEL}'", f"'{environment}'")
                found[name] = replace(file, content=content.encode())
    return found
