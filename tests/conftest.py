"""What every test starts from: no configuration, cache or identity of the person who runs it."""

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).parent.parent

# A shared machine is slow at times; what is slow is measured in `benchmarks/`.
settings.register_profile("house", deadline=None)
settings.register_profile("nightly", parent=settings.get_profile("house"), max_examples=2_000)
settings.load_profile("house")


class FailuresAtOnce:
    """Prints a failure in one line as it happens; pytest's summary comes after the last test."""

    def __init__(self, terminal):
        self.terminal = terminal

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report):
        if report.failed:
            crash = getattr(report.longrepr, "reprcrash", None)
            message = crash.message if crash else str(report.longrepr)
            reason = message.strip().partition("\n")[0]
            self.terminal.write_line(f"\nFAILED {report.nodeid} ({report.when}): {reason}")


def pytest_sessionstart(session):
    # A worker of xdist has no terminal.
    plugins = session.config.pluginmanager
    if terminal := plugins.get_plugin("terminalreporter"):
        plugins.register(FailuresAtOnce(terminal))


@pytest.fixture(autouse=True, scope="session")
def _nobody(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    kept = {
        "UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR")
        or subprocess.run(
            ["uv", "cache", "dir"], capture_output=True, text=True, check=True
        ).stdout.strip(),
    }
    changed = {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "GIT_CONFIG_GLOBAL": str(home / "gitconfig"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "NO_COLOR": "1",
        **kept,
    }
    (home / "gitconfig").write_text(
        "[user]\n\tname = Ada Tester\n\temail = ada@example.com\n[init]\n\tdefaultBranch = main\n"
    )
    patch = pytest.MonkeyPatch()
    for name, value in changed.items():
        patch.setenv(name, value)
    patch.delenv("MODELWRIGHT_PLATFORM", raising=False)
    yield
    patch.undo()


@pytest.fixture
def root():
    return ROOT
