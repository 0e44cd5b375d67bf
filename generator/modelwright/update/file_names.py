"""File names that some of the organisation's machines cannot hold."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from modelwright.errors import RefusedError

# Microsoft, "Naming Files, Paths, and Namespaces".
_ILLEGAL: Final = re.compile(r'[<>:"|?*\\\x00-\x1f]|[. ]\Z')
_DEVICE: Final = re.compile(
    r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])\s*(?:\..*)?", re.IGNORECASE
)


def refuse_names(paths: Iterable[str], version: str) -> None:
    """Check the paths that a version of a template adds.

    Raises:
        RefusedError: Windows cannot check one of them out.
    """
    for path in sorted(paths):
        for part in path.split("/"):
            if _ILLEGAL.search(part) or _DEVICE.fullmatch(part):
                raise RefusedError(
                    f"{version or 'the template'} adds the file {path!r}, a name that Windows "
                    "cannot hold",
                    where=path,
                    next_step="choose another answer where the name follows from one, or tell "
                    "the platform team to rename it; nothing was changed",
                )
