"""One table of names; each door gives each of them the same rule and the same words."""

import pytest
from cookiecutter.exceptions import FailedHookException
from cookiecutter.main import cookiecutter
from copier import run_copy

from modelwright.policy.rules import refusals
from tests.name_table import rows
from tests.policies import SAMPLE, plain
from tests.policy.doors import cookiecutter_template, copier_template

ROWS = [pytest.param(row, id=row.id) for row in rows()]


def first_refusal(row, use_case=None):
    policy = row.policy
    suffix = policy["archetypes"]["online-serving"]["suffix"]
    found = refusals(policy, brand=row.brand, use_case=use_case or row.use_case, suffix=suffix)
    return found[0] if found else None


@pytest.mark.parametrize("row", ROWS)
def test_python_gives_each_name_its_rule(row):
    refusal = first_refusal(row)

    assert (refusal and refusal.rule) == row.rule


def test_the_table_meets_every_rule_of_the_policy_from_both_sides():
    naming = plain()["naming"]
    ids = {naming[key]["id"] for key in ("repository", "use_case", "reserved", "python")}
    ids |= {rule["id"] for rule in naming["derived"]}

    assert ids | {"NAM005", "NAM007"} == {row.rule for row in rows()} - {None}
    for rule in naming["derived"]:
        mentioned = [row.rule for row in rows() if any(rule["id"] in path for path in row.changes)]
        assert {rule["id"], None} <= set(mentioned), rule["id"]


@pytest.mark.parametrize("row", ROWS)
def test_copier_gives_each_name_the_words_of_python(row, tmp_path):
    policy = row.policy
    template = copier_template(tmp_path / "template", policy)
    suffix = policy["archetypes"]["online-serving"]["suffix"]
    data = {"brand": row.brand, "use_case": row.use_case, "suffix": suffix}
    refusal = first_refusal(row)

    def copy():
        run_copy(str(template), tmp_path / "made", data=data, defaults=True, quiet=True)

    if refusal is None:
        copy()
        assert (tmp_path / "made" / "name.txt").read_text().startswith(f"{row.use_case}: ")
    else:
        with pytest.raises(ValueError, match="Validation error") as caught:
            copy()
        assert str(caught.value).endswith(f"'use_case': {refusal.sentence}")
        assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("row", ROWS)
def test_cookiecutter_gives_each_name_the_words_of_python(row, tmp_path, capfd):
    if "skip" in row.cookiecutter:
        pytest.skip(row.cookiecutter["skip"])
    template = cookiecutter_template(tmp_path / "platform", row.policy)
    made = tmp_path / "made"
    made.mkdir()
    answers = {"brand": row.brand, "team": row.team, "use_case": row.use_case}
    refusal = first_refusal(row, row.cookiecutter.get("use_case"))

    def bake():
        cookiecutter(str(template), no_input=True, extra_context=answers, output_dir=str(made))

    if refusal is None:
        bake()
        assert len(list(made.glob("*/name.txt"))) == 1
    else:
        with pytest.raises(FailedHookException):
            bake()
        expected = f"error: {refusal.rule}: {refusal.problem}\n  next: {refusal.next_step}\n"
        assert capfd.readouterr().err.startswith(expected)
        assert list(made.rglob("name.txt")) == []


def test_the_sample_of_the_table_is_the_sample_policy():
    assert rows()[0].policy == plain(SAMPLE)
