"""A template as a value: its files and questions, how it evolves, and what it renders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import yaml

from tests.update.files import Author, Change, Entry, Files, changed

ANSWERS_FILE = ".copier-answers.yml"
SKIPPED = "once/settings.toml"
MANAGED, HERS = "workflows/", "work/"
ARCHETYPE = "thing"
HEADER = "# The answers that made this project. Change them by an update, never by hand.\n"


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question.

    Attributes:
        default: None where there is none.
        shortest: A shorter answer is refused.
        at_birth_only: Whether the rule holds for new projects alone.
    """

    name: str
    default: str | None = None
    shortest: int = 0
    at_birth_only: bool = False

    def refuses(self, answer, *, born):
        return len(answer) < self.shortest and not (born and self.at_birth_only)


@dataclass(frozen=True, kw_only=True)
class Template:
    """One version of a template.

    Attributes:
        dialect: Whether it is written in our renderer's dialect; else it is any Copier template.
        files: By path in the template; `{{ cookiecutter.x }}` stands for an answer.
    """

    dialect: bool = True
    files: Files = field(default_factory=dict)
    questions: tuple[Question, ...] = ()

    @property
    def names(self):
        return [question.name for question in self.questions]

    def answered(self, stored: Mapping[str, str]):
        """Return the answers of a project, or the names of the questions that refuse it."""
        answers, refused = {}, []
        for question in self.questions:
            answer = stored.get(question.name, question.default)
            if answer is None or question.refuses(answer, born="born" in stored):
                refused.append(question.name)
            else:
                answers[question.name] = answer
        return answers, refused

    def rendered(
        self, answers: Mapping[str, str], provenance: Mapping[str, str], *, fresh: bool = False
    ) -> Files:
        """Return the files of a project; what is hers only where it is a new one."""
        files = {}
        for path, entry in self.files.items():
            if fresh or not (self.dialect and path.startswith(HERS)):
                content = _filled_content(entry, answers)
                files[_filled(path, answers)] = replace(entry, content=content)
        kept = {**answers, **provenance, **({"archetype": ARCHETYPE} if self.dialect else {})}
        kept = yaml.safe_dump(kept, indent=4, allow_unicode=True, default_flow_style=False)
        return {**files, ANSWERS_FILE: Entry((HEADER + kept).encode())}


def first_template(*, dialect=True) -> Template:
    """Return the first version: long and short files of every sort."""
    author = Author("theirs", (0, 0), braces=True)

    def lines(name, count):
        text = [
            f"theirs-{name}-0-{n}; says something"
            + (" for {{ cookiecutter.audience }}" if n % 4 == 1 else "")
            for n in range(count)
        ]
        return "".join(f"{line}\n" for line in text).encode()

    files = {
        "README.md": Entry(lines("readme", 12)),
        "src/{{ cookiecutter.package }}/app.py": Entry(lines("app", 20)),
        "src/{{ cookiecutter.package }}/core.py": Entry(lines("core", 14)),
        "src/{{ cookiecutter.package }}/__init__.py": Entry(b""),
        "conf/settings.toml": Entry(lines("settings", 6)),
        "conf/tiny.txt": Entry(lines("tiny", 1)),
        "docs/a.md": Entry(lines("a", 9)),
        "docs/b.md": Entry(lines("b", 9)[:-1]),
        "docs/logo.png": Entry(b"\x89PNG\0\0" + author.token("logo").encode() + bytes(400)),
        "run.sh": Entry(lines("run", 5), executable=True),
        SKIPPED: Entry(lines("once", 4)),
    }
    if dialect:
        files |= {
            f"{HERS}model.py": Entry(lines("model", 8)),
            f"{HERS}notes.md": Entry(lines("notes", 3)),
            f"{MANAGED}check.yml": Entry(lines("check", 12)),
            f"{MANAGED}deploy.yml": Entry(lines("deploy", 6)),
            f"{MANAGED}run.bin": Entry(b"\0" + author.token("run").encode() + bytes(99)),
        }
    else:
        files["docs/latest.md"] = Entry(b"a.md", link=True)
    questions = (
        Question(name="package", default="demo"),
        Question(name="audience", default="everybody"),
    )
    return Template(dialect=dialect, files=files, questions=questions)


def evolved(template: Template, change: Change, moment: tuple[int, int]) -> Template:
    """Return the template after one change by its authors; the same one where none fits."""
    if change.kind in QUESTIONS:
        return QUESTIONS[change.kind](template, change, moment)
    author = Author("theirs", moment, braces="audience" in template.names)
    files = changed(template.files, change, author, fixed=frozenset({SKIPPED}))
    return template if _is_risky(files) else replace(template, files=files)


def _is_risky(files):
    """Say whether two paths are one when rendered."""
    rendered = {_filled(path, {"package": "demo"}) for path in files}
    return len(rendered) < len(files)


def new_question(template, change, moment):
    name = f"extra_{moment[0]}_{moment[1]}"
    line = f"theirs-new_question-{moment[0]}-{moment[1]}; {{{{ cookiecutter.{name} }}}}\n".encode()
    texts = sorted(path for path, entry in template.files.items() if _is_open(path, entry))
    if not texts:
        return template
    path = texts[change.pick % len(texts)]
    entry = template.files[path]
    gap = b"" if entry.content.endswith(b"\n") or not entry.content else b"\n"
    return replace(
        template,
        files={**template.files, path: replace(entry, content=entry.content + gap + line)},
        questions=(*template.questions, Question(name=name, default=f"value {change.where}")),
    )


def _is_open(path, entry):
    return entry.text and path != SKIPPED


def new_question_without_default(template, change, moment):
    name = f"needed_{moment[0]}_{moment[1]}"
    return replace(template, questions=(*template.questions, Question(name=name)))


def removed_question(template, change, moment):
    extra = [name for name in template.names if name != "package"]
    if not extra:
        return template
    name = extra[change.pick % len(extra)]
    mark = b" for {{ cookiecutter.audience }}" if name == "audience" else name.encode()
    files = {path: _without(entry, mark, name) for path, entry in template.files.items()}
    kept = tuple(question for question in template.questions if question.name != name)
    return replace(template, files=files, questions=kept)


def _without(entry, mark, name):
    if name.encode() not in entry.content:
        return entry
    filled = entry.content.replace(mark, b"").replace(b"{{ cookiecutter. }}", b"nothing")
    return replace(entry, content=filled)


def stricter_validator(template, change, moment):
    return _with_rule(template, change, at_birth_only=False)


def stricter_for_the_new(template, change, moment):
    return _with_rule(template, change, at_birth_only=True)


def _with_rule(template, change, *, at_birth_only):
    place = change.pick % len(template.questions)
    question = template.questions[place]
    stricter = replace(question, shortest=4 + change.where % 8, at_birth_only=at_birth_only)
    questions = (*template.questions[:place], stricter, *template.questions[place + 1 :])
    return replace(template, questions=questions)


def new_default(template, change, moment):
    place = change.pick % len(template.questions)
    other = replace(template.questions[place], default=f"default{change.where}")
    questions = (*template.questions[:place], other, *template.questions[place + 1 :])
    return replace(template, questions=questions)


QUESTIONS = {
    "new_question": new_question,
    "new_question_without_default": new_question_without_default,
    "removed_question": removed_question,
    "stricter_validator": stricter_validator,
    "stricter_for_the_new": stricter_for_the_new,
    "new_default": new_default,
}


def _filled(text, answers):
    for name, answer in answers.items():
        text = text.replace(f"{{{{ cookiecutter.{name} }}}}", answer)
    return text


def _filled_content(entry, answers):
    try:
        return entry.content if entry.link else _filled(entry.content.decode(), answers).encode()
    except UnicodeDecodeError:
        return entry.content
