"""The well-known paths of a platform and of a project, each named once.

Every path is relative to the root of its repository, with forward slashes and none at its end.
"""

from typing import Final

# A platform: the repository of policy and templates.
POLICY_FILE: Final = "platform.yml"
COPIER_QUESTIONS: Final = "copier.yml"
PLATFORM_RECORD: Final = ".modelwright.yml"
PLATFORM_BUNDLE: Final = ".modelwright/platform.bundle"
CHANGELOG: Final = "CHANGELOG.md"
HOOKS_FOLDER: Final = "hooks"
TEMPLATES_FOLDER: Final = "templates"
ARCHETYPE_FILE: Final = "archetype.yml"
COOKIECUTTER_CONTEXT: Final = "cookiecutter.json"
SHARED_FOLDER: Final = f"{TEMPLATES_FOLDER}/_shared"
COMPILED_POLICY: Final = f"{SHARED_FOLDER}/policy.json"
DERIVED_VALUES: Final = f"{SHARED_FOLDER}/derived.yml"
WORKFLOW_PIN: Final = f"{SHARED_FOLDER}/workflows.json"

# What Copier and Cruft leave in a project.
ANSWERS_FILE: Final = ".copier-answers.yml"
CRUFT_FILE: Final = ".cruft.json"

# A project.
README: Final = "README.md"
PROJECT_RECORD: Final = "project.yaml"
SECRETS_MANIFEST: Final = "secrets.yaml"
EVIDENCE_FILE: Final = "evidence.yml"
DATABRICKS_BUNDLE: Final = "databricks.yml"
KUSTOMIZE_OVERLAYS: Final = "deploy/k8s/overlays"
PYPROJECT: Final = "pyproject.toml"
LOCK_FILE: Final = "uv.lock"
ENV_FILE: Final = ".env"
ENV_EXAMPLE: Final = ".env.example"
PRE_COMMIT_CONFIG: Final = ".pre-commit-config.yaml"
FEATURES_FILE: Final = "config/features.toml"
ALERTS_FILE: Final = "monitoring/alerts.yml"
BUSINESS_CASE: Final = "docs/business.md"
MODEL_CARD: Final = "docs/model-card.md"
DATA_CARD: Final = "docs/data-card.md"
RUNBOOK: Final = "docs/runbook.md"
OPENAPI_DOCUMENT: Final = "docs/openapi.json"

# GitHub.
WORKFLOWS_FOLDER: Final = ".github/workflows"
DISPATCH_WORKFLOW: Final = f"{WORKFLOWS_FOLDER}/new-project.yml"
START_WORKFLOW: Final = f"{WORKFLOWS_FOLDER}/start.yml"
CHECK_ACTION: Final = ".github/actions/modelwright-check"
CODEOWNERS: Final = ".github/CODEOWNERS"
# The first that is there counts.
CODEOWNERS_PLACES: Final = (CODEOWNERS, "CODEOWNERS", "docs/CODEOWNERS")


def archetype_file(archetype: str) -> str:
    """Return the path of the file that describes an archetype."""
    return f"{TEMPLATES_FOLDER}/{archetype}/{ARCHETYPE_FILE}"


def is_workflow(path: str) -> bool:
    """Return whether a path lies in GitHub's folder of workflows."""
    return path.startswith(f"{WORKFLOWS_FOLDER}/")
