"""`platform init` makes a whole platform repository, green under `platform check`."""

import json

import yaml

from modelwright.template.generated.package_manifest import is_packaged, place_of
from tests.platforms import ROOT, git

DONE = 0


def policy_of(platform):
    return yaml.safe_load((platform / "platform.yml").read_text())


def test_a_platform_is_made_of_answers_and_is_green(init, run, tmp_path):
    made = init()
    checked = run("platform", "check", tmp_path / "ml-platform")

    assert made.code == DONE, made.err
    assert "2 brands, 2 teams" in made.out
    assert checked.code == DONE, checked.err
    assert "sound; 6 projects render" in checked.out


def test_the_policy_says_what_was_answered_and_is_no_sample(init, tmp_path):
    init()

    policy = policy_of(tmp_path / "ml-platform")
    assert "sample" not in policy
    assert policy["organisation"]["github"] == "acme-stores"
    assert policy["platform"]["repository"] == "acme-stores/ml-platform"
    assert policy["platform"]["url"] == "https://github.com/acme-stores/ml-platform"
    assert policy["brands"]["bolt"]["region"] == "europe-west4"
    assert policy["brands"]["bolt"]["auth"] == "client-secret"
    assert policy["teams"]["acme-fraud"]["brands"] == ["acme"]
    assert policy["teams"]["bolt-search"]["cost_centre"] == "4200"


def test_the_sections_that_nobody_was_asked_for_keep_their_comments_and_layout(init, tmp_path):
    init()

    ours = (ROOT / "platform.yml").read_text()
    theirs = (tmp_path / "ml-platform/platform.yml").read_text()
    for section in ("available", "secrets", "tags"):
        start = ours.index(f"\n{section}:")
        end = ours.find("\n\n", start + 1)
        assert ours[start : None if end < 0 else end] in theirs
    assert "made-up" not in theirs
    assert "Halden" not in theirs


def test_everything_that_belongs_to_a_platform_is_in_it(init, tmp_path):
    init()

    listed = git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    expected = {place_of(path) for path in listed if is_packaged(path) and (ROOT / path).exists()}
    made = set(git(tmp_path / "ml-platform", "ls-files", "-z").split("\0")) - {""}
    assert made == expected | {".modelwright.yml"}
    assert {"README.md", ".github/workflows/platform.yml", ".pre-commit-hooks.yaml"} <= made
    assert not [path for path in made if path.startswith(("tests/", "examples/", "organisation/"))]


def test_the_links_of_the_templates_are_links(init, tmp_path):
    init()

    archetype = tmp_path / "ml-platform/templates/online-serving"
    assert (archetype / "hooks/pre_gen_project.py").is_file()
    assert not (archetype / "hooks").is_symlink()
    assert (archetype / "hooks/pre_gen_project.py").is_file()
    assert (archetype / "templates/templates/_shared/quote.jinja").is_file()


def test_the_pin_is_a_commit_of_the_repository_that_is_on_main_already(init, tmp_path):
    init()

    platform = tmp_path / "ml-platform"
    pin = json.loads((platform / "templates/_shared/workflows.json").read_text())
    first, second = git(platform, "rev-list", "--reverse", "main").split()
    assert pin == {"sha": first, "version": "ci-v1"}
    assert git(platform, "rev-parse", "ci-v1").strip() == first
    changed = git(platform, "diff", "--name-only", first, second).split()
    assert all(path.startswith("templates/") for path in changed)
    assert first in (platform / "templates/_shared/context.jinja").read_text()
    assert git(platform, "status", "--porcelain") == ""


def test_the_pinned_commit_is_a_sound_platform_itself(init, run, tmp_path):
    init()
    git(tmp_path, "clone", "--quiet", "--branch", "ci-v1", str(tmp_path / "ml-platform"), "pinned")

    assert run("platform", "check", tmp_path / "pinned").code == DONE


def test_the_release_is_left_to_the_team_with_the_command(init, tmp_path):
    made = init()

    assert git(tmp_path / "ml-platform", "tag").split() == ["ci-v1"]
    assert "git tag v0.1.0" in made.out
    assert "git push --set-upstream origin main ci-v1 v0.1.0" in made.out


def test_the_release_is_tagged_where_that_is_asked(init, tmp_path):
    made = init("--tag")

    platform = tmp_path / "ml-platform"
    assert git(platform, "describe", "--tags", "--match", "v*").strip() == "v0.1.0"
    assert git(platform, "rev-parse", "v0.1.0") != git(platform, "rev-parse", "ci-v1")
    assert "git tag" not in made.out


def test_the_record_says_which_version_it_came_from(init, tmp_path):
    init()

    record = yaml.safe_load((tmp_path / "ml-platform/.modelwright.yml").read_text())
    described = git(ROOT, "describe", "--tags", "--always", "--match", "v*").strip()
    assert record == {
        "source": "https://github.com/halden-retail/modelwright",
        "version": described,
    }


def test_json_is_one_document(init, tmp_path):
    made = init("--json", "--tag")

    document = json.loads(made.out)
    assert document["platform"] == str(tmp_path / "ml-platform")
    assert (document["brands"], document["teams"], document["rendered"]) == (2, 2, 6)
    assert document["tag"] == "v0.1.0"
    assert document["next"][0] == f"cd {tmp_path}/ml-platform"


def test_answers_come_from_a_file_too_and_the_command_line_wins(run, tmp_path):
    (tmp_path / "part.yml").write_text(
        "organisation: {name: Acme Stores}\n"
        "environments: [dev, prod]\n"
        "brands:\n"
        "  acme:\n"
        "    {cloud: azure, registry: acmeml.azurecr.io/ml, capabilities: [keda],\n"
        "     databricks: {dev: {host: 'https://a.example'}, prod: {host: 'https://b.example'}}}\n"
        "teams:\n"
        "  acme-fraud: {cost_centre: CC-1, contact: fraud@acme.example}\n"
    )

    made = run(
        "platform", "init", tmp_path / "ml-platform", "--data-file", tmp_path / "part.yml",
        "--data", "teams.acme-fraud.cost_centre=CC-2",
    )  # fmt: skip

    policy = policy_of(tmp_path / "ml-platform")
    assert made.code == DONE, made.err
    assert policy["environments"] == ["dev", "prod"]
    assert policy["brands"]["acme"]["capabilities"] == ["keda"]
    assert policy["brands"]["acme"]["databricks"]["dev"]["host"] == "https://a.example"
    assert policy["teams"]["acme-fraud"]["cost_centre"] == "CC-2"


def test_an_environment_of_another_name_gets_its_overlay(init, run, tmp_path):
    made = init(environments="dev, acceptance, live")
    project = run(
        "new", "online-serving", "--defaults", "--no-git", "--no-lock", "--data=team=acme-fraud",
        "--platform", tmp_path / "ml-platform", "--into", tmp_path,
    )  # fmt: skip

    overlays = tmp_path / "acme-fraud-scoring-serve/deploy/k8s/overlays"
    assert made.code == DONE, made.err
    assert project.code == DONE, project.err
    assert {path.name for path in overlays.iterdir()} == {"dev", "acceptance", "live"}
    assert "SERVICE_ENVIRONMENT=live" in (overlays / "live/kustomization.yaml").read_text()


def test_a_ready_made_policy_stands_as_it_was_written(big_made):
    from tests.platform_init.organisation import big_organisation

    assert (big_made / "platform.yml").read_text() == big_organisation()


def test_a_policy_of_19_brands_and_114_teams_is_green(big_made, run):
    checked = run("platform", "check", big_made, "--json")

    assert checked.code == DONE, checked.err
    assert json.loads(checked.out)["rendered"] == 357
    assert json.loads(checked.out)["stale"] == []


def test_a_platform_can_be_made_in_an_empty_folder(init, tmp_path):
    (tmp_path / "ml-platform").mkdir()

    assert init().code == DONE
    assert (tmp_path / "ml-platform/platform.yml").is_file()
