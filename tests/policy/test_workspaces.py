"""Databricks is refused where the brand has no workspace, before anything is written."""

import copier
import pytest
import yaml

from modelwright.cli.main import main
from modelwright.policy.answers import answers_refusals, workspace_refusal
from tests.platforms import platform_copy
from tests.policies import plain
from tests.policy.test_naming_macros import NAMING

ANSWERS = {
    "team": "kitto-marketing", "brand": "kitto", "use_case": "demand-forecasting",
    "description": "Forecasts", "databricks": True,
}  # fmt: skip
SENTENCE = (
    "ANS005: databricks is on, but brand 'kitto' has no workspace in the policy; "
    "take databricks=false, or have its workspaces added to platform.yml"
)


@pytest.fixture
def bare():
    """Give the sample with a brand that has no workspace."""
    return plain(changes={"brands.kitto.databricks": {}})


@pytest.mark.parametrize("answer", ["False", "false", "", None])
def test_answers_as_a_file_has_them_mean_the_same(bare, answer):
    assert workspace_refusal(bare, {"brand": "kitto", "databricks": answer}) is None
    assert workspace_refusal(bare, {"brand": "kitto", "databricks": "true"}) is not None


@pytest.mark.parametrize("born", ["", "v1.0.0"])
def test_a_project_that_stands_goes_on_when_its_brand_loses_its_workspaces(bare, born):
    answers = {**ANSWERS, "cost_centre": "", "personal_data": "none", "databricks": True}
    answers |= {"description": "Forecasts", "serves": "", "allocation_key": ""}

    found = answers_refusals(bare, "batch", answers, born=born)

    assert [refusal.rule for refusal in found] == ([] if born else ["ANS005"])


@pytest.mark.parametrize(("brand", "on"), [("kitto", False), ("norda", True), ("norda", False)])
def test_a_brand_with_workspaces_and_a_project_without_databricks_are_left_alone(bare, brand, on):
    assert workspace_refusal(bare, {"brand": brand, "databricks": on}) is None
    assert str(NAMING.workspaces(bare, brand, on)) == ""


def test_the_command_and_stock_copier_refuse_it_alike(bare, tmp_path, capsys):
    platform = platform_copy(tmp_path / "platform", yaml.safe_dump(bare, allow_unicode=True))
    given = [f"--data={name}={value}" for name, value in ANSWERS.items()]
    into = tmp_path / "into"

    code = main(["new", "batch", "--defaults", "--into", str(into), "--platform", str(platform),
                 "--no-git", *given])  # fmt: skip
    with pytest.raises(ValueError, match="ANS005") as told:
        copier.run_copy(
            str(platform), into, data={"archetype": "batch", **ANSWERS}, defaults=True, quiet=True
        )

    assert code == 3
    assert SENTENCE.replace("; ", "\n  next: ") in capsys.readouterr().err
    assert SENTENCE in str(told.value)
    assert not into.exists() or list(into.iterdir()) == []
