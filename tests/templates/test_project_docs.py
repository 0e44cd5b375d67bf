"""The pages of a project: every command, link, file and alert that they name is there."""

import re
from urllib.parse import unquote

import pytest
import yaml

from modelwright.audit.facts.documents import headings
from tests.audit.maturity.fresh import project

VARIATIONS = {
    "defaults": {},
    "no option": {"ab_test": False, "load_test": False},
    "no personal data": {"personal_data": "none"},
    "pseudonymous": {"personal_data": "pseudonymous"},
    "client secret, no monitoring": {"team": "kitto-marketing"},
    "databricks": {"databricks": True},
}
HOSTILE = r"a*b_c `d` [e](f) <g> #h | ${{ i }} {{ j }} {% k %} $(l) & \ ~m~"
MADE_BY_A_COMMAND = {"docs/load-test.md"}
FILE = re.compile(
    r"`((?:src|docs|config|deploy|monitoring|notebooks|resources|tests|load|\.github)/[\w./-]+\w)`"
)


@pytest.fixture(params=("online-serving", "batch", "streaming-recommendation"))
def archetype(request):
    return request.param


@pytest.fixture(params=VARIATIONS.values(), ids=VARIATIONS)
def made(archetype, request):
    return project(archetype, **request.param)


@pytest.fixture
def pages(made):
    return {path: text for path, text in made.files.items() if path.endswith(".md")}


def test_every_task_that_a_page_names_exists(made, pages):
    tasks = set(re.findall(r"^([\w-]+) = \{ cmd", made.files["pyproject.toml"], re.MULTILINE))
    tasks |= set(re.findall(r"^\[tool\.poe\.tasks\.([\w-]+)\]", made.files["pyproject.toml"], re.M))

    for path, text in pages.items():
        assert set(re.findall(r"uv run poe ([\w-]+)", text)) <= tasks, path


def test_every_file_that_a_page_names_exists(made, pages):
    for path, text in pages.items():
        lacking = {
            name
            for name in set(FILE.findall(text)) - MADE_BY_A_COMMAND
            if not any(file == name or file.startswith(f"{name}/") for file in made.files)
        }
        assert lacking == set(), path


def test_every_link_leads_to_a_page_and_a_heading(made, pages):
    for path, text in pages.items():
        folder = path.rpartition("/")[0]
        for link in re.findall(r"\]\(([^)]+)\)", text):
            target, _, anchor = unquote(link).partition("#")
            place = "/".join(part for part in (folder, target) if part) if target else path
            assert place in made.files, (path, link)
            assert not anchor or anchor in headings(made.files[place]), (path, link)


def test_every_alert_has_its_section_in_the_runbook(made):
    rules = yaml.safe_load(made.files["monitoring/alerts.yml"])["groups"][0]["rules"]
    sections = headings(made.files["docs/runbook.md"])

    assert rules
    for rule in rules:
        place, _, anchor = rule["annotations"]["runbook_url"].partition("#")
        assert place.endswith("/docs/runbook.md")
        assert anchor == rule["alert"].lower()
        assert anchor in sections


def test_the_runbook_names_every_secret_of_the_manifest(made):
    entries = yaml.safe_load(made.files["secrets.yaml"])["secrets"]

    for entry in entries:
        assert f"| `{entry['name']}` | {entry['kind']}: " in made.files["docs/runbook.md"]


def test_what_is_left_to_do_stands_in_one_place(pages):
    for path, text in pages.items():
        assert not re.search(r"\b(TODO|FIXME|TBD|XXX|lorem)\b", text, re.IGNORECASE), path
        boxes = "- [ ]" in text
        assert boxes == (path in ("README.md", ".github/pull_request_template.md")), path


def test_a_description_of_any_characters_stands_in_the_pages_as_it_was_given(archetype):
    made = project(archetype, description=HOSTILE)

    for path in ("README.md", "docs/model-card.md"):
        line = made.files[path].splitlines()[2]
        assert re.sub(r"\\([^A-Za-z0-9\s])", r"\1", line) == HOSTILE


def test_pages_end_with_one_line_break_and_hold_no_blank_lines_in_a_row(pages):
    for path, text in pages.items():
        assert text.endswith("\n"), path
        assert not text.endswith("\n\n"), path
        assert "\n\n\n" not in text, path


def test_a_page_fits_on_a_screen_s_width_or_is_a_table(pages):
    for path, text in pages.items():
        long = [line for line in text.splitlines() if len(line) > 240 and "|" not in line[:1]]
        assert long == [], path


def test_every_job_that_the_runbook_starts_is_declared(made):
    text = made.files["docs/runbook.md"]
    declared = "".join(
        body for path, body in made.files.items() if path.startswith(("deploy/", "resources/"))
    )

    for job in re.findall(r"databricks bundle run --target \w+ (\w+)", text):
        assert re.search(rf"^    {job}:$", declared, re.MULTILINE), job
    for job in re.findall(r"(?:cronjob|deployment)/([\w-]+)", text):
        assert re.search(rf"^  name: {job}$", declared, re.MULTILINE), job


def test_day_one_is_small(archetype):
    files = project(archetype).files

    # A stream is three programs (worker, service, refresh) and a broker to try them with.
    assert len(files) <= (72 if archetype == "streaming-recommendation" else 60)
    assert len({path.split("/")[0] for path in files}) <= 20
