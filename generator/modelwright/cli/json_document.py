"""The one form of what `--json` prints; it stands in a shell prompt's way, so it imports little."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

# Goes up where a key goes or changes its meaning; a new key leaves it.
SCHEMA_VERSION: Final = 1


def json_document(content: Mapping[str, object]) -> str:
    """Return a result or a failure as the text of one JSON document, with its schema's version."""
    versioned = {"schema_version": SCHEMA_VERSION, **content}
    return json.dumps(versioned, indent=2, ensure_ascii=False) + "\n"
