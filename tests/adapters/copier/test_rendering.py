"""A template that is not of our dialect comes out of our render as stock Copier makes it."""

import pytest

from tests.adapters.copier.features import FEATURES
from tests.adapters.copier.templates import copied, recopied, stored_in, template, version

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.parametrize("feature", FEATURES)
def test_a_render_has_the_bytes_of_stock_copier(feature, tmp_path, capfd):
    questions, files, data = FEATURES[feature]
    source = template(tmp_path / "template", questions=questions, files=files)
    project = tmp_path / "project"
    stock = copied(source, project, data=data)
    name = next(path for path in stock if path.startswith(".copier-answers"))
    capfd.readouterr()

    rendered = version(source, project=project, answers_file=name)
    answers = rendered.answers(stored_in(project, name), {})

    assert rendered.files(answers) == stock
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("feature", FEATURES)
def test_a_replay_of_the_old_version_is_the_same_render(feature, tmp_path):
    questions, files, data = FEATURES[feature]
    source = template(tmp_path / "template", questions=questions, files=files)
    project = tmp_path / "project"
    stock = copied(source, project, data=data)
    name = next(path for path in stock if path.startswith(".copier-answers"))

    replay = version(source, project=project, answers_file=name, replay=True)

    assert replay.files(replay.answers(stored_in(project, name), {})) == stock


def test_a_newer_version_has_the_bytes_of_stock_recopy(tmp_path):
    source = template(
        tmp_path / "template",
        questions="name: {type: str, default: Ada}\ngone: {type: str, default: g}\n",
        files={"a.jinja": "{{ name }} {{ gone }}", "old.txt": "old"},
    )
    project = tmp_path / "project"
    copied(source, project, data={"name": "Grace", "gone": "G"})
    template(
        source, "v1.1.0",
        questions="fresh: {type: int, default: 4}\nname: {type: str, default: Ada}\n",
        files={"a.jinja": "{{ name }} {{ fresh }} {{ gone }}", "new.txt": "new"},
    )  # fmt: skip
    newer = version(source, "v1.1.0", project=project)
    files = newer.files(newer.answers(stored_in(project), {}))

    stock = recopied(project, "v1.1.0")

    stock.pop("old.txt")
    assert files == stock
    assert files["a"].content == b"Grace 4 G"
