def parse(arguments: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    """Return the facts of the run, and the verb with its own arguments."""
    parser = argparse.ArgumentParser(allow_abbrev=False, add_help=False)
    for name in FACTS:
        parser.add_argument(f"--{name}", required=True)
    return parser.parse_known_args(arguments)


def surroundings(asked: argparse.Namespace) -> dict[str, str]:
    """Return the environment variables of one run: where files go, Unity Catalog for models."""
    return {
        "{{ prefix }}_ROOT": asked.root,
        "{{ prefix }}_ENVIRONMENT": asked.target,
        "{{ prefix }}_DATA_DIR": {{ files }},
        "{{ prefix }}_MODEL_NAME": f"{asked.target}.{SCHEMA}.{MODEL}",
        "GIT_COMMIT": asked.commit,
        "DATABRICKS_JOB_ID": asked.job,
        "DATABRICKS_RUN_ID": asked.run,
        "MLFLOW_TRACKING_URI": "databricks",
        "MLFLOW_REGISTRY_URI": "databricks-uc",
    }
