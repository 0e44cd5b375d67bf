"""The renderer's short cut gives what the full engine gives, and free text stays free text."""

import ast
import json
import tomllib
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from modelwright.policy.text import text_refusal
from modelwright.template.dialect import environment, render_text

ROOT = Path(__file__).parent.parent.parent
ENV = environment(lambda path: (ROOT / path).read_text())
PIECES = st.sampled_from(
    ["{{ cookiecutter.name }}", "{{ cookiecutter.__d.deep }}", "{", "}", "{%", "{#", " ", "text",
     "{{ 1 + 1 }}", "{% raw %}{{ x }}{% endraw %}", "\n", "{{ cookiecutter.flag }}"]
)  # fmt: skip
VALUES = st.text(max_size=20) | st.sampled_from(
    ["{{ cookiecutter.flag }}", "{% raw %}", "{#", "}}"]
)
ALLOWED = st.text(min_size=1, max_size=60).filter(lambda text: text_refusal(text) is None)
QUOTE = "{% import 'templates/_shared/quote.jinja' as quote %}"


@given(pieces=st.lists(PIECES, max_size=6), name=VALUES, deep=VALUES)
@example(pieces=["{", "{{ cookiecutter.name }}", "}"], name="a", deep="b")
def test_the_short_cut_gives_what_jinja_gives(pieces, name, deep):
    context = {"cookiecutter": {"name": name, "flag": True, "__d": {"deep": deep}}}
    text = "".join(pieces)

    def outcome(render):
        try:
            return render()
        except Exception as error:
            return type(error)

    ours = outcome(lambda: render_text(ENV, text, context))

    assert ours == outcome(lambda: ENV.from_string(text).render(context))


def test_a_name_that_is_not_there_is_an_error():
    with pytest.raises(UndefinedError):
        render_text(ENV, "{{ cookiecutter.nothing }}", {"cookiecutter": {"__d": {}}})


@given(text=ALLOWED)
@example(text="ends with a backslash \\")
@example(text='"{{ x }} {% y %} ${{ z }} $(id) `id` \U0001f6d2 \u202e')
def test_a_quoted_text_is_the_same_text_in_every_format(text):
    quoted = ENV.from_string(QUOTE + "{{ quote.string(text) }}").render(text=text)

    assert tomllib.loads(f"key = {quoted}")["key"] == text
    assert yaml.safe_load(f"key: {quoted}")["key"] == text
    assert json.loads(quoted) == text
    assert ast.literal_eval(quoted) == text


@given(text=ALLOWED)
def test_a_text_in_markdown_marks_nothing_up(text):
    escaped = ENV.from_string(QUOTE + "{{ quote.markdown(text) }}").render(text=text)

    assert escaped.replace("\\\\", "\0").replace("\\", "").replace("\0", "\\") == text
    bare = escaped.replace("\\\\", "")
    assert not any(
        mark in bare.replace(f"\\{mark}", "") for mark in "`*_{}[]<>()#+!|~$&@"
    )  # fmt: skip


def test_a_template_reaches_nothing_of_python():
    from jinja2.exceptions import SecurityError

    with pytest.raises(SecurityError):
        ENV.from_string("{{ ''.__class__.__mro__ }}").render()


ODD = st.text(alphabet="a b:-#'\"{}[],&*!|>%@`?~=0.1_\\", max_size=70)
TEXTS = ODD | st.text(max_size=70) | st.sampled_from(["null", "yes", "1e3", "2020-01-01", "<<"])


@given(st.dictionaries(TEXTS | st.from_regex(r"\w+", fullmatch=True), TEXTS | st.integers()))
def test_answers_are_written_as_copier_writes_them(answers):
    written = environment(lambda _: None).filters["to_nice_yaml"](answers)

    assert written == yaml.safe_dump(
        answers, indent=4, allow_unicode=True, default_flow_style=False
    )
