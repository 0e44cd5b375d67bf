"""One change at a time: exactly the rule that it breaks is found, at the place of the change.

A file of the platform that is changed is drift as well; nothing else may be found.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

PACKAGE = "src/fraud_scoring"
BASE, OVERLAYS = "deploy/k8s/base", "deploy/k8s/overlays"
DEPLOY, CI = ".github/workflows/deploy.yml", ".github/workflows/ci.yml"
PREFIX = "cost.halden-retail.example"
COMMIT = "0123456789" * 4
# In parts, so that no scanner takes this file for a leak.
FAKE = {
    "a GitHub token": "ghp_" + "a1B2" * 9,
    "a fine-grained GitHub token": "github" + "_pat_" + "11ABCDEFG0" * 3,
    "a token of GitHub Actions": "ghs_" + "Zz09" * 9,
    "an AWS access key": "AKIA" + "Q3EGRIJ6WPXZ7N2M",
    "an Azure client secret": "abc8" + "Q~" + "dEf0123456789_ghIjKlMnOpQrStUvWxYz"[:34],
    "a Databricks token": "dapi" + "0123456789abcdef" * 2,
    "a Google API key": "AIza" + "SyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q"[:35],
    "a private key": "-----BEGIN RSA " + "PRIVATE KEY-----",
    "a Slack token": "xoxb" + "-123456789012-abcdefABCDEF",
    "a JSON web token": "eyJ"
    + "hbGciOiJIUzI1NiJ9a"
    + ".eyJ"
    + "zdWIiOiIxMjM0NTY3ODkw"
    + "."
    + "abcDEF" * 4,
    "a password in a URL": "postgresql://svc:" + "hunter2hunter2" + "@db.internal/x",
}


@dataclass(frozen=True)
class Change:
    """One change of a project: `old` becomes `new`; without `old`, `new` is added at the end."""

    rule: str
    path: str
    old: str = ""
    new: str = ""
    at: str = ""
    also: tuple[str, ...] = ()

    def filled(self, found):
        return re.sub(r"\\(\d)", lambda group: found[int(group[1])], self.new)

    def make(self, project):
        file = project / self.path
        file.parent.mkdir(parents=True, exist_ok=True)
        if not self.old:
            file.write_text((file.read_text() if file.exists() else "") + self.new)
            return
        text = file.read_text()
        changed = re.sub(self.old, self.filled, text, count=1, flags=re.MULTILINE)
        assert changed != text, f"{self.old} does not stand in {self.path}"
        file.write_text(changed)


def answer(rule, name, value, **more):
    return Change(rule, ".copier-answers.yml", rf"^{name}: .*$", f"{name}: {value}", **more)


def record(rule, name, value, **more):
    return Change(rule, "project.yaml", rf"^{name}: .*$", f"{name}: {value}", **more)


def job(uses):
    return f"\n  more:\n    name: More\n    uses: {uses}\n"


CHANGES = {
    # Another answer renders other files: only the answer itself is judged here, see `also`.
    "a field of the record is gone": Change("PRJ001", "project.yaml", r"^contact: .*\n", ""),
    "a field of the record has another kind": record("PRJ001", "contact", "7"),
    "the record's version is a text": record("PRJ001", "schema_version", '"one"'),
    "the record names another owner": record("PRJ002", "owner", "velora-search"),
    "the record names another id": record("PRJ002", "id", "norda-fraud"),
    "the record names another brand": record("PRJ002", "brand", "kitto"),
    "the record names another cost centre": record("PRJ002", "cost_centre", "CC-9999"),
    "the record names another archetype": record("PRJ002", "archetype", "batch"),
    "the record hides personal data": record("PRJ002", "data_class", "none"),
    "the record serves somebody else": record("PRJ002", "serves", "[velora]"),
    "a status that does not exist": record("PRJ003", "status", "beta"),
    "production without a review": record("PRJ003", "status", "production", at="project.yaml"),
    "a review that is no date": record("PRJ003", "review_by", "soon"),
    "a record that lacks a tag": Change("TAG104", "project.yaml", r"^  team: .*\n", ""),
    "a record with another custom property": Change(
        "TAG104", "project.yaml", r"(custom_properties:\n(?:.*\n)*?)  brand: .*", r"\1  brand: x"
    ),
    "an object overrides a label": Change(
        "TAG101",
        f"{OVERLAYS}/prod/kustomization.yaml",
        rf"^      {PREFIX}/environment: prod",
        f"      {PREFIX}/environment: dev",
        at=BASE,
    ),
    "an overlay without its environment": Change(
        "TAG101",
        f"{OVERLAYS}/dev/kustomization.yaml",
        rf"^      {PREFIX}/environment: dev\n",
        "      other: x\n",
        at=BASE,
    ),
    "pods without labels": Change(
        "TAG101",
        f"{BASE}/kustomization.yaml",
        "includeTemplates: true",
        "includeTemplates: false",
        at=f"{BASE}/deployment.yaml",
    ),
    "a base without the team": Change(
        "TAG101", f"{BASE}/kustomization.yaml", rf"^      {PREFIX}/team: .*\n", "", at=BASE
    ),
    "a patch that takes a label off the pods": Change(
        "TAG101",
        f"{OVERLAYS}/staging/kustomization.yaml",
        r"^patches:\n",
        "patches:\n  - target: {kind: Deployment}\n    patch: |\n"
        "      - op: remove\n"
        f"        path: /spec/template/metadata/labels/{PREFIX}~1brand\n",
        at=f"{BASE}/deployment.yaml",
    ),
    "a resource from the internet": Change(
        "TAG101",
        f"{BASE}/kustomization.yaml",
        r"^resources:\n",
        "resources:\n  - https://example.com/x.yaml\n",
    ),
    "an image without a label": Change(
        "TAG102", "Dockerfile", rf"^      {PREFIX}/cost-centre=.*\n", ""
    ),
    "an image with another label": Change(
        "TAG102", "Dockerfile", rf'{PREFIX}/brand="norda"', f'{PREFIX}/brand="kitto"'
    ),
    "an image of one environment": Change(
        "TAG102", "Dockerfile", r'environment="\$\{ENVIRONMENT\}"', 'environment="prod"'
    ),
    "a last stage without labels": Change("TAG102", "Dockerfile", new="FROM scratch\n"),
    "a bundle's target without a tag": Change(
        "TAG103", "databricks.yml", r"^        team: .*\n", ""
    ),
    "a bundle's target with another environment": Change(
        "TAG103", "databricks.yml", r"^        environment: staging", "        environment: prod"
    ),
    "a job with another team": Change(
        "TAG103", "resources/training.job.yml", r"^        team: .*", "        team: another"
    ),
    "a job without a budget policy": Change(
        "TAG106", "resources/training.job.yml", r"^      budget_policy_id: .*\n", ""
    ),
    "another budget policy": Change(
        "TAG106",
        "databricks.yml",
        r"budget_policy_id: 0f0f0f0f-\S+",
        "budget_policy_id: mine",
        at="resources/training.job.yml",
    ),
    "runs with another cost centre": Change(
        "TAG105", f"{PACKAGE}/runtime/registry.py", '"cost-centre": ".*"', '"cost-centre": "x"'
    ),
    "an entry without its owner": Change(
        "SEC001",
        "secrets.yaml",
        r"(SERVICE_API_KEYS(?:\n.*)*?)\n    owner: .*",
        r"\1",
        also=("SEC002", "SEC004"),
    ),
    "a kind that does not exist": Change(
        "SEC001",
        "secrets.yaml",
        r"(SERVICE_API_KEYS(?:\n.*)*?kind: )secret",
        r"\1password",
        also=("SEC002", "SEC004"),
    ),
    "a workflow asks for another secret": Change(
        "SEC002", DEPLOY, r"secrets\.SERVICE_API_KEYS", "secrets.DEPLOY_PASSWORD"
    ),
    "a workflow asks for another variable": Change(
        "SEC002", DEPLOY, r"vars\.NORDA_PROD_CLIENT_ID", "vars['NORDA_QA_CLIENT_ID']"
    ),
    "a variable is taken for a secret": Change(
        "SEC002", DEPLOY, r"vars\.NORDA_DEV_CLIENT_ID", "secrets.NORDA_DEV_CLIENT_ID"
    ),
    "a workflow hands over every secret": Change(
        "SEC002",
        DEPLOY,
        r"^    secrets:\n      service-secrets: \|\n.*\n.*\n",
        "    secrets: inherit\n",
    ),
    "a pod takes another key": Change(
        "SEC002", f"{BASE}/deployment.yaml", "key: SERVICE_API_KEYS", "key: OTHER_KEYS"
    ),
    "a pod takes another Secret": Change(
        "SEC002",
        f"{BASE}/deployment.yaml",
        r"secretKeyRef: \{name: [^,]+",
        "secretKeyRef: {name: somebody-elses",
    ),
    "a pod takes all of another Secret": Change(
        "SEC002",
        f"{BASE}/deployment.yaml",
        r"^          envFrom:\n",
        "          envFrom:\n            - secretRef: {name: somebody-elses}\n",
    ),
    "an overlay's patch takes another key": Change(
        "SEC002",
        f"{OVERLAYS}/dev/kustomization.yaml",
        r"key: NORDA_DEV_CLIENT_ID",
        "key: NORDA_DEV_OTHER",
    ),
    "compose asks for another secret": Change(
        "SEC002",
        "compose.yaml",
        r"\$\{SERVICE_API_KEYS",
        "${STRIPE_TOKEN",
    ),
    "an entry that nothing needs": Change(
        "SEC003",
        "secrets.yaml",
        new="  - {name: OLD_TOKEN, purpose: x, kind: secret, level: repository, owner: a,"
        " rotated_by: a}\n",
        also=("SEC004",),
    ),
    "an example with a value": Change(
        "SEC004", ".env.example", "^SERVICE_API_KEYS=$", "SERVICE_API_KEYS=let-me-in"
    ),
    "an example with another name": Change("SEC004", ".env.example", new="LOG_LEVEL=\n"),
    "an example without an entry": Change("SEC004", ".env.example", r"^SERVICE_API_KEYS=\n", ""),
    "an example with prose": Change("SEC004", ".env.example", new="put it here\n"),
    "random text given to a token": Change(
        "SEC005", "config/service.toml", new='[x]\nservice_token = "kJ8s7Dq2LmZx91TbVw0e"\n'
    ),
    "random text given to a key in code": Change(
        "SEC005", f"{PACKAGE}/data.py", new='\nAPI_KEY = "9f86d081884c7d659a2feaa0c55ad015"\n'
    ),
    "random text in an .ini": Change("SEC005", "x.ini", new="db_password = x7Kq92mZpL40sTvB\n"),
    "a Secret with data": Change(
        "SEC005",
        f"{BASE}/service.yaml",
        "type: Opaque",
        "type: Opaque\nstringData:\n  SERVICE_API_KEYS: abc",
    ),
    "a secretGenerator with literals": Change(
        "SEC005",
        f"{OVERLAYS}/dev/kustomization.yaml",
        new="secretGenerator:\n  - name: norda-fraud-scoring-serve\n    literals: [A=b]\n",
    ),
    "a value handed to a workflow": Change(
        "SEC005", DEPLOY, r"^    secrets:\n", "    secrets:\n      password: sesame\n"
    ),
    **{
        f"{kind} in the code": Change("SEC005", f"{PACKAGE}/train.py", new=f"# {value}\n")
        for kind, value in FAKE.items()
    },
    "an .env that is not ignored": Change("SEC006", ".gitignore", r"^/\.env\n", ""),
    "an .env of production": Change("SEC006", ".env.prod", new="A=\n"),
    "the platform at another commit": Change(
        "PIN001", CI, r"python-ci\.yml@[0-9a-f]{40}", f"python-ci.yml@{COMMIT}"
    ),
    "the platform at a branch": Change(
        "PIN001", CI, r"build-image\.yml@[0-9a-f]{40}", "build-image.yml@main"
    ),
    "the platform with another version beside it": Change("PIN001", CI, "# ci-v", "# ci-v9"),
    "an action at a tag": Change("PIN002", CI, r"actions/checkout@\S+", "actions/checkout@v7"),
    "an action at half a commit": Change(
        "PIN002", CI, r"actions/checkout@\S+", f"actions/checkout@{COMMIT[:12]}"
    ),
    "an action without its version": Change("PIN002", CI, r"(actions/checkout@\S+) # \S+", r"\1"),
    "another workflow of hers, at a branch": Change(
        "PIN002", ".github/workflows/own.yml", new="on: push\njobs:" + job("a/b/c.yml@main")
    ),
    "an image without a digest": Change(
        "PIN002",
        ".github/workflows/own.yml",
        new="on: push\njobs:\n  a:\n    steps:\n      - {uses: docker://alpine:3 }\n",
    ),
    "a file of the machinery is edited": Change(
        "DRF001", f"{PACKAGE}/runtime/app.py", new="\nDEBUG = True\n"
    ),
    "the entry point is edited": Change("DRF001", "main.py", new="\n# mine\n"),
    "a workflow is edited": Change("DRF001", CI, "^name: CI", "name: Checks"),
    "broken YAML": Change("YML001", "monitoring/mine.yml", new="a: [1\nb: 2\n"),
    "a tab in YAML": Change("YML001", "notes.yaml", new="a:\n\tb: 1\n"),
    "a date that does not exist": Change("YML001", "notes.yaml", new="a: 2026-13-45\n"),
    "a broken record": Change("YML001", "project.yaml", new="a: [\n"),
    "a waiver without an end": record(
        "WVR001", "waivers", "[{rule: PIN002, reason: a, approver: b}]"
    ),
    "a waiver that is a text": record("WVR001", "waivers", "[PIN002]"),
    "a waiver of no rule": record(
        "WVR001", "waivers", "[{rule: ABC123, reason: a, approver: b, until: 2027-01-01}]"
    ),
    "a waiver of the waivers": record(
        "WVR001", "waivers", "[{rule: WVR002, reason: a, approver: b, until: 2027-01-01}]"
    ),
    "a waiver that has ended": record(
        "WVR002", "waivers", "[{rule: PIN002, reason: a, approver: b, until: 2026-11-21}]"
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_is_found_by_its_rule_alone(project, check, owner_of, change):
    change.make(project)

    report = check(project)

    expected = {change.rule, *change.also}
    if owner_of(change.path) == "managed" and (project / change.path).exists():
        expected |= {"DRF001"} if change.path not in (".github/workflows/own.yml",) else set()
    assert {finding.rule for finding in report.findings} == expected
    told = [finding for finding in report.findings if finding.rule == change.rule]
    assert all(finding.where.startswith(change.at or change.path) for finding in told)
    assert all(re.search(r":[1-9]\d*\Z", finding.where) for finding in report.findings)
    assert all(finding.next_step and finding.failing for finding in report.findings)
    assert change.rule not in report.passed


@pytest.mark.parametrize("value", FAKE.values(), ids=FAKE)
def test_the_value_of_a_secret_is_never_told(project, check, value):
    (project / "notes.txt").write_text(f"first line\nit is {value}\n")

    (finding,) = check(project).findings

    assert finding.where == "notes.txt:2"
    assert value not in str(finding)
    assert value[8:24] not in str(finding)


@pytest.mark.parametrize(
    ("rule", "name", "value"),
    [
        ("ANS001", "team", "norda-frud"),
        ("ANS001", "brand", "nord"),
        ("ANS001", "archetype", "online"),
        ("NAM002", "use_case", "a" * 31),
        ("ANS001", "personal_data", "some"),
        ("ANS003", "brand", "kitto"),
        ("TXT001", "description", '"a\\u2028b"'),
        ("TXT002", "description", '""'),
        ("TXT003", "description", "x" * 351),
        ("TXT004", "description", '"x "'),
        ("NAM002", "use_case", "Fraud_Scoring"),
        ("NAM003", "use_case", "pipeline"),
        ("NAM004", "use_case", "json"),
        ("TAG001", "cost_centre", "CC-0000"),
        ("TAG002", "serves", "nobody"),
        ("TAG004", "allocation_key", "By_Requests"),
    ],
)
def test_an_answer_is_judged_where_it_stands(project, check, rule, name, value):
    answer(rule, name, value).make(project)

    found = [finding for finding in check(project).findings if finding.rule == rule]

    lines = (project / ".copier-answers.yml").read_text().splitlines()
    assert [lines[int(finding.where.rpartition(":")[2]) - 1] for finding in found] == [
        f"{name}: {value}"
    ]


@pytest.mark.parametrize("path", ["Dockerfile", CI, "main.py", f"{BASE}/service.yaml"])
def test_a_missing_file_of_the_platform_is_found(project, check, path):
    (project / path).unlink()

    found = {(finding.rule, finding.where) for finding in check(project).findings}

    assert ("DRF002", f"{path}:1") in found


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("project.yaml", "PRJ001"),
        ("secrets.yaml", "SEC001"),
        ("uv.lock", "LCK001"),
        (".env.example", "SEC004"),
        (".gitignore", "SEC006"),
    ],
)
def test_a_file_that_a_rule_needs_is_missed(project, check, path, rule):
    (project / path).unlink()

    found = {(finding.rule, finding.where) for finding in check(project).findings}

    assert (rule, f"{path}:1") in found


def test_the_command_that_makes_the_lock_file_is_told(project, check):
    (project / "uv.lock").unlink()

    (finding,) = check(project).findings

    assert "uv lock" in finding.next_step


def test_every_rule_of_the_repository_has_a_change():
    from modelwright.audit.findings import REPOSITORY, WAIVERS

    changed = {change.rule for change in CHANGES.values()}

    elsewhere = {"CFL001", "CFL002", "LCK002", "LCK003"}  # in a file of tests of their own
    assert {*REPOSITORY, *WAIVERS} - changed - elsewhere <= {"DRF002", "DRF003", "LCK001"}


def test_the_sample_of_the_mutations_holds_every_target(made):
    assert yaml.safe_load((made / "databricks.yml").read_text())["targets"]
    assert Path(made / "compose.yaml").exists()
