"""Of some files a code host reads one alone: which others stand in a new one's place."""

import pytest

from modelwright.update.conflicts import equivalent_file


@pytest.mark.parametrize(("path", "others", "expected"), [
    (".github/CODEOWNERS", ["CODEOWNERS", "README.md"], "CODEOWNERS"),
    ("docs/CODEOWNERS", [".gitlab/CODEOWNERS"], ".gitlab/CODEOWNERS"),
    (".github/CODEOWNERS", ["src/CODEOWNERS", "codeowners"], ""),
    (".github/PULL_REQUEST_TEMPLATE/b.md", [".github/PULL_REQUEST_TEMPLATE/a.md"], ""),
    (".github/PULL_REQUEST_TEMPLATE/b.md", ["docs/pull_request_template"],
     "docs/pull_request_template"),
    (".github/workflows/ci.yml", [".github/workflows/ci.yaml"], ".github/workflows/ci.yaml"),
    (".github/workflows/ci.yml", [".github/workflows/other.yml", "ci.yaml"], ""),
    ("README.md", ["docs/README.md"], ""),
])  # fmt: skip
def test_it_is_named_where_it_stands(path, others, expected):
    assert equivalent_file(path, others) == expected
