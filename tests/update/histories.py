"""Writes the versions of a template into a real git repository, one tag for each."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.update.evolutions import ARCHETYPE, HEADER, HERS, MANAGED, SKIPPED, Template
from tests.update.files import Entry, Files

ANSWERS_IN_DIALECT = """\
{% set first = born if born is defined else _copier_answers._commit -%}
{% set answers = dict(_copier_answers, born=first) -%}
{{ answers | to_nice_yaml -}}
"""
CATALOGUE = f"""\
makes: a thing
scale_out: nothing
sample: {{}}
owners: {{managed: ["{MANAGED}**"], yours: ["{HERS}**"]}}
left_out: []
"""
PERSON = "Ada Tester <ada@example.com>"
DAY = 86_400
START = 1_767_225_600  # 2026-01-01


def repository_files(template: Template) -> Files:
    """Return the files of the template's repository at one version."""
    folder = f"templates/{ARCHETYPE}/project/" if template.dialect else ""
    files = {"copier.yml": Entry(_copier_yml(template).encode())}
    for path, entry in template.files.items():
        files[folder + _source_path(template, path, entry)] = _source(template, entry)
    if template.dialect:
        name = "{% if _copier_conf is defined %}{{ _copier_conf.answers_file }}{% endif %}"
        files[folder + name] = Entry((HEADER + ANSWERS_IN_DIALECT).encode())
        files[f"templates/{ARCHETYPE}/archetype.yml"] = Entry(CATALOGUE.encode())
    else:
        text = HEADER + "{{ _copier_answers | to_nice_yaml -}}\n"
        files["{{ _copier_conf.answers_file }}.jinja"] = Entry(text.encode())
    return files


def _source_path(template, path, entry):
    if template.dialect:
        return path
    suffix = ".jinja" if b"{{" in entry.content else ""
    return path.replace("cookiecutter.", "") + suffix


def _source(template, entry):
    if template.dialect or not entry.text:
        return entry
    return Entry(entry.content.replace(b"cookiecutter.", b""), entry.executable)


def _copier_yml(template):
    asked = "\n".join(_question(question) for question in template.questions)
    if not template.dialect:
        return f'_preserve_symlinks: true\n_skip_if_exists: ["{SKIPPED}"]\n{asked}\n'
    names = ", ".join(f"'{name}': {name}" for name in template.names)
    return (
        '_subdirectory: "templates/{{ archetype }}/project"\n_templates_suffix: ""\n'
        f'_exclude: ["{{% if born is defined %}}/{HERS}**{{% endif %}}"]\n'
        f"archetype: {{type: str, default: {ARCHETYPE}}}\n"
        "_envops: {undefined: jinja2.StrictUndefined}\n"
        f'_skip_if_exists: ["{SKIPPED}"]\n{asked}\n'
        f'cookiecutter: {{type: json, when: false, default: "{{{{ {{{names}}} | to_json }}}}"}}\n'
    )


def _question(question):
    lines = [f"{question.name}:", "  type: str"]
    if question.default is not None:
        lines.append(f"  default: {question.default}")
    if question.shortest:
        born = "born is not defined and " if question.at_birth_only else ""
        refusal = (
            f"LEN001: {question.name} is shorter than {question.shortest}; choose a longer one"
        )
        condition = f"{born}{question.name} | length < {question.shortest}"
        lines.append(f'  validator: "{{% if {condition} %}}{refusal}{{% endif %}}"')
    return "\n".join(lines)


def write_history(folder: Path, versions: list[Template], *, tags=None) -> Path:
    """Write every version as one commit with a tag, v1.0.0 and on, in one git process."""
    new_repository(folder, bare=True)
    tags = tags or [tag_of(number) for number in range(len(versions))]
    stream = [
        commit_stream(repository_files(version), tag, number)
        for number, (version, tag) in enumerate(zip(versions, tags, strict=True))
    ]
    fast_import(folder, b"".join(stream))
    return folder


def append_version(folder: Path, version: Template, number: int) -> None:
    """Add one version to a history."""
    fast_import(folder, commit_stream(repository_files(version), tag_of(number), number, onto=True))


def tag_of(number: int) -> str:
    return f"v1.{number}.0"


def new_repository(folder: Path, *, bare=False) -> None:
    """Make an empty repository without a git process."""
    place = folder if bare else folder / ".git"
    for name in ("objects/info", "objects/pack", "refs/heads", "refs/tags", "info"):
        (place / name).mkdir(parents=True, exist_ok=True)
    (place / "HEAD").write_text("ref: refs/heads/main\n")
    (place / "config").write_text(
        "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n"
        f"\tbare = {str(bare).lower()}\n\tlogallrefupdates = {str(not bare).lower()}\n"
    )


def commit_stream(files: Files, tag: str, number: int, *, onto: bool = False) -> bytes:
    """Return what `git fast-import` reads for a commit that holds exactly these files.

    Args:
        files: By path.
        tag: Its tag; empty for none.
        number: The day.
        onto: Whether it is the first of an import, on top of a branch that stands there.
    """
    parent = "from refs/heads/main^0\n" if onto else ""
    when = f"{PERSON} {START + number * DAY} +0000"
    message = f"feat: version {number}"
    parts = [
        f"commit refs/heads/main\ncommitter {when}\ndata {len(message)}\n{message}\n"
        f"{parent}deleteall\n".encode()
    ]
    for path, entry in files.items():
        mode = "120000" if entry.link else "100755" if entry.executable else "100644"
        parts.append(f"M {mode} inline {path}\ndata {len(entry.content)}\n".encode())
        parts.append(entry.content + b"\n")
    if tag:
        parts.append(f"reset refs/tags/{tag}\nfrom refs/heads/main\n\n".encode())
    return b"".join(parts)


def fast_import(folder: Path, stream: bytes) -> None:
    done = subprocess.run(
        ["git", "-c", "fastimport.unpackLimit=1", "fast-import", "--quiet", "--date-format=raw"],
        cwd=folder, input=stream, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
