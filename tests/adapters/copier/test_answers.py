"""An answer of a project is kept, refused with the reason, or replaced by what was given for it."""

import pytest

from modelwright.errors import RefusedError
from tests.adapters.copier.templates import (
    clean_python,
    copied,
    recopied,
    stored_in,
    template,
    version,
)
from tests.platforms import git

pytestmark = pytest.mark.filterwarnings("ignore")


def put(tmp_path, questions, stored, given=None, ask=None, files=None, **options):
    """Put the questions of a one-version template to a project that has these answers."""
    source = template(tmp_path / "template", questions=questions, files=files or {})
    newer = version(source, project=tmp_path / "project", **options)
    return newer.answers(stored, given or {}, ask)


def refused(tmp_path, questions, stored, given=None, **options):
    with pytest.raises(RefusedError) as caught:
        put(tmp_path, questions, stored, given, **options)
    return caught.value


STRICT = (
    "slug: {type: str, default: fine, validator: \"{% if '-' in slug %}no hyphens{% endif %}\"}\n"
)


def test_a_stricter_validator_refuses_and_never_takes_the_default(tmp_path):
    error = refused(tmp_path, STRICT, {"slug": "fraud-model"})

    assert error.problem == "slug 'fraud-model' is refused by v1.0.0: no hyphens"
    assert error.next_step == "give another with --data slug=..."
    assert error.where == "answer slug"
    assert error.exit_code == 3


def test_stock_copier_takes_the_default_in_silence(tmp_path):
    source = template(tmp_path / "template", questions="slug: fine\n")
    copied(source, tmp_path / "project", data={"slug": "fraud-model"})
    template(source, "v2.0.0", questions=STRICT)

    recopied(tmp_path / "project", "v2.0.0")

    assert stored_in(tmp_path / "project")["slug"] == "fine"


def test_what_is_given_replaces_a_refused_answer(tmp_path):
    answers = put(tmp_path, STRICT, {"slug": "fraud-model"}, {"slug": "fraud"})

    assert answers.stored_values == {"slug": "fraud"}


def test_what_is_given_is_held_against_the_rules_too(tmp_path):
    error = refused(tmp_path, STRICT, {"slug": "fraud"}, {"slug": "a-b"})

    assert error.problem == "slug 'a-b' is refused by v1.0.0: no hyphens"


def test_a_removed_choice_is_refused_and_the_choices_are_named(tmp_path):
    error = refused(
        tmp_path, "db: {type: str, choices: {Postgres: pg, SQLite: lite}, default: pg}\n",
        {"db": "mysql"},
    )  # fmt: skip

    assert error.problem == "db 'mysql' is refused by v1.0.0: 'mysql' is not in ['pg', 'lite']"
    assert error.next_step == "give another with --data db=..., of pg, lite"


def test_a_choice_that_its_own_validator_refuses_says_why(tmp_path):
    error = refused(
        tmp_path,
        "py: {type: str, choices: {old: {value: '3.9', validator: 'needs 3.11'}, new: '3.12'}}\n",
        {"py": "3.9"},
    )

    assert error.problem == "py '3.9' is refused by v1.0.0: needs 3.11"
    assert error.next_step == "give another with --data py=..., of 3.12"


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        ("int", "abc", "invalid literal for int() with base 10: 'abc'"),
        ("int", 3.7, "3.7 is not a whole number"),
        ("float", "x", "could not convert string to float: 'x'"),
        ("bool", "perhaps", "'perhaps' is neither true nor false"),
        ("bool", [1], "[1] is neither true nor false"),
        ("str", [1], "Could not convert [1] to string"),
        ("str", None, 'Invalid answer "None" of type'),
    ],
)
def test_an_answer_that_the_new_type_would_change_is_refused(tmp_path, kind, value, said):
    error = refused(tmp_path, f"n: {{type: {kind}, default: '1'}}\n", {"n": value})

    assert said in error.problem
    assert error.problem.startswith(f"n {value!r} is refused by v1.0.0: ")


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [
        ("int", "3", 3),
        ("str", 3, "3"),
        ("bool", "yes", True),
        ("float", 3, 3.0),
        ("bool", 0, False),
    ],
)
def test_an_answer_that_means_the_same_in_the_new_type_is_kept(tmp_path, kind, value, kept):
    answers = put(tmp_path, f"n: {{type: {kind}, default: '1'}}\n", {"n": value})

    assert answers.stored_values == {"n": kept}
    assert type(answers.values["n"]) is type(kept)


@pytest.mark.parametrize("kind", ["yaml", "json"])
@pytest.mark.parametrize("value", ["1.10", "on", "[a, b]", "no: 'yaml", {"a": 1}, [1], None])
def test_a_value_that_was_parsed_when_it_was_given_is_not_parsed_again(tmp_path, kind, value):
    answers = put(tmp_path, f"v: {{type: {kind}, default: '1'}}\n", {"v": value})

    assert answers.stored_values == {"v": value}


def test_a_question_without_type_and_default_is_yaml_as_copier_has_it(tmp_path):
    answers = put(tmp_path, "a: {help: x}\nb: {help: y}\n", {"a": "1.10"}, {"b": "1.10"})

    assert answers.stored_values == {"a": "1.10", "b": 1.1}


def test_a_new_question_without_default_is_refused_and_named(tmp_path):
    error = refused(
        tmp_path, "team: {type: str, choices: [red, blue]}\n", {"group": "red", "born": "v1"}
    )

    assert error.problem == "v1.0.0 asks team, which the project does not answer"
    assert error.next_step == (
        "add --data team=..., of red, blue (the answers file has group, which it no longer asks)"
    )


def test_a_new_question_without_default_is_put_to_a_person(tmp_path, capsys):
    met = []

    def ask(prompt):
        print("heard")
        met.append((prompt, prompt.refusal("green"), prompt.refusal("red")))
        return "red"

    answers = put(
        tmp_path,
        "old: o\nteam: {type: str, help: 'Which?', choices: {R: red, B: blue}}\n",
        {}, ask=ask,
    )  # fmt: skip

    (prompt, wrong, right), = met  # fmt: skip
    assert answers.stored_values == {"old": "o", "team": "red"}
    assert (prompt.name, prompt.message, prompt.kind) == ("team", "Which?", "str")
    assert prompt.choices == {"R": "red", "B": "blue"}
    assert (wrong, right) == ("'green' is not in ['red', 'blue']", "")
    assert capsys.readouterr().out == "heard\n"


def test_several_choices_are_asked_as_a_list(tmp_path):
    answers = put(
        tmp_path, "many: {type: str, multiselect: true, choices: [a, b, c]}\n",
        {}, ask=lambda prompt: "[c, a]" if "of: a, b, c" in prompt.message else "",
    )  # fmt: skip

    assert answers.stored_values == {"many": ["a", "c"]}


def test_a_default_that_the_template_itself_refuses_is_refused(tmp_path):
    error = refused(
        tmp_path, "slug: {type: str, default: '', validator: \"{{ 'empty' if not slug }}\"}\n",
        {},
    )  # fmt: skip

    assert "asks slug, which the project does not answer: its default is refused: empty" in (
        error.problem
    )
    assert error.next_step == "add --data slug=..."


def test_a_name_that_answers_no_question_is_refused(tmp_path):
    error = refused(tmp_path, "slug: fine\nup: {when: false, default: U}\n", {}, {"slog": "x"})

    assert error.problem == "there is no question 'slog'"
    assert error.next_step == "did you mean slug?"
    assert refused(tmp_path / "2", "up: {when: false, default: U}\n", {}, {"up": "x"})


WHEN = "kind: app\nport: {type: int, default: 80, when: \"{{ kind == 'web' }}\"}\n"


def test_an_answer_whose_question_is_no_longer_asked_leaves_the_answers(tmp_path):
    answers = put(tmp_path, WHEN, {"kind": "app", "port": 8080})

    assert answers.stored_values == {"kind": "app"}
    assert answers.values["port"] == 80


def test_an_answer_that_would_not_be_kept_is_refused_when_it_is_given(tmp_path):
    error = refused(tmp_path, WHEN, {"kind": "app"}, {"port": "8080"})

    assert "port is not asked by v1.0.0 beside the other answers" in error.problem
    assert put(tmp_path / "same", WHEN, {"kind": "app"}, {"port": "80"}).stored == ["kind"]
    assert put(tmp_path / "web", WHEN, {}, {"kind": "web", "port": "8080"}).values["port"] == 8080


def test_a_secret_is_never_stored_and_never_told(tmp_path):
    questions = (
        "key: {type: str, secret: true, default: none,"
        " validator: \"{{ 'short' if key|length < 9 }}\"}\n"
    )

    answers = put(tmp_path, questions, {})
    error = refused(tmp_path / "b", questions, {}, {"key": "hunter2"})

    assert (answers.stored_values, answers.values) == ({}, {"key": "none"})
    assert error.problem == "key is refused by v1.0.0: short"


def test_a_secret_that_is_given_reaches_the_files_and_no_answers_file(tmp_path):
    source = template(
        tmp_path / "template", questions="key: {type: str, secret: true, default: none}\n",
        files={"a.jinja": "{{ key }}"},
    )  # fmt: skip
    newer = version(source, project=tmp_path / "project")

    files = newer.files(newer.answers({}, {"key": "hunter2"}))

    assert files["a"].content == b"hunter2"
    assert b"hunter2" not in files[".copier-answers.yml"].content


def test_an_answer_that_no_question_asks_stays_a_name_for_the_templates(tmp_path):
    answers = put(tmp_path, "a: 1\n", {"born": "v1", "gone": "g", "_src_path": "x", "_commit": "y"})

    assert answers.stored_values == {"a": 1}
    assert answers.values == {"born": "v1", "gone": "g", "a": 1}


def test_a_computed_value_follows_the_new_answers(tmp_path):
    answers = put(
        tmp_path, "a: x\nb: {type: str, when: false, default: '{{ a }}!'}\n", {"a": "y", "b": "old"}
    )

    assert answers.values == {"a": "y", "b": "y!"}
    assert answers.stored == ["a"]


def test_choices_may_hang_on_other_answers(tmp_path):
    questions = "a: x\nb: {type: str, choices: \"{{ ['p', a] | to_json }}\"}\n"

    assert put(tmp_path, questions, {"a": "q", "b": "q"}).stored_values == {"a": "q", "b": "q"}
    assert (
        "'r' is not in ['p', 'q']"
        in refused(tmp_path / "r", questions, {"a": "q", "b": "r"}).problem
    )


def test_answers_are_written_in_the_order_of_the_answers_file(tmp_path):
    answers = put(tmp_path, "a: 1\nb: 2\nc: 3\n", {"c": 3, "a": 1})

    assert answers.stored == ["c", "a", "b"]


def test_the_version_that_a_project_stands_at_refuses_no_answer(tmp_path):
    questions = STRICT + "db: {type: str, choices: [pg], default: pg}\n"

    answers = put(tmp_path, questions, {"slug": "by-hand", "db": "mysql"}, replay=True)

    assert answers.stored_values == {"slug": "by-hand", "db": "mysql"}


def test_the_version_that_a_project_stands_at_names_what_the_answers_file_lacks(tmp_path):
    error = refused(tmp_path, "team: {type: str}\n", {}, replay=True, answers_file=".a.yml")

    assert str(error) == ".a.yml: v1.0.0 asks team, which the project does not answer"
    assert error.next_step == "write team: ... into it"


def test_a_date_is_a_value_that_no_answers_file_keeps(tmp_path):
    answers = put(tmp_path, "day: {type: yaml, default: '2026-01-02'}\n", {})

    assert (str(answers.values["day"]), answers.stored) == ("2026-01-02", [])


def test_a_template_without_questions_has_no_answers(tmp_path):
    source = template(tmp_path / "template", questions="", files={"a.jinja": "{{ 1 + 1 }}"})
    git(source, "rm", "--quiet", "copier.yml")
    git(source, "commit", "--quiet", "--message", "feat: none")
    git(source, "tag", "v1.1.0")
    newer = version(source, "v1.1.0", project=tmp_path / "project")

    assert newer.answers({}, {}).values == {}
    assert newer.files(newer.answers({}, {})) == copied(source, tmp_path / "project", "v1.1.0")


def test_the_name_of_the_project_is_no_temporary_folder(tmp_path):
    questions = (
        "n: {type: str, default: '{{ _folder_name }}',"
        ' validator: "{{ _folder_name if n != _folder_name }}"}\n'
    )
    files = {"a.jinja": "{{ _folder_name }} {{ _copier_conf.dst_path }}"}
    source = template(tmp_path / "template", questions=questions, files=files)
    project = tmp_path / "my-project"
    stock = copied(source, project)

    newer = version(source, project=project)

    assert newer.files(newer.answers(stored_in(project), {})) == stock


def test_external_data_is_read_in_the_project(tmp_path):
    source = template(
        tmp_path / "template",
        questions="_external_data: {parent: '{{ file }}'}\nfile: .parent.yml\n"
        "name: {type: str, default: '{{ _external_data.parent.name }}'}\n",
        files={"a.jinja": "{{ _external_data.parent.name }}"},
    )
    project = tmp_path / "project"
    project.mkdir()
    (project / ".parent.yml").write_text("name: Parent\n")
    stock = copied(source, project)
    stock.pop(".parent.yml")

    newer = version(source, project=project)

    assert newer.files(newer.answers({}, {})) == stock
    assert newer.files(newer.answers({}, {}))["a"].content == b"Parent"


def test_external_data_outside_the_project_needs_trust(tmp_path):
    source = template(
        tmp_path / "template", questions="_external_data: {up: ../up.yml}\n",
        files={"a.jinja": "{{ _external_data.up.name }}"},
    )  # fmt: skip
    (tmp_path / "project").mkdir()
    (tmp_path / "up.yml").write_text("name: Up\n")
    newer = version(source, project=tmp_path / "project")
    trusting = version(source, project=tmp_path / "project", trust=True)

    with pytest.raises(RefusedError, match=r"outside the project: .*up\.yml") as caught:
        newer.files(newer.answers({}, {}))

    assert "--trust" in caught.value.next_step
    assert trusting.files(trusting.answers({}, {}))["a"].content == b"Up"


def test_the_defaults_in_the_settings_of_copier_count_for_new_questions(tmp_path, monkeypatch):
    settings = tmp_path / "settings.yml"
    settings.write_text("defaults: {author: Grace}\n")
    monkeypatch.setenv("COPIER_SETTINGS_PATH", str(settings))

    assert put(tmp_path, "author: Ada\n", {}).stored_values == {"author": "Grace"}
    assert put(tmp_path / "b", "author: Ada\n", {"author": "Me"}).stored_values == {"author": "Me"}


def test_no_command_imports_copier_before_a_template_needs_it():
    code = (
        "import sys, modelwright.adapters.copier, modelwright.cli.main;"
        "print('copier' in sys.modules)"
    )

    assert clean_python(code) == "False\n"


def test_without_the_extra_the_error_says_how_to_get_it(tmp_path):
    source = template(tmp_path / "template")
    code = (
        "import sys; sys.modules['copier'] = None; sys.modules['copier.errors'] = None\n"
        "from pathlib import Path\n"
        "import importlib.metadata as m; found = m.version\n"
        "def absent(name):\n"
        "    if name == 'copier': raise m.PackageNotFoundError(name)\n"
        "    return found(name)\n"
        "m.version = absent\n"
        "from modelwright.adapters.copier import copier_version\n"
        "from modelwright.adapters.sources.histories import history_of\n"
        "try: copier_version(history_of(sys.argv[1]), 'v1.0.0', project=Path('p'))\n"
        "except Exception as error: print(error.exit_code, error, '|', error.next_step)\n"
    )

    said = clean_python(code, source)

    assert said.startswith("4 ")
    assert said.endswith("Copier is not installed | pip install 'modelwright-cli[engines]'\n")


@pytest.mark.parametrize("name", ["Worker._ask", "Template.local_abspath"])
def test_a_copier_that_works_otherwise_inside_is_refused(tmp_path, name):
    source = template(tmp_path / "template")
    owner, _, member = name.partition(".")
    code = (
        "import sys, copier._main as m\n"
        f"delattr(m.{owner}, '{member}')\n"
        "from pathlib import Path\n"
        "from modelwright.adapters.copier import copier_version\n"
        "from modelwright.adapters.sources.histories import history_of\n"
        "try: copier_version(history_of(sys.argv[1]), 'v1.0.0', project=Path('p'))\n"
        "except Exception as error: print(error.exit_code, error)\n"
    )

    said = clean_python(code, source)

    assert said.startswith("4 ")
    assert f"does not work with this version of modelwright (it has no {member})" in said
