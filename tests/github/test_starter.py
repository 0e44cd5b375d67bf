"""The template-repository way: a starter becomes a project, by what a workflow's token may do."""

import itertools

import pytest

from modelwright.adapters.platforms import located
from modelwright.catalog.starter import START, WORKFLOWS
from modelwright.operations.new import rendered
from modelwright.operations.starters import starter_files, starters
from tests.platforms import ROOT

USE_CASES = ("fraud-scoring", "mix", "next-best-offer-of-the-day")
TEXTS = ("Scores payments", 'says "$(touch x)" and `id`')


def of_brand(platform, brand):
    return [one for one, told in platform.policy["teams"].items() if brand in told["brands"]]


@pytest.mark.parametrize(
    ("brand", "archetype", "team"), list(starters(located(str(ROOT)).policy)), ids=str
)
def test_a_render_leaves_the_starters_workflows_as_they_are(brand, archetype, team):
    platform = located(str(ROOT))
    starter = starter_files(platform, brand, archetype, team)
    kept = {
        path: file.content
        for path, file in starter.items()
        if path.startswith(WORKFLOWS) and path != START
    }

    answers = itertools.product(of_brand(platform, brand), ("none", "personal"))
    for (owner, personal), use_case, text in zip(
        answers, itertools.cycle(USE_CASES), itertools.cycle(TEXTS), strict=False
    ):
        given = {"team": owner, "brand": brand, "use_case": use_case}
        given |= {"personal_data": personal, "description": text}
        files = rendered(platform, archetype, given)[1]
        found = {path: one.content for path, one in files.items() if path.startswith(WORKFLOWS)}
        assert found == kept, given
