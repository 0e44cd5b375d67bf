"""Cookiecutter's door: refuses, before anything is kept, what the policy refuses at every door.

Cookiecutter renders this file and runs the result from a temporary folder, so it finds the rules
from the template's own folder. Values enter as JSON only, never as source text.
"""

import json
import sys
from importlib.util import find_spec
from pathlib import Path

CONTEXT = json.loads({{cookiecutter | tojson | tojson}})  # noqa: F821

INSTALL = "install modelwright-cli beside cruft, or use cookiecutter"
sys.dont_write_bytecode = True
# Cruft does not say where the template lies: there the installed modelwright has the rules.
REPOSITORY = CONTEXT.get("_repo_dir", "")
RULES = Path(REPOSITORY).resolve().parents[1] / "generator" if REPOSITORY else None
if RULES:
    sys.path.insert(0, str(RULES))


def main() -> int:
    """Print every refusal with its next step; 1 makes Cookiecutter stop and remove the project."""
    if (RULES and not RULES.is_dir()) or find_spec("modelwright") is None:
        step = "use a whole clone of the platform's repository" if REPOSITORY else INSTALL
        print(f"error: the rules are not found in {REPOSITORY or 'this Python'}", file=sys.stderr)  # noqa: T201
        print(f"  next: {step}", file=sys.stderr)  # noqa: T201
        return 1
    from modelwright.policy.answers import answers_refusals  # noqa: PLC0415

    archetype = CONTEXT["__d"]["archetype"]
    found = answers_refusals(CONTEXT["_policy"], archetype, CONTEXT)
    for refusal in found:
        print(f"error: {refusal.rule}: {refusal.problem}", file=sys.stderr)  # noqa: T201
        print(f"  next: {refusal.next_step}", file=sys.stderr)  # noqa: T201
    if found:
        return 1
    if REPOSITORY:
        from modelwright.operations.new.cookiecutter import share  # noqa: PLC0415

        share(Path(REPOSITORY).resolve())
    return 0


sys.exit(main())
