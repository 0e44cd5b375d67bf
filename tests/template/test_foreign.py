"""Our own renderer takes only templates of which it makes the bytes of Copier."""

import pytest

from modelwright.adapters.disk.tree import FolderTree
from modelwright.adapters.sources.histories import history_of
from modelwright.template.compatibility import foreign_text, needs_copier
from modelwright.template.version import DialectVersion
from tests.adapters.copier.features import FEATURES
from tests.adapters.copier.templates import copied, stored_in, template
from tests.platforms import platform_copy, release

pytestmark = pytest.mark.filterwarnings("ignore")

SETTINGS = {
    "_subdirectory": "'project'",
    "_templates_suffix": "''",
    "_envops": "{undefined: jinja2.StrictUndefined}",
}
ANSWERS = "project/{% if _copier_conf is defined %}{{ _copier_conf.answers_file }}{% endif %}"
FILES = {ANSWERS: "{{ _copier_answers | to_nice_yaml }}"}
NAME = "name: {type: str, default: Ada, choices: [Ada, Grace]}\n"


def settings(**changed):
    values = {**SETTINGS, **changed}
    return "".join(f"{name}: {value}\n" for name, value in values.items() if value is not None)


def reason(tmp_path, questions, files=None):
    source = template(
        tmp_path / "t", questions=questions, files={**FILES, **(files or {})}, keep_answers=False
    )
    return needs_copier(history_of(str(source)).tree("v1.0.0"))


DIALECT = {
    "plain": (settings() + NAME, {"project/{{ name }}.txt": "{{ name | upper }}\n"}),
    "every field": (
        settings(_exclude="['{% if not extra %}/on.txt{% endif %}', '/docs/**', 'a/{{ name }}/b']",
                 _min_copier_version="'9.1'", _message_after_copy="'Hi {{ name }}'",
                 _skip_if_exists="['/README.md']")
        + NAME + "extra: {type: bool, ask: false, default: false, help: 'On?'}\n"
        "free: {type: str, default: '{{ name }}!', placeholder: x, validator: \"{{ '' }}\"}\n"
        "parts: {type: yaml, when: false, default: '[{{ name }}]'}\n"
        "pick: {type: str, choices: {A: a, B: b}, default: a}\n"
        "late: {type: str, choices: \"{% for x in 'pq' %}- {{ x }}\\n{% endfor %}\", default: p}\n",
        {"project/on.txt": "x", "project/docs/a/b.md": "x", "project/a/Ada/b/c": "x",
         "project/README.md": "{{ parts[0] }} {{ late | regex_search('p|q') }}",
         "project/run": ("run", "{{ {'a': free} | to_json }}"), "project/bin": b"\xff{{ name }}"},
    ),
    "an include of questions": (
        settings() + "---\n!include more.yml\n", {"more.yml": NAME, "project/a": "{{ name }}"}
    ),
    "foreign words that are not read": (
        settings() + NAME,
        {"project/a": "{% raw %}{{ x | hash }}{% endraw %}{# {{ now() }} #}{{ '|hash' }} now(x|y)",
         "project/link": ("link", "a")},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", DIALECT)
def test_what_our_renderer_takes_it_renders_as_copier_does(case, tmp_path):
    questions, files = DIALECT[case]

    assert reason(tmp_path, questions, files) == ""
    source = tmp_path / "t"
    stock = copied(source, tmp_path / "project")
    tree = history_of(str(source)).tree("v1.0.0")
    ours = DialectVersion(tree, "v1.0.0", str(source))
    assert ours.files(ours.answers(stored_in(tmp_path / "project"), {})) == stock


@pytest.mark.parametrize("feature", FEATURES)
def test_no_other_template_is_taken(feature, tmp_path):
    questions, files, _ = FEATURES[feature]
    source = template(tmp_path / "t", questions=questions, files=files)

    assert needs_copier(history_of(str(source)).tree("v1.0.0"))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"_subdirectory": None}, "it has no _subdirectory"),
        ({"_subdirectory": "'{{ name }}'"}, "its _subdirectory is more than we know"),
        ({"_subdirectory": "'project/'"}, "its _subdirectory is more than we know"),
        ({"_subdirectory": "7"}, "its _subdirectory is more than we know"),
        ({"_templates_suffix": None}, "it has no _templates_suffix"),
        ({"_templates_suffix": ".jinja"}, "its _templates_suffix is more than we know"),
        ({"_envops": None}, "it has no _envops"),
        ({"_envops": "{trim_blocks: true, undefined: jinja2.StrictUndefined}"}, "its _envops"),
        ({"_envops": "{undefined: jinja2.Undefined}"}, "its _envops is more than we know"),
        ({"_tasks": "[ls]"}, "it has the setting _tasks"),
        ({"_preserve_symlinks": "true"}, "it has the setting _preserve_symlinks"),
        ({"_answers_file": ".a.yml"}, "it has the setting _answers_file"),
        ({"_secret_questions": "[name]"}, "it has the setting _secret_questions"),
        ({"_exclude": "['*.txt']"}, "its _exclude is more than we know"),
        ({"_exclude": "['/a/*']"}, "its _exclude is more than we know"),
        ({"_exclude": "['!/a']"}, "its _exclude is more than we know"),
        ({"_exclude": "['/a/']"}, "its _exclude is more than we know"),
        ({"_exclude": "['docs']"}, "its _exclude is more than we know"),
        ({"_exclude": "['/[ab]']"}, "its _exclude is more than we know"),
        ({"_exclude": "['/a b ']"}, "its _exclude is more than we know"),
        ({"_exclude": "['{% for x in y %}/{{ x }}{% endfor %}']"}, "its _exclude"),
        ({"_exclude": "['/a**b/c']"}, "its _exclude is more than we know"),
    ],
)
def test_a_setting_beyond_the_dialect_is_named(tmp_path, changed, said):
    assert reason(tmp_path, settings(**changed) + NAME).startswith(said)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("short: 3\n", "copier.yml has what our questions do not"),
        ("q: {type: str, default: a, secret: true}\n", "copier.yml has what our questions do not"),
        ("q: {type: str, choices: [a], multiselect: true}\n", "copier.yml has what our questions"),
        ("q: {type: int, default: 3}\n", "question q: its type is int"),
        ("q: {type: '{{ x }}', default: 3}\n", "question q: its type is {{ x }}"),
        ("q: {default: true}\n", "question q: its type follows from its default"),
        ("q: {help: x}\n", "question q: its type follows from its default"),
        (
            "q: {type: str, default: a, when: \"{{ name == 'Ada' }}\"}\n",
            "question q: it has a `when`",
        ),
        ("q: {type: str, when: false}\n", "question q: it is computed from nothing"),
        ("q: {type: str, default: 3}\n", "question q: its default has another type"),
        ("q: {type: yaml, default: ['{{ name }}']}\n", "question q: its default is a list"),
        ("q: {type: bool, choices: [yes, no]}\n", "question q: its choices are more"),
        ("q: {type: str, choices: [[a, b]]}\n", "question q: its choices are more"),
        ("q: {type: str, choices: {a: {value: b}}}\n", "question q: its choices are more"),
        ("q: {type: str, choices: ['{{ name }}']}\n", "question q: its choices are more"),
        ("q: {type: str, choices: [1]}\n", "question q: its choices are more"),
        ("q: !include x.yml\n", "copier.yml has an !include inside a value"),
        ("---\n!include '*.yml'\n", "copier.yml has an !include inside a value"),
        ("---\n!include nowhere.yml\n", "copier.yml has an !include inside a value"),
        ("q: {type: str, default: '{{ name | hash }}'}\n", "copier.yml: it uses the filter hash"),
        ("q: {type: str, default: '{{ now() }}'}\n", "copier.yml: it uses now"),
        ("q: [\n", "copier.yml has what our questions do not"),
        ("on: {type: str, default: a}\n", "copier.yml has what our questions do not"),
    ],
)
def test_a_question_beyond_the_dialect_is_named(tmp_path, question, said):
    assert reason(tmp_path, settings() + NAME + question).startswith(said)


@pytest.mark.parametrize(
    ("path", "content", "said"),
    [
        (
            "project/a.txt",
            "{{ name | regex_replace('a', 'b') }}",
            "it uses the filter regex_replace",
        ),
        ("project/a.txt", "{{ name\n|\nbool }}", "it uses the filter bool"),
        ("project/a.txt", "{% filter hash %}{% endfilter %}", "it uses the filter hash"),
        ("project/a.txt", "{{ [] | to_nice_yaml(indent=2) }}", "it gives to_nice_yaml an argument"),
        ("project/a.txt", "{%- do x -%}", "it uses the tag do"),
        ("project/a.txt", "{{ _folder_name }}", "it uses _folder_name"),
        ("project/a.txt", "{{ _copier_conf.src_path }}", "it uses _copier_conf"),
        ("project/a.txt", "{{ pathjoin('a', 'b') }}", "it uses pathjoin"),
        ("project/a.txt", b"a\r\nb\r\n", "its lines end with CR"),
        ("project/{% yield x from [1] %}{{ x }}{% endyield %}", "x", "it uses the tag yield"),
        ("macros/a", "{{ x | hash }}", "it uses the filter hash"),
    ],
)
def test_a_text_beyond_the_dialect_is_named(tmp_path, path, content, said):
    assert reason(tmp_path, settings() + NAME, {path: content}) == f"{path}: {said}"


def test_a_link_to_a_folder_is_left_to_copier(tmp_path):
    files = {"project/a/b": "x", "project/c": ("link", "a")}

    assert reason(tmp_path, settings() + NAME, files) == "project has a link to a folder"


def test_questions_in_another_file_are_left_to_copier(tmp_path):
    source = template(tmp_path / "t", questions=settings() + NAME, files={"copier.yaml": NAME})

    assert needs_copier(history_of(str(source)).tree("v1.0.0"))
    assert needs_copier(FolderTree(tmp_path)) == "it has no copier.yml, or another beside it"


def test_our_own_templates_are_taken_and_so_is_a_platform_made_from_them(root, tmp_path):
    platform = platform_copy(tmp_path / "platform")
    release(platform, "v1.0.0")

    assert needs_copier(FolderTree(root)) == ""
    assert needs_copier(history_of(str(platform)).tree("v1.0.0")) == ""


def test_our_own_files_hold_nothing_foreign(root):
    known = {"answers.jinja": "it uses _src_path"}
    for path in (root / "templates").rglob("*"):
        if path.is_file() and path.name not in known:
            assert foreign_text(path.read_text()) == foreign_text(path.name) == "", path
