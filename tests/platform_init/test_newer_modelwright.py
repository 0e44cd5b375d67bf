"""A newer modelwright comes into an organisation's platform by a three-way merge."""

import shutil

import pytest

from modelwright.adapters.sources.histories import history_of
from modelwright.errors import RefusedError
from modelwright.operations.platform.sync import expected_files
from modelwright.operations.platform.update import is_generated, platform_versions
from modelwright.template.platform import parse_platform_record
from tests.platform_init.organisation import ANSWERS
from tests.platform_init.upstream import release, released, run_from
from tests.platforms import ROOT, git


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """Modelwright's first release and a platform that was made of it."""
    folder = tmp_path_factory.mktemp("first")
    upstream = released(folder / "modelwright")
    data = [f"--data={name}={value}" for name, value in ANSWERS.items()]
    made = run_from(upstream, "platform", "init", "ml-platform", *data, "--tag", cwd=folder)
    assert made.returncode == 0, made.stderr
    return folder


@pytest.fixture
def upstream(first, tmp_path):
    return shutil.copytree(first / "modelwright", tmp_path / "modelwright", symlinks=True)


@pytest.fixture
def platform(first, tmp_path):
    return shutil.copytree(first / "ml-platform", tmp_path / "ml-platform", symlinks=True)


def record_in(platform):
    return parse_platform_record((platform / ".modelwright.yml").read_text())


def sides(upstream, platform, to):
    policy = (platform / "platform.yml").read_text()
    return platform_versions(
        history_of(str(upstream)),
        record_in(platform),
        to,
        policy,
    )


def test_the_record_names_the_release(platform):
    record = record_in(platform)

    assert record.version == "v0.1.0"
    assert record.source == "https://github.com/halden-retail/modelwright"


def test_a_record_that_was_edited_by_hand_is_refused(platform):
    (platform / ".modelwright.yml").write_text("version: [\n")

    with pytest.raises(RefusedError) as refused:
        record_in(platform)
    assert "git checkout HEAD" in refused.value.next_step


def test_the_base_is_what_the_platform_began_with(upstream, platform):
    base = sides(upstream, platform, "v0.1.0").base

    tracked = set(git(platform, "ls-files", "-z").split("\0")) - {""}
    assert set(base) == {path for path in tracked if not is_generated(path)}
    for path, file in base.items():
        place = platform / path
        content = str(place.readlink()).encode() if file.link else place.read_bytes()
        assert content == file.content, path


def test_the_same_version_brings_nothing(upstream, platform):
    both = sides(upstream, platform, "v0.1.0")

    assert both.base == both.theirs


def test_what_sync_writes_takes_no_part(upstream, platform):
    both = sides(upstream, platform, "v0.1.0")

    written = set(expected_files(platform)) | {"templates/_shared/workflows.json"}
    assert {path for path in written if is_generated(path)} == written
    assert not written & set(both.base)
    assert not [path for path in both.base if is_generated(path)]


def test_a_newer_version_brings_its_files_and_its_part_of_the_policy(upstream, platform):
    project = next((upstream / "templates/online-serving").glob("{{*"))
    (project / "main.py").write_text((project / "main.py").read_text() + "# newer\n")
    policy = (upstream / "platform.yml").read_text()
    policy = policy.replace("devcontainer: false", "devcontainer: true")
    policy = policy.replace("norda-fraud: {github: norda-fraud", "norda-fraud: {github: other")
    (upstream / "platform.yml").write_text(policy)
    release(upstream, "v0.2.0")

    both = sides(upstream, platform, "v0.2.0")

    changed = {path for path in both.theirs if both.theirs[path] != both.base.get(path)}
    main = "templates/online-serving/{{ cookiecutter.repo_name }}/main.py"
    assert changed == {main, "platform.yml", ".modelwright.yml"}
    old, new = (side["platform.yml"].content.decode() for side in (both.base, both.theirs))
    assert new == old.replace("devcontainer: false", "devcontainer: true")
    assert old == (platform / "platform.yml").read_text()
    assert b"version: v0.2.0" in both.theirs[".modelwright.yml"].content


def test_an_overlay_of_another_environment_follows_the_template_s(first, upstream, tmp_path):
    data = [f"--data={name}={value}" for name, value in ANSWERS.items()]
    made = run_from(
        upstream, "platform", "init", "named", *data, "--data=environments=dev,live", cwd=tmp_path
    )
    assert made.returncode == 0, made.stderr
    overlays = next((upstream / "templates/online-serving").glob("{{*")) / "deploy/k8s/overlays"
    staging = overlays / "staging/kustomization.yaml"
    staging.write_text(staging.read_text().replace("2, 4", "2, 5"))
    release(upstream, "v0.2.0")

    both = sides(upstream, tmp_path / "named", "v0.2.0")

    live = next(path for path in both.base if "serving" in path and "overlays/live/" in path)
    assert b"'live', 2, 4" in both.base[live].content
    assert b"'live', 2, 5" in both.theirs[live].content


def test_a_version_that_is_not_there_is_refused(upstream, platform):
    with pytest.raises(RefusedError, match="v9"):
        sides(upstream, platform, "v9.9.9")


def test_a_repository_that_is_no_modelwright_is_refused(platform, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "README.md").write_text("another\n")
    git(other, "init", "--quiet", "--initial-branch", "main")
    git(other, "add", "--all")
    git(other, "commit", "--quiet", "--message", "chore: begin")
    git(other, "tag", "v0.1.0")

    with pytest.raises(RefusedError, match="is no modelwright"):
        sides(other, platform, "v0.1.0")


def test_what_is_in_the_list_exists_or_belongs_to_what_is_to_come():
    from modelwright.template.generated.package_manifest import PLATFORM

    missing = {name for name in PLATFORM if not (ROOT / name).exists()}
    assert missing <= {
        "action.yml", "starter", "docs/platform.md", "docs/update.md", ".modelwright.yml"
    }  # fmt: skip
