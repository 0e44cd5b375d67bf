"""A pattern of a policy is matched in little time, whatever the name."""

import json
import re
import subprocess
import sys

import pytest
import yaml

from modelwright.adapters.sources.platforms import locate_platform
from modelwright.errors import RefusedError
from modelwright.policy.safe_patterns import unsafe_pattern
from tests.platforms import ROOT, platform_copy

SAFE = [
    *("[a-z][a-z0-9]*(-[a-z0-9]+)*", "[a-z]([-a-z0-9]*[a-z0-9])?", "(?!GITHUB_)[A-Z_][A-Z0-9_]*"),
    *("/[a-z0-9-]+/[a-z0-9-]+", "[a-z]+-[a-z]+-[a-z]+-[a-z]+", r"\d{4}\d{2}\d{2}", "a+", ""),
    *("(get|set|got)-[a-z]+", "[a-z]{3,30}", "(ab|ac)*", "(a|ab)*", r"[\w.-]+", "(?:x-)?[a-z]+"),
    *(
        "[a-z]+(_v[0-9]+)?",
        "ds-[a-z]{2,10}(-(dev|prod))?",
        "[^/]+/[^/]+",
        "a?b?c?d?e?f?",
        r"(\w|\d)+",
        "(é|[à-ü])+",
    ),
]
UNSAFE = [
    *("(a+)+", "(a+)+$", "(a*)*", "(a|a)*", "(a|aa)+", r"(\w+\s?)*", "(.*)*", "([a-z]+-?)+"),
    *("(a?){30}", "a?" * 30, "(a|a)" * 30, "a*a*a*", "[a-z]*[a-z0-9]*[a-z]*x", "(a+){2,9}"),
    *("((a|b)+|c)+", r"(a)\1", "(?<=a)b", "x(?=a+)", "(?=(a+)+)b", "(a*b?)*"),
    *("a{1,9}a{1,9}a{1,9}", "((ab)*)+", "x*" * 3, "(.+,)+", "(?:a{2}|a{3})*", "a" * 501),
    *("([^-]+-?)*", r"([^\d]+\D)*", "(a|b|ab)*c", "(x+x+)+y"),
]


@pytest.mark.parametrize("pattern", SAFE)
def test_a_plain_pattern_is_taken(pattern):
    assert unsafe_pattern(pattern) == ""


@pytest.mark.parametrize("pattern", UNSAFE)
def test_a_pattern_that_may_take_for_ever_is_not(pattern):
    re.compile(pattern)

    assert unsafe_pattern(pattern)


@pytest.mark.parametrize("pattern", SAFE)
@pytest.mark.parametrize("letters", ["a", "ab", "a-", "-", "a0", "1", "A_", "aab"])
def test_what_is_taken_ends_at_once(pattern, letters):
    text = letters * (1000 // len(letters)) + "\n!"
    code = f"import re; re.search(rf'\\A(?:{pattern})\\Z', {text!r})"

    subprocess.run([sys.executable, "-S", "-c", code], check=True, timeout=20)


def test_every_pattern_of_the_sample_is_taken():
    naming = yaml.safe_load((ROOT / "platform.yml").read_text())["naming"]
    rules = [naming["repository"], naming["use_case"], *naming["derived"]]

    assert [rule["pattern"] for rule in rules if unsafe_pattern(rule["pattern"])] == []


@pytest.mark.parametrize("pattern", ["(a+)+", "(a|a)*", "("])
def test_a_foreign_policy_with_such_a_pattern_is_refused(pattern, tmp_path):
    """It need not have passed `platform check`: what it wrote for its templates decides."""
    folder = platform_copy(tmp_path / "platform")
    compact = folder / "templates/_shared/policy.json"
    policy = json.loads(compact.read_text())
    policy["naming"]["derived"][0]["pattern"] = pattern
    compact.write_text(json.dumps(policy))

    with pytest.raises(RefusedError, match=policy["naming"]["derived"][0]["id"]):
        _ = locate_platform(str(folder)).policy
