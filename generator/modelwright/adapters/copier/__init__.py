"""Other people's Copier templates, rendered by Copier's own library.

The rest of the program uses only what stands here: `copier_version` opens one version of a
template, whose methods put the questions and render the files. The other modules of this package
lean on classes and functions that are private to Copier and move between its releases. Copier is an
optional extra and takes 0.4 seconds to import, so nothing is loaded before it is needed.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from modelwright.errors import ExternalSystemError
from modelwright.paths import ANSWERS_FILE
from modelwright.template.history import History

if TYPE_CHECKING:
    from modelwright.adapters.copier.version import CopierVersion as CopierVersion

_INSTALL: Final = "pip install 'modelwright-cli[engines]'"


def copier_version(  # noqa: PLR0913 -- what a render by Copier follows from
    history: History,
    name: str,
    *,
    project: Path,
    answers_file: str = ANSWERS_FILE,
    source: str = "",
    replay: bool = False,
    since: str = "",
    trust: bool = False,
) -> CopierVersion:
    """Return one version of any Copier template; see `CopierVersion` for the arguments.

    Raises:
        RefusedError: There is no such version.
        ExternalSystemError: Copier is not installed, or is too old or too new for this program.
    """
    try:
        from modelwright.adapters.copier.version import CopierVersion  # noqa: PLC0415
    except ImportError as error:
        raise _unusable(error) from error
    return CopierVersion(
        history=history,
        version=name,
        project=project,
        answers_file=answers_file,
        source=source,
        replay=replay,
        since=since,
        trust=trust,
    )


def _unusable(error: ImportError) -> ExternalSystemError:
    # Here, because it costs every other command 15 ms.
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415

    where = "the template, which only Copier's own library renders"
    try:
        installed = version("copier")
    except PackageNotFoundError:
        return ExternalSystemError("Copier is not installed", where=where, next_step=_INSTALL)
    return ExternalSystemError(
        f"Copier {installed} does not work with this version of modelwright ({error})",
        where=where,
        next_step=f"pip install --upgrade modelwright-cli, or {_INSTALL} in a fresh environment",
    )
