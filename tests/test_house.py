"""The rules of the house, which every file keeps."""

import ast
import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "generator/modelwright"
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()
SOURCES = sorted((ROOT / "generator").rglob("*.py")) + sorted((ROOT / "hooks").glob("*.py"))
TEMPLATES = sorted(
    path
    for path in (ROOT / "templates").rglob("*")
    if path.is_file() and "__pycache__" not in path.parts and not path.is_symlink()
)


@pytest.mark.parametrize(
    "command",
    [
        ("ruff", "check"),
        ("ruff", "format", "--check"),
        ("mypy",),
        ("lint-imports",),
    ],
    ids=" ".join,
)
def test_a_tool_has_nothing_to_say(command):
    tool = Path(sys.executable).parent / command[0]

    done = subprocess.run(
        [tool, *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_files_are_small():
    lengths = {path: len(path.read_text().splitlines()) for path in SOURCES}

    assert {str(path): lines for path, lines in lengths.items() if lines > 400} == {}


def test_functions_are_small():
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno - node.body[0].lineno >= 40
    ]

    assert long == []


def test_nothing_decides_by_the_text_of_an_error():
    """Such a comparison: `"word" in error.problem`, `str(error) == ...`, `.startswith` of one."""
    text = re.compile(
        r"\w*error\.(problem|next_step)|str\(\w*error\)|\w*(found|finding|fault)\.problem"
    )
    methods = ("startswith", "endswith", "removeprefix", "removesuffix", "partition", "rpartition")
    decisions = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Compare():
                    parts = [node.left, *node.comparators]
                case ast.Call(func=ast.Attribute(value=part, attr=name)) if name in methods:
                    parts = [part]
                case _:
                    continue
            if any(text.fullmatch(ast.unparse(part)) for part in parts):
                decisions.append(f"{path.relative_to(ROOT)}:{node.lineno} {ast.unparse(node)}")

    assert decisions == []


def test_every_derived_file_is_current():
    from modelwright.operations.platform.sync import stale_files

    assert list(stale_files(ROOT)) == []


def test_every_option_of_the_policy_is_a_question():
    from modelwright.adapters.disk.tree import FolderTree
    from modelwright.template.platform import Platform

    platform = Platform(tree=FolderTree(ROOT), source="", version="")
    questions = {question.name: question for question in platform.template.questionnaire.questions}

    assert set(platform.policy["options"]) <= set(questions)
    assert sum(q.ask is not False and not q.computed for q in questions.values()) - 1 <= 5


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_keeps_the_dialect(path):
    raw = path.read_bytes()

    assert b"\r" not in raw
    assert not set('<>:"|?*\\') & set(path.name.replace("|", "|"))
    text = raw.decode()
    assert text.endswith("\n") or not text
    if path.name != "naming.jinja":
        assert "{#" not in text


def test_no_folder_of_a_template_is_empty():
    empty = [
        path
        for path in (ROOT / "templates").rglob("*")
        if path.is_dir() and not path.is_symlink() and not any(path.iterdir())
    ]

    assert empty == []


def test_the_owners_of_a_file_do_not_overlap():
    from modelwright.template.archetypes import archetype_from, pattern_matches

    for file in (ROOT / "templates").glob("*/archetype.yml"):
        archetype = archetype_from(file.parent.name, file.read_text())
        folder = file.parent / "{{ cookiecutter.repo_name }}"
        for path in folder.rglob("*"):
            name = (
                path.relative_to(folder).as_posix().replace("{{ cookiecutter.package_name }}", "p")
            )
            owners = [
                owner
                for owner, patterns in archetype.owners.items()
                if any(pattern_matches(pattern, name) for pattern in patterns)
            ]
            assert len(owners) < 2, (name, owners)


def test_every_pattern_of_a_catalogue_covers_a_file():
    from modelwright.template.archetypes import archetype_from, pattern_matches

    for file in (ROOT / "templates").glob("*/archetype.yml"):
        archetype = archetype_from(file.parent.name, file.read_text())
        folder = file.parent / "{{ cookiecutter.repo_name }}"
        names = [
            path.relative_to(folder).as_posix().replace("{{ cookiecutter.package_name }}", "p")
            for path in folder.rglob("*")
            if path.is_file()
        ]
        patterns = [p for group in archetype.owners.values() for p in group]
        patterns += [p for left_out in archetype.left_out for p in left_out.paths]
        idle = [p for p in patterns if not any(pattern_matches(p, name) for name in names)]
        assert idle == [], file
        # Copier takes `folder/*` for the folder's own files alone, gitignore for all below.
        assert [p for p in patterns if p.split("/")[-1] == "*"] == []


def test_the_pin_of_the_workflows_is_a_commit():
    pin = json.loads((ROOT / "templates/_shared/workflows.json").read_text())

    assert len(pin["sha"]) == 40
    assert pin["version"].startswith("ci-v")


def test_the_copier_file_needs_no_trust():
    documents = list(yaml.safe_load_all((ROOT / "copier.yml").read_text().replace("!include", "")))
    keys = {key for document in documents if isinstance(document, dict) for key in document}

    assert not keys & {"_tasks", "_migrations", "_jinja_extensions", "_external_data"}


MODULES = [path for path in SOURCES if path.name != "__init__.py" and PACKAGE in path.parents]


def test_a_folder_holds_few_modules():
    """At most 15, `__init__.py` not counted."""
    folders = Counter(path.parent.relative_to(ROOT).as_posix() for path in MODULES)

    assert {folder: count for folder, count in folders.items() if count > 15} == {}


def test_a_small_module_has_more_than_one_importer():
    """A module under 40 lines that one other module imports belongs into that module."""
    importers = Counter(
        imported
        for path in [*MODULES, *PACKAGE.rglob("__init__.py")]
        for imported in imported_modules(path)
    )
    small = {module_name(path) for path in MODULES if len(path.read_text().splitlines()) < 40}

    assert {name for name in small if importers[name] == 1} == set()


def imported_modules(path):
    """Return the names of the modules that a file may import from this package."""
    imported = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            imported |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
    return imported


def module_name(path):
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)


def definitions():
    """Yield every module, class and function of the package, with where it stands."""
    for path in [*MODULES, *PACKAGE.rglob("__init__.py")]:
        tree = ast.parse(path.read_text())
        where = path.relative_to(ROOT)
        yield where, path.stem, ast.get_docstring(tree) or ""
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield f"{where}:{node.lineno}", node.name, ast.get_docstring(node) or ""


def words_of(name):
    """Return a name in lower-case words: `_MergeInputs` and `merge_inputs` give `merge inputs`."""
    return " ".join(re.findall(r"[a-z0-9]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()))


def table(heading):
    """Return the rows of the first table below a heading of CONTRIBUTING, as dictionaries."""
    _, _, below = CONTRIBUTING.partition(f"\n{heading}\n")
    lines = re.search(r"^\|.*?(?=\n\n)", below, re.DOTALL | re.MULTILINE).group().splitlines()
    header, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [dict(zip(header, row, strict=True)) for row in rows]


GLOSSARY = table("## Words")


def test_a_name_holds_no_word_that_the_glossary_replaces():
    words = {word for row in GLOSSARY for word in re.findall(r"`([^`]+)`", row["not"])}
    whole = {words_of(word) for word in words if not word.startswith("*")}
    parts = {words_of(word) for word in words if word.startswith("*")}

    bad = [
        f"{where} {name}"
        for where, name, _ in definitions()
        if words_of(name) in whole or any(f" {part} " in f" {words_of(name)} " for part in parts)
    ]

    assert whole
    assert parts
    assert bad == []


@pytest.mark.parametrize("term", [t for row in GLOSSARY for t in row["but"].split(", ")])
def test_a_term_of_the_glossary_is_found_in_the_code(term):
    lines = (
        f"{words_of(name)}\n{docstring.partition(chr(10))[0].lower()}"
        for _, name, docstring in definitions()
    )

    assert any(term in line for line in lines)


def test_every_path_that_contributing_names_is_there():
    named = set(re.findall(r"`([\w.<>-]+/[\w./<>-]*)`", CONTRIBUTING))
    archetypes = [path.parent.name for path in (ROOT / "templates").glob("*/archetype.yml")]

    missing = [
        path
        for path in named
        if not any(
            base.joinpath(re.sub(r"<\w+>", archetype, path)).exists()
            for base in (ROOT, PACKAGE, ROOT / "templates" / archetypes[0])
            for archetype in archetypes
        )
    ]

    assert len(named) > 50
    assert missing == []


def test_every_package_is_in_the_map_of_contributing():
    packages = {
        f"{path.parent.relative_to(PACKAGE).as_posix()}/"
        for path in PACKAGE.rglob("__init__.py")
        if path.parent != PACKAGE
    }

    assert {row["package"].strip("`") for row in table("## Where things are")} == packages


def test_a_change_takes_at_most_two_places():
    rows = table("### Where do I change ...")

    assert len(rows) >= 10
    places = {row["what"]: len(re.findall(r"`[\w./<>-]+[./][\w]*`", row["where"])) for row in rows}
    assert {what: count for what, count in places.items() if not 1 <= count <= 2} == {}
