"""No hook, template or monitor runs at a project's first commit, whoever configured it."""

import subprocess

from modelwright.adapters.git.commands import commit, make_repository, stage


def test_nothing_runs_at_the_first_commit(tmp_path, monkeypatch):
    ran, project, person = tmp_path / "ran", tmp_path / "project", tmp_path / "person"
    hooks = person / "template/hooks"
    hooks.mkdir(parents=True)
    for name in ("pre-commit", "commit-msg", "post-commit", "post-index-change", "monitor"):
        (hooks / name).write_text(f"#!/bin/sh\necho {name} >> {ran}\n")
        (hooks / name).chmod(0o755)
    (person / "gitconfig").write_text(
        f"[init]\ntemplateDir = {person}/template\n[core]\nhooksPath = {hooks}\n"
        f"fsmonitor = {hooks}/monitor\n[user]\nname = Ada\nemail = ada@example.com\n"
    )
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(person / "gitconfig"))
    monkeypatch.setenv("GIT_TEMPLATE_DIR", str(person / "template"))
    project.mkdir()
    (project / "a.txt").write_text("a\n")

    make_repository(project)
    stage(project)
    commit(project, "feat: start")

    log = subprocess.run(
        ["git", "log", "--format=%an %s"], cwd=project, capture_output=True, text=True, check=True
    )
    assert log.stdout == "Ada feat: start\n"
    assert not ran.exists()
    assert not (project / ".git/hooks").exists()
