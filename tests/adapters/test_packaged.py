"""The history that an installed package carries, as it would lie in site-packages."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time

import pytest

from tests.bundles import ROOT, bundle_of
from tests.platforms import git, platform_copy, release

URL = "https://github.com/halden-retail/modelwright"
TELL = """
import json, sys
from modelwright.adapters.sources.histories import history_of
history = history_of(sys.argv[1], offline="--offline" in sys.argv)
versions = [release.version for release in history.releases]
asked = sys.argv[2] if sys.argv[2:] and sys.argv[2][0] != "-" else versions[-1]
print(json.dumps({
    "versions": versions,
    "origin": history.origin,
    "notice": history.notice,
    "folder": str(history.folder()),
    "text": history.tree(asked).read("templates/NOTE").decode(),
}))
"""


def published(folder, *tags, sample=True):
    platform_copy(folder, **({} if sample else {"sample: true": "sample: false"}))
    for tag in tags:
        step(folder, tag)
    return folder


def step(folder, tag):
    (folder / "templates/NOTE").write_text(tag)
    release(folder, tag)


JUDGE = """
import json, sys
from modelwright.operations.judge.policy_choice import platform_of_project
platform = platform_of_project("", sys.argv[1], sys.argv[2])
print(json.dumps([platform.version, platform.tree.read("templates/NOTE").decode()]))
"""


class Installed:
    """A package in a folder of its own, and a cache of its own."""

    def __init__(self, folder, upstream, *, bundle=True):
        self.folder, self.cache = folder, folder / "cache"
        package = folder / "site/modelwright"
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / "generator/modelwright", package, ignore=ignored)
        git(folder, "clone", "--quiet", str(upstream), "clone")
        shutil.copytree(
            folder / "clone", package / "_platform", ignore=shutil.ignore_patterns(".git")
        )
        self.bundle = package / "_history.bundle"
        if bundle:
            shutil.copy(bundle_of(upstream, folder / "made"), self.bundle)
        self.env = {
            **os.environ,
            "PYTHONPATH": str(folder / "site"),
            "XDG_CACHE_HOME": str(self.cache),
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"url.{upstream}.insteadOf",
            "GIT_CONFIG_VALUE_0": URL,
        }

    def start(self, *arguments, script=TELL):
        return subprocess.Popen(
            [sys.executable, "-c", script, URL, *arguments],
            env=self.env, cwd=self.folder, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def tell(self, *arguments, script=TELL):
        process = self.start(*arguments, script=script)
        said, errors = process.communicate()
        assert process.returncode == 0, errors
        return json.loads(said)


@pytest.fixture
def installed(tmp_path):
    upstream = published(tmp_path / "upstream", "v1.0.0", "v1.1.0")
    return Installed(tmp_path, upstream)


@pytest.fixture
def organisation(tmp_path):
    upstream = published(tmp_path / "upstream", "v1.0.0", "v1.1.0", sample=False)
    return Installed(tmp_path, upstream)


def test_the_package_knows_every_release(installed):
    said = installed.tell()

    assert said["versions"] == ["v1.0.0", "v1.1.0"]
    assert said["text"] == "v1.1.0"
    assert said["origin"] == "the installed package"
    assert installed.tell("v1.0.0")["text"] == "v1.0.0"


def test_eight_processes_open_the_bundle_at_once(installed):
    processes = [installed.start() for _ in range(8)]
    said = [process.communicate() for process in processes]

    assert {json.loads(out)["text"] for out, _ in said} == {"v1.1.0"}, said
    folders = [
        path for path in (installed.cache / "modelwright/bundles").iterdir() if path.is_dir()
    ]
    assert len(folders) == 1


@pytest.mark.parametrize("damage", ["pack", "refs", "gone", "mark"])
def test_a_cache_that_was_damaged_is_made_anew(installed, tmp_path, damage):
    folder = tmp_path / installed.tell()["folder"]
    if damage == "gone":
        shutil.rmtree(folder / "objects")
    for path in folder.rglob("*"):
        if path.is_file() and {
            "pack": path.suffix == ".pack",
            "refs": path.name == "packed-refs",
            "mark": path.name == "modelwright-whole",
        }.get(damage):
            path.chmod(0o644)
            path.write_bytes(b"damage")

    assert installed.tell("v1.0.0")["text"] == "v1.0.0"


def test_a_sample_is_never_looked_for_at_its_address(installed, tmp_path):
    step(tmp_path / "upstream", "v1.2.0")

    assert installed.tell()["versions"] == ["v1.0.0", "v1.1.0"]


def test_a_newer_release_at_the_address_is_taken_and_said(organisation, tmp_path):
    assert organisation.tell()["origin"] == "the installed package"
    assert not (organisation.cache / "modelwright/templates").exists()
    step(tmp_path / "upstream", "v1.2.0")

    said = organisation.tell()

    assert said["versions"] == ["v1.0.0", "v1.1.0", "v1.2.0"]
    assert said["origin"] == URL
    assert organisation.tell("--offline")["origin"] == f"the cache of {URL} (not reachable)"


def test_a_project_is_judged_by_its_own_version_wherever_that_is_to_be_had(organisation, tmp_path):
    from modelwright import __version__

    def judge(version):
        return organisation.tell(version, script=JUDGE)

    step(tmp_path / "upstream", "v1.2.0")
    assert judge("v1.0.0") == ["v1.0.0", "v1.0.0"]
    assert not (organisation.cache / "modelwright/templates").exists()
    assert judge("v1.2.0") == ["v1.2.0", "v1.2.0"]
    (tmp_path / "upstream").rename(tmp_path / "gone")
    assert judge("v1.2.0") == ["v1.2.0", "v1.2.0"]
    assert judge("v9.0.0")[0] == judge(f"v{__version__}")[0] == f"v{__version__}"


def test_an_address_that_cannot_be_reached_leaves_the_package(organisation, tmp_path):
    (tmp_path / "upstream").rename(tmp_path / "gone")

    said = organisation.tell()

    assert said["versions"] == ["v1.0.0", "v1.1.0"]
    assert "not reachable" in said["origin"]
    assert URL in said["notice"]


def test_the_version_at_hand_can_be_had_though_it_was_never_released(tmp_path):
    from modelwright import __version__

    upstream = published(tmp_path / "upstream", "v0.0.1")
    installed = Installed(tmp_path, upstream)
    installed.bundle.with_name("_platform").joinpath("templates/NOTE").write_text("at hand")

    said = installed.tell(f"v{__version__}")

    assert said["text"] == "at hand"
    assert said["versions"] == ["v0.0.1"]


def test_without_a_bundle_there_is_no_release_but_the_version_at_hand(tmp_path):
    from modelwright import __version__

    upstream = published(tmp_path / "upstream", "v0.0.1")
    installed = Installed(tmp_path, upstream, bundle=False)

    said = installed.tell(f"v{__version__}")

    assert said["text"] == "v0.0.1"
    assert said["versions"] == []


def test_a_bundle_that_is_none_is_said(installed):
    installed.bundle.write_text("no bundle")
    process = installed.start()

    assert "it is no git bundle" in process.communicate()[1]


def two_hundred(upstream):
    """Release two hundred versions at once; each writes four new lines into four files."""
    changed = sorted(upstream.glob("templates/online-serving/*/src/*/runtime/*.py"))[:4]
    texts = {path.relative_to(upstream).as_posix(): path.read_text() for path in changed}
    stream, parent = [], "refs/heads/main^0"
    for number in range(200):
        message = f"release {number}"
        stream.append(
            f"commit refs/heads/work\nmark :{number + 1}\ncommitter A <a@b> {number} +0000\n"
            f"data {len(message)}\n{message}\nfrom {parent}\n"
        )
        for path, text in texts.items():
            lines = (f"{path}{number}{line}".encode() for line in range(4))
            longer = text + "".join(f"# {hashlib.sha256(line).hexdigest()}\n" for line in lines)
            stream.append(f'M 100644 inline "{path}"\ndata {len(longer.encode())}\n{longer}\n')
            texts[path] = longer
        parent = f":{number + 1}"
        stream.append(f"\nreset refs/tags/v1.{number}.0\nfrom {parent}\n\n")
    subprocess.run(
        ["git", "fast-import", "--quiet"], input="".join(stream).encode(), cwd=upstream, check=True
    )


def test_two_hundred_releases_are_small_and_soon_read(tmp_path):
    upstream = published(tmp_path / "upstream", "v0.0.1")
    two_hundred(upstream)
    installed = Installed(tmp_path, upstream)
    size = installed.bundle.stat().st_size
    start = time.monotonic()
    first = installed.tell("v1.100.0")
    opened = time.monotonic() - start
    start = time.monotonic()
    installed.tell("v1.100.0")

    print(f"{size} bytes; opened in {opened:.2f} s, again in {time.monotonic() - start:.2f} s")
    assert len(first["versions"]) == 201
    assert size < 1_000_000
