"""For each criterion that batch shows by evidence of its own, what takes that evidence away."""

from tests.audit.maturity.mutations import after, drop, everywhere, swap

S = "src/demand_forecasting/"
ALERTS, RUNBOOK = "monitoring/alerts.yml", "docs/runbook.md"
CRON = "deploy/k8s/base/cronjobs.yaml"
CONFIG = "config/batch.toml"
ON_MAIN = "    branches: [main]\n"
CI, DEPLOY = (f".github/workflows/{name}.yml" for name in ("ci", "deploy"))
PROD = "deploy/k8s/overlays/prod/kustomization.yaml"

MUTATIONS = [
    (5, "a feature without a meaning", swap("config/features.toml", 'unit = "log EUR"\n')),
    (5, "a feature that nobody defined", swap(S + "features.py", "discount=", "rebate=")),
    (5, "a lag that nobody computes", swap("config/features.toml", "lag = 14\n")),
    (16, "no data code", drop(S + "data.py")),
    (12, "deploys code alone", after(DEPLOY, ON_MAIN, "    paths: [src/**]\n")),
    (14, "a setting for prod alone", swap(PROD, "BATCH_ENVIRONMENT", "BATCH_PLACE")),
    (17, "no scoring", swap(S + "runtime/scoring.py", "def score(", "def run(")),
    (20, "an image without the lock file", swap("Dockerfile", " --locked")),
    (22, "no commit", swap(S + "runtime/model.py", '    "commit",\n')),
    (
        26,
        "no fingerprint",
        swap(S + "runtime/training.py", "_data_facts(settings", "_facts(settings"),
    ),
    (28, "no test", everywhere("tests/", r"\brollback\b", "backwards")),
    (29, "the image is not built", swap(CI, "build-image.yml", "greet.yml")),
    (32, "a run without a test", everywhere("tests/", r"\bscore\(", "runs(")),
    (39, "no end", swap(CRON, "activeDeadlineSeconds", "someSeconds")),
    (39, "no reservation", swap(CRON, 'cpu: "1", ')),
    (40, "measures nothing", swap(ALERTS, "batch_backtest", "batch_backtests")),
    (40, "leads nowhere", swap(RUNBOOK, "### RunFails\n", "### Silence\n")),
    (42, "no limit", swap(CONFIG, "output_hours = 30 ", "# ")),
    (42, "nobody asks", swap(CRON, "args: [freshness]", "args: [ready]")),
    (42, "no test", everywhere("tests/", r"\bfreshness\(", "fresh(")),
    (44, "nothing is measured", swap(S + "runtime/backtest.py", "= measure_all(", "= dict(")),
    (
        44,
        "nothing is joined",
        swap(S + "runtime/backtest.py", "truths(settings, panel), on", "panel, on"),
    ),
    (45, "nobody asks", swap(CRON, "args: [drift]", "args: [ready]")),
    (45, "never measured", swap(S + "runtime/monitoring.py", "= compare(", "= list(")),
    (46, "decides without care", swap(S + "decide.py", '"peers"', '"model"')),
    (46, "cannot be found", swap(S + "runtime/scoring.py", '"quarantine"', '"gone"')),
    (
        48,
        "training has features of its own",
        swap(S + "runtime/forecasting.py", "seen = known(", "seen = own("),
    ),
    (
        48,
        "scoring has features of its own",
        swap(S + "runtime/forecasting.py", "return known(", "return own("),
    ),
    (48, "no parity test", everywhere("tests/", r"forecasting\.fit\(", "forecasting.train(")),
    (
        49,
        "training transforms",
        swap(S + "train.py", "lgb.Dataset(table", "lgb.Dataset(np.log1p(table)"),
    ),
    (
        54,
        "no shares",
        swap(S + "runtime/training.py", "feature_importance", "num_model_per_iteration"),
    ),
    (56, "no reasons", swap(S + "decide.py", "method=", "how=")),
    (
        57,
        "a column without a range",
        swap(S + "schemas.py", "dy.Float64(nullable=True, min=0.0)", "dy.Float64()"),
    ),
    (57, "no test of a range", everywhere("tests/", r"\bcounts\b", "all_of_them")),
    (57, "no guard", swap(S + "runtime/monitoring.py", "batch_unseen_share", "batch_other_share")),
    (
        57,
        "an interval of no width",
        swap(S + "runtime/backtest.py", "_widths(settings", "_none(settings"),
    ),
    (
        58,
        "rows without their origin",
        swap(S + "runtime/scoring.py", '"run_date", "model_version", ', '"run_date", '),
    ),
    (58, "nothing is written", swap(S + "runtime/scoring.py", " = write(", " = say(")),
]
SHARED = [
    ({9, 39, 42, 45}, "no workload", swap(CRON, "kind: CronJob", "kind: ConfigMap")),
    (
        {40, 46},
        "bad rows are not counted",
        swap(S + "runtime/cli.py", "batch_quarantined_rows", "batch_others"),
    ),
    ({40, 42}, "no alert", swap(ALERTS, "max(batch_stale{", "max(batch_late{")),
    ({40, 45}, "no alert of drift", swap(ALERTS, "batch_drift_psi", "batch_forecast")),
]
BUNDLE = "databricks.yml"
BUNDLED = [
    (9, "no target", swap(BUNDLE, "  prod:\n    mode", "  live:\n    mode")),
    (
        10,
        "a file that is not committed",
        after(BUNDLE, "  - resources/*.yml\n", "  - gone/*.yml\n"),
    ),
    (20, "a wheel without the lock file", swap(BUNDLE, " --locked")),
    (29, "the bundle is not judged", swap(CI, "poe scale-out", "poe test")),
    (
        39,
        "no budget policy",
        swap("resources/scoring.job.yml", "budget_policy_id: ${var.budget_policy_id}", "x: y"),
    ),
    (39, "no end", swap("resources/training.job.yml", "      timeout_seconds: 14400\n")),
    (
        42,
        "nobody asks",
        swap(
            "resources/monitoring.job.yml", "              - freshness\n", "              - ready\n"
        ),
    ),
    (
        45,
        "nobody asks",
        swap("resources/monitoring.job.yml", "              - drift\n", "              - ready\n"),
    ),
]
