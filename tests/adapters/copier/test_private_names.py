"""Which names that are private to Copier we lean on: a new release of it may move any of them."""

import ast
import importlib
from pathlib import Path

import pytest

import modelwright.adapters.copier

SOURCES = [
    path
    for path in Path(modelwright.adapters.copier.__file__).parent.glob("*.py")
    if path.name != "__init__.py"
]
# By module: a name, and behind a dot what we use, replace or pass of a class.
NAMES = {
    "copier": "load_settings",
    "copier._jinja_ext": "get_yield_context",
    "copier._main": """
        as_operation Worker
        Worker.src_path Worker.dst_path Worker.answers_file Worker.vcs_ref Worker.settings
        Worker.defaults Worker.overwrite Worker.quiet Worker.unsafe Worker.skip_tasks
        Worker.answers Worker.template Worker.template_copy_root Worker.jinja_env Worker.run_copy
        Worker.all_exclusions Worker.all_skip_if_exists
        Worker._ask Worker._external_data Worker._path_matcher Worker._render_context
        Worker._render_file Worker._render_string Worker._sync_git_index_executable_bit
    """,
    "copier._settings": "is_trusted_repository SettingsModel.defaults SettingsModel.trust",
    "copier._template": """
        Template.url Template.ref Template.vcs Template.local_abspath Template.commit
        Template.commit_hash Template.git_index_modes Template.config_data Template.envops
        Template.external_data Template.jinja_extensions Template.metadata
        Template.questions_data Template.secret_questions
    """,
    "copier._types": "LazyDict MISSING Phase.use Phase.PROMPT",
    "copier._user_data": """
        AnswersMap.user AnswersMap.init AnswersMap.last AnswersMap.metadata AnswersMap.external
        AnswersMap.hidden AnswersMap.hide
        Question.answers Question.context Question.jinja_env Question.settings Question.var_name
        Question.choices Question.multiselect Question.secret Question.type
        Question.cast_answer Question.parse_answer Question.validate_answer Question.get_default
        Question.get_message Question.get_type_name Question.get_when Question.get_ask
        Question._formatted_choices
    """,
    "copier.errors": """
        ConfigFileError ExtensionNotFoundError ForbiddenPathError InvalidTypeError SettingsError
        UnsupportedVersionError
    """,
}
PARTS = [(module, name) for module, names in NAMES.items() for name in names.split()]


@pytest.mark.parametrize(("module", "name"), PARTS, ids=[f"{m}.{n}" for m, n in PARTS])
def test_copier_still_has_the_name(module, name):
    outer, _, inner = name.partition(".")

    found = getattr(importlib.import_module(module), outer, None)

    assert found is not None, f"{module} has no {outer}"
    assert not inner or inner in declared(found), f"{module}.{outer} has no {inner}"


def test_the_table_has_every_private_name_that_the_sources_use():
    known = {name for names in NAMES.values() for name in names.replace(".", " ").split()}
    used, own = set(), set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.ImportFrom(module=str(module)) if module.partition(".")[0] == "copier":
                    assert module in NAMES, f"{path.name} imports {module}"
                    used |= {alias.name for alias in node.names}
                case ast.Attribute(attr=name) if name[0] == "_" and name[:2] != "__":
                    used.add(name)
                case ast.FunctionDef(name=name) | ast.AnnAssign(target=ast.Name(id=name)):
                    own.add(name)

    assert used - own - known == set()


def declared(found):
    """Return what a class has and what its instances get."""
    fields = {name for each in found.__mro__ for name in vars(each).get("__annotations__", {})}
    return fields | {name for each in found.__mro__ for name in vars(each)}
