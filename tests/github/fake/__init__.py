"""A stateful fake of GitHub: its REST API and its git over HTTP, on loopback, for tests alone.

What it answers, and what it is asked, is judged by GitHub's own description of its API
(`description.py`); what that description cannot say (plans, visibility, limits, the tokens of
workflows) it enforces as GitHub does.
"""

from tests.github.fake.github import FakeGitHub
from tests.github.fake.state import Token

__all__ = ["FakeGitHub", "Token"]
