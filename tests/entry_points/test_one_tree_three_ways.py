"""`copier copy`, `cookiecutter` and `modelwright new` make the same project."""

import random
import subprocess
from pathlib import Path

import copier
import pytest
from cookiecutter.main import cookiecutter

from modelwright.adapters.disk.tree import FolderTree
from modelwright.operations.new.new import new_project
from modelwright.template.platform import Platform

ROOT = Path(__file__).parent.parent.parent
ARCHETYPE = "online-serving"
OPTIONS = ("ab_test", "load_test", "databricks", "dashboards", "devcontainer", "compose")
PLATFORM = Platform(tree=FolderTree(ROOT), source=str(ROOT), version="")
TEAMS = PLATFORM.policy["teams"]
PLACES = [(team, brand) for team, entry in TEAMS.items() for brand in entry["brands"]]
HOSTILE = (
    "He said \"go\" and 'stop'",
    "back\\slash \\n \\u0041 and a trailing \\",
    "$(touch /tmp/owned) `id` ${HOME} $HOME %PATH%",
    "<script>alert(1)</script> & <b>bold</b> | # heading",
    "- [ ] *not* _a_ ~list~ !image [x](y) ```",
    "\u202eright to left\u202c and \u200fmarks",
    "four bytes \U0001f6d2 and \U0001f9ea, combining e\u0301",
    "key: value, {a: 1} [b] & anchor *alias ! tag %d",
    'ends with a quote"',
    "true",
    "0123",
    "x" * 350,
)


def answers(number=0, **changes):
    team, brand = PLACES[number % len(PLACES)]
    return {
        "team": team,
        "brand": brand,
        "use_case": "fraud-scoring",
        "personal_data": "personal",
        "description": "Scores card payments while the customer waits",
        **changes,
    }


def sets_of_answers():
    yield from (answers(number) for number in range(len(PLACES)))
    yield from (answers(**{option: value}) for option in OPTIONS for value in (True, False))
    yield answers(**dict.fromkeys(OPTIONS, False))
    yield answers(**dict.fromkeys(OPTIONS, True))
    yield from (answers(number, managed_only=True) for number in range(len(PLACES)))
    yield answers(managed_only=True, **dict.fromkeys(OPTIONS, True))
    yield from (answers(n, description=text) for n, text in enumerate(HOSTILE))
    yield answers(cost_centre="", serves="", allocation_key="")
    rolls = random.Random(11)
    for _ in range(30 - len(HOSTILE)):
        yield answers(
            rolls.randrange(len(PLACES)),
            use_case=rolls.choice(["churn", "returns-risk", "basket-size-now", "k9-alerts"]),
            personal_data=rolls.choice(["none", "pseudonymous", "personal"]),
            description=rolls.choice(HOSTILE),
            cost_centre=rolls.choice(["", "CC-4100", "HQ-0001"]),
            **{option: rolls.random() < 0.5 for option in OPTIONS},
        )


CASES = list(sets_of_answers())


def files(folder):
    return {
        path.relative_to(folder).as_posix(): (path.read_bytes(), path.stat().st_mode & 0o111)
        for path in folder.rglob("*")
        if path.is_file() and path.name not in (".copier-answers.yml", ".env")
    }


def by_command(given, into):
    return new_project(PLATFORM, ARCHETYPE, into, given=given, defaults=True, ask=None).folder


def by_copier(given, into, template):
    copier.run_copy(
        str(template), into, data={"archetype": ARCHETYPE, **given}, defaults=True, quiet=True
    )
    return into


def by_cookiecutter(given, into, monkeypatch):
    monkeypatch.setenv("MODELWRIGHT_NO_LOCK", "1")
    monkeypatch.setenv("MODELWRIGHT_NO_GIT", "1")
    made = cookiecutter(
        str(ROOT),
        directory=f"templates/{ARCHETYPE}",
        no_input=True,
        extra_context=given,
        output_dir=str(into),
    )
    return Path(made)


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    """A copy without history, so that Copier neither clones nor warns."""
    into = tmp_path_factory.mktemp("template")
    for name in ("copier.yml", "platform.yml", "templates", "hooks"):
        subprocess.run(["cp", "-r", ROOT / name, into], check=True)
    return into


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("given", CASES, ids=[str(number) for number in range(len(CASES))])
def test_the_three_ways_give_the_same_bytes(given, tmp_path, template, monkeypatch):
    ours = files(by_command(given, tmp_path / "ours"))
    copied = files(by_copier(given, tmp_path / "copier", template))
    cut = files(by_cookiecutter(given, tmp_path / "cookiecutter", monkeypatch))

    assert ours == copied
    assert ours == cut


def test_the_matrix_holds_every_brand_and_team_and_every_option():
    assert {(case["team"], case["brand"]) for case in CASES} == set(PLACES)
    assert all(any(case.get(option) is True for case in CASES) for option in OPTIONS)
