"""A policy of another form, stored with the right fingerprint, is refused and no fault of ours."""

import json
import shutil

import pytest
import yaml

from modelwright.template.platform import digest
from tests.platforms import ROOT, git, platform_copy, release

COMPACT = "templates/_shared/policy.json"
PROJECT = ROOT / "examples/online-serving"
DONE, REFUSED = 0, 3
ODD = {"a number": 5, "left out": ...}
KEYS = sorted(set(json.loads((ROOT / COMPACT).read_text())) - {"_digest", "schema", "sample"})


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    return platform_copy(tmp_path_factory.mktemp("sound") / "platform")


@pytest.fixture
def platform(sound, tmp_path):
    return shutil.copytree(sound, tmp_path / "platform", symlinks=True)


def changed(policy, path, value):
    """Return a policy with another value at a path; `...` leaves it out."""
    *above, last = path
    place = policy
    for key in above:
        place = place[key]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return policy


def store(platform, path, value, *, both=False):
    file = platform / COMPACT
    policy = changed(json.loads(file.read_text()), path, value)
    if both:
        plain = {key: part for key, part in policy.items() if key != "_digest"}
        (platform / "platform.yml").write_text(yaml.safe_dump(plain, allow_unicode=True))
        policy["_digest"] = digest((platform / "platform.yml").read_bytes())
    file.write_text(json.dumps(policy))


def commands(platform):
    yield ("new", "online-serving", "--defaults", "--no-git", "--no-lock", "--into=into",
           "--data=team=norda-fraud", f"--platform={platform}")  # fmt: skip
    yield "list", f"--platform={platform}"
    yield "check", PROJECT, f"--platform={platform}"


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
@pytest.mark.parametrize("key", KEYS)
def test_no_part_of_a_policy_ends_in_a_fault_of_ours(run, platform, key, odd):
    store(platform, [key], odd)

    codes = [run(*command).code for command in commands(platform)]

    assert set(codes) <= {0, 1, 2, 3}, codes


@pytest.mark.parametrize("both", [False, True], ids=["policy.json", "platform.yml too"])
@pytest.mark.parametrize(
    "path", [["teams"], ["brands"], ["teams", "norda-fraud", "brands"]], ids=str
)
def test_it_is_told_what_is_wrong_and_what_to_do(run, platform, path, both):
    store(platform, path, 5, both=both)

    ran = run(*next(commands(platform)))

    assert ran.code == REFUSED, ran.err
    assert ("platform.yml" if both else COMPACT) in ran.err
    assert "next: " in ran.err
    assert "fault of modelwright" not in ran.err
    assert not (platform.parent / "into").exists()


@pytest.mark.parametrize("text", ["[]", "null", "{", "\xff", "{}"])
def test_a_file_that_holds_no_policy_is_refused(run, platform, text):
    (platform / COMPACT).write_bytes(text.encode("latin-1"))

    for command in commands(platform):
        assert run(*command).code == REFUSED


@pytest.mark.parametrize(
    ("key", "odd"), [("teams", {}), ("brands", 5), ("organisation", None), ("environments", 5)]
)
def test_an_update_to_such_a_version_is_refused_and_changes_nothing(
    run, platform, tmp_path, key, odd
):
    release(platform, "v1.0.0")
    where = f"{platform}@v1.0.0"
    made = run("new", "online-serving", "--defaults", "--no-lock", "--into=into",
               "--data=team=norda-fraud", f"--platform={where}")  # fmt: skip
    assert made.code == DONE, made.err
    (project,) = (tmp_path / "into").iterdir()
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--allow-empty", "--message", "chore: keep")
    store(platform, [key], odd)
    release(platform, "v1.1.0")

    told = run("status", project)
    ran = run("update", project)

    assert told.code == DONE, told.err
    assert ran.code == REFUSED, ran.err
    assert "next: " in ran.err
    assert git(project, "status", "--porcelain") == ""
