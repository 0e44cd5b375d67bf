"""How far an organisation's platform is from the modelwright that it was made of."""

from __future__ import annotations

from pathlib import Path

from modelwright.catalog.platform_record import FILE, record_from
from modelwright.errors import RefusedError
from modelwright.operations.distance import distance
from modelwright.operations.platform_update import platform_sides, policy_text
from modelwright.operations.status import Status, notes_of
from modelwright.operations.update_source import source_of


def platform_status(path: Path, *, platform: str = "", offline: bool = False) -> Status:
    """Say where an organisation's platform stands; nothing is changed.

    Args:
        path: The platform's folder.
        platform: Where to read modelwright's own history, instead of the source in the record.
        offline: Contact no host.

    Raises:
        RefusedError: Its record or policy cannot be read, or its version is not to be had.
        SurroundingsError: The history cannot be read.
    """
    record = record_from((path / FILE).read_text(encoding="utf-8", errors="replace"))
    answers = {"_src_path": record.source, "_commit": record.version}
    changed, refused = 0, []
    with source_of(answers, platform=platform, offline=offline) as source:
        far = distance(source.history, record.version)
        if far.latest != record.version:
            try:
                both = platform_sides(source.history, record, far.latest, policy_text(path))
                names = {*both.base, *both.theirs} - {FILE}
                changed = sum(both.base.get(name) != both.theirs.get(name) for name in names)
            except RefusedError as error:
                refused.append(f"{error}; {error.next_step}")
        return Status(
            kind="platform",
            project=str(path.resolve()),
            version=record.version,
            latest=far.latest,
            origin=source.history.origin,
            behind=far.behind,
            days=far.days,
            changes=changed,
            refused=refused,
            notes=[*notes_of(path), *source.notes],
        )
