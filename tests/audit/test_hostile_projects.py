"""Whatever stands in a repository, a check ends with findings: it never raises."""

import random

import pytest
import yaml

from modelwright.audit.check import check as run_checks
from modelwright.audit.project import Project
from modelwright.policy.yaml_reader import walk
from tests.audit.conftest import TODAY

JUNK = [None, True, 7, 1.5, "", "text", [], [1], ["a", None, {}], {}, {"a": 1}, {1: {2: 3}}, [[]]]


@pytest.fixture(scope="module")
def texts(made):
    return {
        path.relative_to(made).as_posix(): path.read_text()
        for path in sorted(made.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def judged(platform, texts):
    """Run every check over changed texts."""
    answers = yaml.safe_load(texts[".copier-answers.yml"])

    def judged(changed):
        return run_checks(
            Project(
                files={**texts, **changed},
                answers=answers,
                folder=str(answers["use_case"]),
                policy=platform.policy,
                pin={"sha": "0" * 40, "version": "ci-v1"},
                expected={},
                today=TODAY,
            )
        )

    return judged


def spoiled(documents, chance):
    """Put something else in one place of some documents."""
    places = [
        (place, document)
        for document in documents
        for place, _ in walk(document)
        if place and isinstance(document, dict | list)
    ]
    place, document = chance.choice(places)
    for step in place[:-1]:
        document = document[step]
    document[place[-1]] = chance.choice(JUNK)


@pytest.mark.parametrize("seed", range(12))
def test_any_value_may_stand_anywhere_in_yaml(judged, texts, seed):
    chance = random.Random(seed)
    paths = [path for path in texts if path.endswith((".yml", ".yaml"))]
    for path in chance.sample(paths, 6):
        documents = [part for part in yaml.safe_load_all(texts[path]) if part]
        spoiled(documents, chance)

        assert judged({path: yaml.safe_dump_all(documents)}).passed


@pytest.mark.parametrize("junk", JUNK, ids=repr)
@pytest.mark.parametrize(
    "path", ["project.yaml", "secrets.yaml", "databricks.yml", "deploy/k8s/base/kustomization.yaml"]
)
def test_a_file_may_hold_anything(judged, path, junk):
    assert judged({path: yaml.safe_dump(junk)}).failing


@pytest.mark.parametrize(
    "text",
    [
        "LABEL 'a",
        "FROM",
        "LABEL",
        "ARG",
        "\\",
        "FROM x\nLABEL a=\\",
        "FROM x\nLABEL a b\nARG =\n",
    ],
)
def test_a_dockerfile_may_be_broken(judged, text):
    assert "TAG102" in {finding.rule for finding in judged({"Dockerfile": text}).failing}


def test_code_that_is_no_python_is_not_run_or_read(judged, texts):
    path = next(path for path in texts if path.endswith("runtime/registry.py"))

    assert judged({path: "COST_TAGS = {\n"}).passed
