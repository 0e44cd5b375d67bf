"""A description is one line that every format carries unchanged, or is refused by name."""

import json
import tomllib

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from modelwright.policy.text import CHARACTER_NAMES, character_name, text_refusal

ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=()), max_size=60)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "TXT002: description is empty; say in one line what it does"),
        (" \n", "TXT002: description is empty; say in one line what it does"),
        (
            "a\nb",
            "TXT001: description contains LINE FEED (U+000A) at position 2; "
            "write one line without it",
        ),
        (
            "eleven char\u2028",
            "TXT001: description contains LINE SEPARATOR (U+2028) at position 12; "
            "write one line without it",
        ),
        (
            "a\x85",
            "TXT001: description contains NEXT LINE (U+0085) at position 2; "
            "write one line without it",
        ),
        (
            "a\x9b1m",
            "TXT001: description contains CONTROL CHARACTER (U+009B) at position 2; "
            "write one line without it",
        ),
        (
            "a\ud83d",
            "TXT001: description contains SURROGATE (U+D83D) at position 2; "
            "write one line without it",
        ),
        (
            "a\U0001fffe",
            "TXT001: description contains NONCHARACTER (U+1FFFE) at position 2; "
            "write one line without it",
        ),
        ("a ", "TXT004: description begins or ends with a space; remove it"),
        ("\u00a0a", "TXT004: description begins or ends with a space; remove it"),
        ("x" * 351, "TXT003: description has 351 characters; use at most 350"),
        ("x" * 10_000, "TXT003: description has 10000 characters; use at most 350"),
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_what_no_format_carries_is_refused_by_name(text, sentence):
    assert text_refusal(text).sentence == sentence


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "x" * 350,
        """it's "quoted" \\ `ticked`""",
        "{{ x }} {% y %} {# z #} ${{ secrets.x }} $(id)",
        "\u200fright\u202eto left\u202c",
        "\U0001f600 \U00010348",
        "#: - [x] *bold* | a",
        "\u00ad\u200b\u200d",
    ],
    ids=ascii,
)
def test_what_can_be_quoted_is_welcome(text):
    assert text_refusal(text) is None


@settings(deadline=None)
@given(text=ANY_TEXT)
def test_whatever_is_welcome_survives_every_format(text):
    if text_refusal(text):
        return
    quoted = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

    assert tomllib.loads(f"x = {quoted}")["x"] == text
    assert yaml.safe_load(f"x: {quoted}")["x"] == text
    assert json.loads(quoted) == text
    assert eval(quoted) == text
    assert text.encode().decode() == text
    assert f"{text}\n".splitlines() == [text]


@pytest.mark.parametrize("character", CHARACTER_NAMES, ids=ascii)
def test_a_named_character_is_refused_in_the_middle_of_a_text(character):
    refusal = text_refusal(f"a{character}b")

    assert refusal.rule == "TXT001"
    assert character_name(character) in refusal.problem
