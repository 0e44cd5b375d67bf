"""Whatever the answers and the form of the template: our render and stock Copier's are the same."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.adapters.copier.templates import copied, recopied, stored_in, template, version

pytestmark = pytest.mark.filterwarnings("ignore")

QUESTIONS = """\
text: {type: str, default: '', multiline: true}
word: {type: str, default: w}
number: {type: int, default: 0}
ratio: {type: float, default: 0.0}
switch: {type: bool, default: false}
tree: {type: yaml, default: {}}
data: {type: json, default: '[]'}
pick: {type: str, choices: {First: a, Second: b, "{{ word }}": c}, default: a}
several: {type: int, multiselect: true, choices: [1, 2, 3], default: []}
hung: {type: str, default: 'h{{ number }}', when: "{{ switch }}"}
made: {type: str, when: false, default: "{{ word }}-{{ number }}"}
"""
NEWER = QUESTIONS + 'late: {type: str, default: "{{ made }}/{{ hung }}"}\n'
NAMES = [line.partition(":")[0] for line in NEWER.splitlines()]
FORMS = {
    "suffix": ("", ".jinja", "{{", "}}", ""),
    "other suffix": ("_templates_suffix: .tpl\n", ".tpl", "{{", "}}", ""),
    "no suffix": ('_templates_suffix: ""\n', "", "{{", "}}", ""),
    "subdirectory": ("_subdirectory: 'in/{{ pick }}'\n", ".jinja", "{{", "}}", "in/{{}}/"),
    "trimmed": (
        "_envops: {trim_blocks: true, lstrip_blocks: true, keep_trailing_newline: false}\n",
        ".jinja", "{{", "}}", "",
    ),
}  # fmt: skip


def in_order(value):
    """Sort names, as the YAML of the answers file does."""
    if isinstance(value, dict):
        return {name: in_order(value[name]) for name in sorted(value)}
    return [in_order(item) for item in value] if isinstance(value, list) else value


# YAML folds its other line ends in Copier's own answers file: another text is read back.
LINE_ENDS = "\x85\u2028\u2029"
plain = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=LINE_ENDS), max_size=12)
leaf = st.none() | st.booleans() | st.integers(-99, 99) | plain
nested = st.recursive(
    st.lists(leaf, max_size=3) | st.dictionaries(plain, leaf, max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(plain, inner, max_size=2),
    max_leaves=5,
).map(in_order)
ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        "text": plain,
        "word": st.from_regex(r"[a-zé][a-z0-9 ]{0,6}[a-z]", fullmatch=True),
        "number": st.integers(-(10**9), 10**9),
        "ratio": st.floats(allow_nan=False),
        "switch": st.booleans(),
        "tree": nested,
        "data": nested,
        "pick": st.sampled_from("abc"),
        "several": st.lists(st.sampled_from([1, 2, 3]), unique=True),
    },
)


def write(folder, tag, form, questions):
    head, suffix, start, end, below = FORMS[form]
    lines = "".join(f"{name}: {start} {name} {end}\n" for name in NAMES)
    files = {
        f"{{{{ _copier_conf.answers_file }}}}{suffix}": "{{ _copier_answers|to_nice_yaml -}}\n",
        f"all.txt{suffix}": f"{{% if switch %}}\n  on\n{{% endif %}}\n{lines}",
        f"{{% if switch %}}{{{{ word }}}}{{% endif %}}/x{suffix}": "{{ text }}",
        f"{{% yield n from several %}}{{{{ n }}}}{{% endyield %}}.txt{suffix}": tag,
        "raw.bin": b"\x00\xff{{ text }}\r\n",
    }
    places = [below.replace("{{}}", pick) for pick in "abc"] if below else [""]
    files = {place + name: made for place in places for name, made in files.items()}
    template(folder, tag, head + questions, files, keep_answers=False)


@pytest.fixture(scope="module", params=FORMS)
def source(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("template")
    write(folder, "v1.0.0", request.param, QUESTIONS)
    write(folder, "v1.1.0", request.param, NEWER)
    return folder


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=ANSWERS)
def test_a_random_project_is_rendered_as_stock_copier_does(source, data):
    with tempfile.TemporaryDirectory() as place:
        project = Path(place, "project")
        stock = copied(source, project, data=data)
        stored = stored_in(project)
        old = version(source, "v1.0.0", project=project, replay=True)
        new = version(source, "v1.1.0", project=project)
        newer = new.files(new.answers(stored, {}))

        assert old.files(old.answers(stored, {})) == stock
        left = {path for path in stock if path not in newer}
        assert newer == {
            path: file for path, file in recopied(project, "v1.1.0").items() if path not in left
        }
        assert left == set()
