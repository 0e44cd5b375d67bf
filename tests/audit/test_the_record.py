"""The record of every project keeps its published form, and the form says what the check says."""

import json
from datetime import date
from pathlib import Path

import jsonschema
import pytest
import yaml

from modelwright.audit.checks.record import FIELDS, STATUSES
from modelwright.audit.findings import TEXTS
from modelwright.policy.answers import PERSONAL_DATA
from tests.audit.test_clean_projects import OWNERS

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas/project.schema.json").read_text())


def record(folder):
    text = (folder / "project.yaml").read_text()
    return json.loads(json.dumps(yaml.safe_load(text), default=date.isoformat))


def faults(content):
    form = jsonschema.Draft202012Validator(
        SCHEMA, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
    return [error.message for error in form.iter_errors(content)]


def test_the_form_is_sound_and_under_the_platforms_url(platform):
    jsonschema.Draft202012Validator.check_schema(SCHEMA)

    assert SCHEMA["$id"].startswith(f"{platform.policy['platform']['url']}/")
    assert SCHEMA["properties"]["schema_version"] == {
        "description": SCHEMA["properties"]["schema_version"]["description"],
        "const": 1,
    }


def test_every_field_is_described():
    items = [SCHEMA["properties"][name]["items"] for name in ("models", "waivers")]
    fields = [SCHEMA["properties"], *(item["properties"] for item in items)]

    assert [name for group in fields for name in group if not group[name].get("description")] == []


@pytest.mark.parametrize(("team", "brand"), OWNERS)
@pytest.mark.parametrize("personal_data", PERSONAL_DATA)
def test_every_new_project_keeps_the_form(make, team, brand, personal_data):
    made = make(team=team, brand=brand, personal_data=personal_data)

    assert faults(record(made)) == []


def test_a_project_for_several_brands_keeps_the_form(make):
    made = make(
        team="group-personalisation", brand="norda", serves="velora,kitto", allocation_key="by-use"
    )

    content = record(made)
    assert content["serves"] == ["velora", "kitto"]
    assert faults(content) == []


def test_a_record_that_is_in_use_keeps_the_form(made):
    waiver = {"rule": "PIN002", "reason": "a", "approver": "b", "until": "2027-01-01"}
    content = record(made) | {"status": "production", "review_by": "2027-06-30"}

    assert faults(content | {"waivers": [waiver]}) == []


@pytest.mark.parametrize(
    "change",
    [
        {"schema_version": 2},
        {"id": "Norda_Fraud"},
        {"status": "beta"},
        {"status": "pilot"},
        {"review_by": "soon"},
        {"data_class": "secret"},
        {"serves": ["velora"]},
        {"waivers": [{"rule": "PIN002"}]},
        {"waivers": [{"rule": "x", "reason": "a", "approver": "b", "until": "2027-01-01"}]},
        {"models": [{"name": "x"}]},
        {"tags": {}},
        {"custom_properties": {"a": 'with "quotes"'}},
        {"another": "field"},
    ],
    ids=str,
)
def test_the_form_refuses_what_is_wrong(made, change):
    assert faults(record(made) | change)


def test_the_form_and_the_check_ask_for_the_same():
    properties = SCHEMA["properties"]

    assert set(SCHEMA["required"]) == {*FIELDS, "review_by"} == set(properties)
    assert tuple(properties["status"]["enum"]) == STATUSES
    assert set(properties["data_class"]["enum"]) == set(PERSONAL_DATA)
    assert set(properties["waivers"]["items"]["required"]) == {*TEXTS, "until"}


def test_the_record_says_where_its_form_is(made, platform):
    first = (made / "project.yaml").read_text()

    assert f"$schema={platform.policy['platform']['url']}/raw/" in first
