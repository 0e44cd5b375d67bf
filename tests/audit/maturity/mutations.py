"""For each criterion, what takes its evidence away and leaves everybody else's."""

import re

S = "src/fraud_scoring/"
TESTS = "tests/test_use_case.py"
CI, DEPLOY = (f".github/workflows/{name}.yml" for name in ("ci", "deploy"))
ALERTS, RUNBOOK = "monitoring/alerts.yml", "docs/runbook.md"
BASE = "deploy/k8s/base/"
ON_MAIN = "    branches: [main]\n"


def swap(path, old, new=""):
    """Return a mutation that replaces a text wherever it stands in one file."""

    def change(files):
        assert old in files[path], (path, old)
        return {path: files[path].replace(old, new)}

    return change


def drop(path):
    """Return a mutation that deletes a file."""

    def change(files):
        assert path in files, path
        return {path: None}

    return change


def everywhere(folder, pattern, new):
    """Return a mutation that replaces a regular expression in every Python file of a folder."""

    def change(files):
        changes = {
            path: re.sub(pattern, new, text)
            for path, text in files.items()
            if path.startswith(folder) and path.endswith(".py")
        }
        assert any(files[path] != text for path, text in changes.items()), (folder, pattern)
        return changes

    return change


def after(path, line, added):
    """Return a mutation that adds a text behind a line."""
    return swap(path, line, line + added)


def without_object(kind):
    """Return a mutation that declares no object of a kind."""

    def change(files):
        path = BASE + "deployment.yaml"
        documents = files[path].split("---\n")
        kept = [text for text in documents if f"\nkind: {kind}\n" not in f"\n{text}"]
        assert len(kept) < len(documents), kind
        return {path: "---\n".join(kept)}

    return change


NEW_FIELD = "    basket: Annotated[int, Field(ge=0, le=9)]\n"
DOCSTRING = r'(:\n)( +)"""[^"\n]+"""\n'

MUTATIONS = [
    (2, "no owner of the code", drop(".github/CODEOWNERS")),
    (5, "a feature without a meaning", swap("config/features.toml", 'unit = "ratio"\n')),
    (5, "a feature that nobody defined", swap(S + "features.py", '"amount_log"', '"amount_root"')),
    (
        7,
        "a new field that nobody described",
        after(S + "schemas.py", "class Request(BaseModel):\n", NEW_FIELD),
    ),
    (7, "a route that nobody described", swap(S + "runtime/app.py", "/startup", "/started")),
    (7, "nobody compares", swap("pyproject.toml", "openapi --check", "--version")),
    (9, "no workload", without_object("Deployment")),
    (
        10,
        "an object that is not committed",
        after(BASE + "kustomization.yaml", "  - service.yaml\n", "  - gone.yaml\n"),
    ),
    (12, "deploys code alone", after(DEPLOY, ON_MAIN, "    paths: [src/**]\n")),
    (14, "a setting for prod alone", swap("deploy/k8s/overlays/prod/kustomization.yaml", "_HOST")),
    (16, "no data code", drop(S + "data.py")),
    (17, "no training code", drop(S + "train.py")),
    (19, "deploys infrastructure alone", after(DEPLOY, ON_MAIN, "    paths: [deploy/**]\n")),
    (20, "a dependency that is not locked", swap("pyproject.toml", '"fastapi>=', '"fastapi>=9,>=')),
    (20, "no lock file", drop("uv.lock")),
    (20, "an image without the lock file", swap("Dockerfile", " --locked")),
    (
        21,
        "code for prod alone",
        after(S + "decide.py", "REASONS = 3\n", '\nSHOWN = __name__ == "prod"\n'),
    ),
    (22, "no commit", swap(S + "runtime/model.py", '    "commit",\n')),
    (23, "no infrastructure", swap(S + "runtime/model.py", '    "infrastructure",\n')),
    (24, "no lock file's hash", swap(S + "runtime/model.py", '    "lock_sha256",\n')),
    (26, "no fingerprint", swap(S + "runtime/training.py", "model.fingerprint(", "hash(")),
    (28, "no command", swap("pyproject.toml", "rollback = {", "backwards = {")),
    (28, "no test", everywhere("tests/", r"\brollback\b", "backwards")),
    (28, "no page", swap(RUNBOOK, "## Roll back\n", "## Backwards\n")),
    (29, "manifests are not validated", swap(CI, "modelwright-check", "greet")),
    (29, "the image is not built", swap(CI, "build-image.yml", "greet.yml")),
    (31, "no hook for types", swap(".pre-commit-config.yaml", "uv run mypy", "true")),
    (31, "no hooks", drop(".pre-commit-config.yaml")),
    (32, "a step without a test", swap(TESTS, "fraud_scoring.evaluate", "fraud_scoring.other")),
    (32, "an interface without a test", everywhere("tests/", r"\.post\(", ".put(")),
    (32, "no limit of coverage", swap("pyproject.toml", "fail_under = 85")),
    (35, "never run", swap(CI, "poe load", "poe test")),
    (35, "no load test", drop("tests/load.py")),
    (36, "no key", swap(S + "runtime/app.py", "hmac.compare_digest(given, key)", "True")),
    (36, "no test of the key", everywhere("tests/", r"\b401\b", "400")),
    (36, "a public address", swap(BASE + "service.yaml", "type: ClusterIP", "type: LoadBalancer")),
    (36, "no limit outwards", swap(BASE + "service.yaml", "[Ingress, Egress]", "[Ingress]")),
    (37, "no docstrings", everywhere(S, DOCSTRING, r"\1\2pass\n")),
    (39, "no cost centre", swap(BASE + "kustomization.yaml", "/cost-centre:", "/centre:")),
    (39, "no reservation", swap(BASE + "deployment.yaml", "cpu: 500m, ")),
    (40, "measures nothing", swap(ALERTS, "service_ready", "service_ready_or_not")),
    (40, "leads nowhere", swap(RUNBOOK, "### NoRequests\n", "### Silence\n")),
    (41, "no status codes", swap(S + "runtime/monitoring.py", '["route", "status"]', '["route"]')),
    (41, "no latency in the log", swap(S + "runtime/log.py", "    latency: float\n")),
    (41, "readiness is not tested", everywhere("tests/", "/readyz", "/ready")),
    (43, "metrics are lost", swap(S + "runtime/registry.py", ".log_metric(", ".log_text(")),
    (44, "outcomes are not joined", swap(S + "runtime/cli.py", ".labelled()", ".count()")),
    (45, "no alert", swap(ALERTS, "service_drift_psi", "service_score")),
    (45, "no limit", swap("config/service.toml", "psi_limit = 0.2", "")),
    (45, "never measured", swap(S + "runtime/monitoring.py", " in compare(", " in list(")),
    (46, "decides without care", swap(S + "decide.py", "scored.outside", "False")),
    (46, "cannot be found", swap(S + "runtime/log.py", "    outside: Iterable[str]\n")),
    (47, "cannot be installed elsewhere", swap("pyproject.toml", "build-backend =", "backend =")),
    (
        48,
        "serving has features of its own",
        swap(S + "runtime/scoring.py", "self._use_case.features(request)", "dict(request)"),
    ),
    (48, "no parity test", everywhere("tests/", r"model\.table\(", "model.rows(")),
    (49, "training transforms", swap(S + "train.py", "Dataset(table", "Dataset(np.log1p(table)")),
    (
        49,
        "training knows a feature",
        after(S + "train.py", "TREES = 120\n", 'FIRST = "amount_log"\n'),
    ),
    (
        53,
        "the code has its own list",
        swap(S + "runtime/settings.py", '"config/features.toml"', '"features"'),
    ),
    (57, "no guard", swap(S + "runtime/model.py", "if not knows(value)", "if value is None")),
    (57, "no test of a range", everywhere("tests/", r"\b422\b", "400")),
    (57, "a field without a range", swap(S + "schemas.py", "Field(gt=0, le=50_000)", "Field()")),
    (58, "answers are not kept", swap(S + "runtime/log.py", "    response: BaseModel | None\n")),
    (58, "nothing is kept", swap(S + "runtime/scoring.py", "self._log.put(record)", "pass")),
    (
        59,
        "nobody meets the challenger",
        swap("config/service.toml", "_share = 0.10", "_share = 0.0"),
    ),
    (60, "chance decides", swap(S + "runtime/experiment.py", "hashlib.blake2b(", "random.choice(")),
    (60, "no property test", everywhere("tests/", r"@given\(", "@example(")),
]
# One piece of evidence, several criteria: without the job, CI runs neither tests nor tools.
SHARED = [
    ({29, 31, 33}, "no tests in CI", swap(CI, "python-ci.yml", "greet.yml")),
    ({5, 53}, "no list of features", drop("config/features.toml")),
    ({12, 19, 21}, "nothing is deployed", swap(DEPLOY, "  push:\n", "  workflow_dispatch:\n")),
]
