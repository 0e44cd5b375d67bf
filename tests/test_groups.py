"""Tests of one group run in one process, which shares what they made."""

import subprocess
import sys

SEVERAL = """
import os, pytest

@pytest.mark.xdist_group("one")
@pytest.mark.parametrize("number", range(20))
def test_where(number):
    with open("seen", "a") as file:
        print(os.getpid(), file=file)
"""


def test_a_group_is_not_taken_apart(tmp_path):
    (tmp_path / "test_several.py").write_text(SEVERAL)

    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadgroup", "-p", "no:cov"],
        cwd=tmp_path, check=True, capture_output=True,
    )  # fmt: skip

    seen = (tmp_path / "seen").read_text().split()
    assert len(seen) == 20
    assert len(set(seen)) == 1
