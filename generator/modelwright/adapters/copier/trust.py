"""Trust: a template that could run code is rendered only for those who trust its source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from packaging.version import InvalidVersion, Version

from modelwright.adapters.copier.library import OpenTemplate
from modelwright.errors import RefusedError


def refuse_untrusted(template: OpenTemplate, since: str, *, replay: bool) -> None:
    """Check that a template at one version runs no code, or that the user trusts its source.

    Args:
        template: The template.
        since: The version that the project stands at; empty where every migration counts.
        replay: The project stands at this version: its migrations ran long ago.

    Raises:
        RefusedError: It needs trust; the reason is named.
    """
    reasons = [*_extensions(template), *_commands(template, since, replay=replay)]
    if reasons and not template.trusted:
        raise RefusedError(
            f"the template needs trust: it has {', and '.join(reasons)}",
            where=f"{template.template.url} {template.checkout.description}",
            next_step="read them in its copier.yml; if you trust its owners, add --trust"
            " (tasks and migrations are not run even then)",
        )


def skipped_commands(template: OpenTemplate, since: str, *, replay: bool) -> list[str]:
    """Return what Copier would run after a render and an update does not, a sentence each."""
    if replay:
        return []
    where = f"{template.template.url} {template.checkout.description}"
    found = _commands(template, since, replay=False)
    return [f"not run, for an update only merges files: {each} of {where}" for each in found]


def _extensions(template: OpenTemplate) -> list[str]:
    names = template.template.jinja_extensions
    return [f"_jinja_extensions ({_summary(names)})"] if names else []


def _commands(template: OpenTemplate, since: str, *, replay: bool) -> list[str]:
    found = []
    tasks = template.template.config_data.get("tasks") or ()
    if tasks:
        found.append(f"_tasks ({_summary([_command(task) for task in tasks])})")
    migrations = template.template.config_data.get("migrations") or ()
    due = [each for each in migrations if _is_due(each, since, template.checkout.description)]
    if due and not replay:
        found.append(f"_migrations ({_summary([_command(each) for each in due])})")
    return found


def _is_due(migration: Any, since: str, until: str) -> bool:  # noqa: ANN401 -- whatever YAML holds
    """Return whether Copier would run a migration between two versions; true where unclear."""
    if not isinstance(migration, Mapping) or "version" not in migration or not since:
        return True
    try:
        return Version(until) >= Version(str(migration["version"])) > Version(since)
    except InvalidVersion:
        return True


def _command(task: Any) -> str:  # noqa: ANN401 -- whatever YAML holds
    if isinstance(task, Mapping):
        task = next((task[key] for key in ("command", "before", "after") if task.get(key)), "")
    return " ".join(map(str, task)) if isinstance(task, list | tuple) else str(task)


def _summary(texts: Sequence[str]) -> str:
    shown = [" ".join(text.split()) for text in texts[:3]]
    cut = [text if len(text) <= 60 else f"{text[:57]}..." for text in shown]  # noqa: PLR2004 -- a line
    more = f" and {len(texts) - 3} more" if len(texts) > len(cut) else ""
    return f"{'; '.join(cut)}{more}"
