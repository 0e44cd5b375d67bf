"""What looks like the value of a secret, and what only stands near one."""

import pytest

from modelwright.audit.checks.secret_values import has_high_entropy, shapes_in


@pytest.mark.parametrize(
    "value",
    [
        "kJ8s7Dq2LmZx91TbVw0e",
        "9f86d081884c7d659a2feaa0c55ad015",
        "x7Kq92mZpL40sTvB",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzY2k4+w==",
        "6f1ed002-ab55-4a1d-9f0e-3b7e2f9d1c48",
    ],
)
def test_random_text_is_suspect(value):
    assert has_high_entropy(value)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "let-me-in",
        "replace-me-by-your-own",
        "${{ secrets.SERVICE_API_KEYS }}",
        "${SERVICE_API_KEYS:?one key}",
        "norda-fraud-scoring-serve-2026",
        "/var/run/secrets/databricks/token",
        "https://login.example.com/oauth2/v2.0/token",
        "projects/norda-ml/secrets/api-keys/versions/3",
        "the quick brown fox 12",
        "aaaaaaaaaaaaaaaaaaaa1",
        "2026-11-22",
        "12345678901234567890",
    ],
)
def test_names_paths_and_references_are_not(value):
    assert not has_high_entropy(value)


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://user:password@localhost/x",
        "https://example.com:8080/path@1",
        "git@github.com:halden-retail/modelwright.git",
        "postgresql://${USER}:${PASSWORD}@db/x",
        "ghp_ is how a token begins",
        "a task-force that asks risk-averse people for disk-space-and-so-on-and-so-forth",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "-----BEGIN PUBLIC KEY-----",
    ],
)
def test_prose_about_secrets_is_none(text):
    assert list(shapes_in(text)) == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.py", 'token = request.headers.get("x")\nkey = "by_customer_and_day"\n'),
        ("a.py", "api_key = settings.environment.api_keys1\n"),
        ("a.toml", 'allocation_key = "by-requests"\nprimary_key = "customer_id"\n'),
        ("a.yml", "environment_key: training\nAPI_KEY: ${API_KEY}\nTOKEN: <your token>\n"),
        ("uv.lock", 'token = "9f86d081884c7d659a2feaa0c55ad015"\n'),
        ("a.sh", 'SERVICE_TOKEN="$(cat /run/secrets/token)"\n'),
        ("a.md", "Set `SERVICE_TOKEN=` in `.env`; a key of 32 characters.\n"),
    ],
)
def test_code_that_handles_secrets_is_not_found(project, check, path, text):
    (project / path).write_text(text)

    assert check(project).findings == ()


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.yml", "first: 1\nDB_PASSWORD: x7Kq92mZpL40sTvB\n"),
        ("a.env", "\nexport MY_TOKEN=x7Kq92mZpL40sTvB\n"),
        ("a.json", '{\n"client_secret": "x7Kq92mZpL40sTvB"}\n'),
        ("a.py", '\nos.environ["API_KEY"] = "x7Kq92mZpL40sTvB"\n'),
        ("a.tf", '\nstorage_key = "x7Kq92mZpL40sTvB"\n'),
        ("Dockerfile.job", "FROM scratch\nENV ACCESS_TOKEN=x7Kq92mZpL40sTvB\n"),
        ("a.ipynb", '\n"source": ["PASSWORD = \'x7Kq92mZpL40sTvB\'"]\n'),
    ],
)
def test_a_value_is_found_in_any_format_at_its_line(project, check, path, text):
    (project / path).write_text(text)

    found = [finding for finding in check(project).findings if finding.rule == "SEC005"]

    assert [finding.where for finding in found] == [f"{path}:2"]
