"""One table of names through every door: the same verdict, the same rule, the same sentence."""

import json
import re
import shutil
from datetime import date

import copier
import pytest
import yaml
from cookiecutter.exceptions import FailedHookException
from cookiecutter.main import cookiecutter

from modelwright.adapters.sources.platforms import locate_platform
from modelwright.cli.main import main
from modelwright.operations.judge.check import check_project
from modelwright.policy.rules import refusals
from tests.name_table import rows
from tests.platforms import ROOT, change_policy, platform_copy

pytestmark = pytest.mark.filterwarnings("ignore")
ARCHETYPE = "online-serving"
ROWS = [row for row in rows() if row.brand in ("norda", "velora")]
KEPT = ("secrets.yaml", ".env.example", "project.yaml")


@pytest.fixture(scope="module")
def platform_of(tmp_path_factory):
    """The platform under a row's policy; its tree is cut down, because no file decides a name."""
    known = {}

    def platform_of(row):
        key = json.dumps(row.policy, sort_keys=True)
        if key not in known:
            folder = platform_copy(tmp_path_factory.mktemp("platform"))
            project = next((folder / "templates" / ARCHETYPE).glob("{{*"))
            for path in project.iterdir():
                if path.is_dir():
                    shutil.rmtree(path)
                elif path.name not in KEPT and "_copier_conf" not in path.name:
                    path.unlink()
            (folder / "generator").symlink_to(ROOT / "generator")
            for archetype in set(row.policy["archetypes"]) - {ARCHETYPE}:
                other = project.parent.with_name(archetype)
                shutil.rmtree(other, ignore_errors=True)
                shutil.copytree(project.parent, other, symlinks=True)
            with pytest.MonkeyPatch.context() as patch:
                # Some rows need a policy that leaves a brand no room at all, which no sync takes.
                patch.setattr("modelwright.operations.platform.sync.load_policy", lambda *_: None)
                change_policy(folder, yaml.safe_dump(whole(row.policy), allow_unicode=True))
            known[key] = folder
        return known[key]

    return platform_of


def whole(policy):
    """The policy with the parts that a row leaves out because they decide no name."""
    brands = policy["brands"]
    return {**policy, "brands": {name: entry or brands["norda"] for name, entry in brands.items()}}


def verdict_of(row, use_case=None):
    """What the rules themselves say: the sentence of the first refusal, or nothing."""
    suffix = row.policy["archetypes"][ARCHETYPE]["suffix"]
    name = row.use_case if use_case is None else use_case
    found = refusals(row.policy, brand=row.brand, use_case=name, suffix=suffix)
    return found[0].sentence if found else None


def answers(row):
    return {
        "team": row.team, "brand": row.brand, "use_case": row.use_case, "description": "Scores",
    }  # fmt: skip


def by_copier(platform, row, into):
    try:
        copier.run_copy(
            str(platform), str(into), data={"archetype": ARCHETYPE, **answers(row)},
            defaults=True, quiet=True,
        )  # fmt: skip
    except ValueError as error:
        return str(error).partition(": ")[2]
    return None


def by_command(platform, row, into, capfd):
    data = [f"--data={name}={value}" for name, value in answers(row).items()]
    code = main(
        ["new", ARCHETYPE, "--defaults", "--no-git", "--no-lock", "--json",
         "--platform", str(platform), "--into", str(into), *data]
    )  # fmt: skip
    document = json.loads(capfd.readouterr().out)
    assert code in (0, 3)
    return f"{document['error']}; {document['next_step']}" if code else None


def by_cookiecutter(platform, row, into, capfd):
    given = {**answers(row), "use_case": row.cookiecutter.get("use_case", row.use_case)}
    try:
        cookiecutter(
            str(platform), directory=f"templates/{ARCHETYPE}", no_input=True, extra_context=given,
            output_dir=str(into),
        )  # fmt: skip
    except FailedHookException:
        said = capfd.readouterr().err
        return re.search(r"error: (.*)\n  next: (.*)", said).expand(r"\1; \2")
    return None


def by_check(platform, row, into):
    """`modelwright check`, which the pre-commit hook and the workflows run, on stored answers."""
    into.mkdir()
    stored = {"archetype": ARCHETYPE, **answers(row)}
    (into / ".copier-answers.yml").write_text(yaml.safe_dump(stored, allow_unicode=True))
    report = check_project(
        into, open_platform=lambda *_: locate_platform(str(platform)), today=date(2026, 11, 1)
    )
    names = {rule["id"] for rule in row.policy["naming"]["derived"]}
    names |= {"NAM001", "NAM002", "NAM003", "NAM004", "NAM005", "NAM007"}
    found = [finding for finding in report.findings if finding.rule in names]
    if not found:
        return None
    # An existing project's answers change by an update alone, so the next step says that first.
    next_step = found[0].next_step.removeprefix("answer again by an update: ")
    return f"{found[0].rule}: {found[0].problem}; {next_step}"


def test_the_table_has_both_sides_of_every_rule():
    refused = {row.rule for row in rows()}
    policy = rows()[0].policy

    ids = {
        policy["naming"][name]["id"] for name in ("repository", "use_case", "reserved", "python")
    }
    assert ids | {rule["id"] for rule in policy["naming"]["derived"]} <= refused
    assert sum(row.rule is None for row in rows()) >= 10


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_every_entry_point_says_the_same(row, platform_of, tmp_path, capfd, monkeypatch):
    platform = platform_of(row)
    expected = verdict_of(row)
    assert (expected or "").partition(":")[0] == (row.rule or "")

    assert by_command(platform, row, tmp_path / "command", capfd) == expected
    assert by_copier(platform, row, tmp_path / "copier") == expected
    assert by_check(platform, row, tmp_path / "check") == expected
    if "skip" not in row.cookiecutter:
        monkeypatch.setenv("MODELWRIGHT_NO_LOCK", "1")
        monkeypatch.setenv("MODELWRIGHT_NO_GIT", "1")
        seen = verdict_of(row, row.cookiecutter.get("use_case", row.use_case))
        assert by_cookiecutter(platform, row, tmp_path / "cookiecutter", capfd) == seen
    left = [path for path in tmp_path.rglob("*") if path.is_file() and path.parent.name != "check"]
    assert left == [] or not expected
