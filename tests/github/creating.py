"""Runs `modelwright create` against the fake as a person or a workflow does, in this process."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from modelwright.cli.main import main
from tests.github.fake import FakeGitHub
from tests.github.fake.github import Exchange
from tests.github.organisation import LOGIN

NAME = "norda-fraud-scoring-serve"
FULL_NAME = f"{LOGIN}/{NAME}"
ANSWERS = {
    "team": "norda-fraud",
    "use_case": "fraud-scoring",
    "personal_data": "pseudonymous",
    "description": "Scores payments for fraud",
}


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def document(self) -> dict:
        return json.loads(self.out)


@dataclass
class Creating:
    """A way to run `create` again and again against one fake, and all that it ever said."""

    fake: FakeGitHub
    folder: Path
    said: object
    answers: dict[str, str] = field(default_factory=lambda: dict(ANSWERS))
    output: list[str] = field(default_factory=list)

    @property
    def journal(self) -> Path:
        return self.folder / "journal.jsonl"

    def __call__(self, *arguments: str, journal: bool = True) -> Ran:
        given = [f"--data={name}={value}" for name, value in self.answers.items()]
        here = [f"--journal={self.journal}"] if journal else []
        code = main(
            [
                "create",
                "online-serving",
                *given,
                "--no-lock",
                f"--api={self.fake.url}",
                *here,
                *arguments,
            ]
        )
        told = self.said.readouterr()
        self.output += [told.out, told.err]
        assert "Traceback" not in told.err
        return Ran(code, told.out, told.err)

    def sent_since(self, mark: int) -> list[Exchange]:
        return self.fake.exchanges[mark:]


def writes(exchanges: list[Exchange]) -> list[str]:
    """The signatures of what changes something; a fetch of git is a read."""
    return [
        found.signature
        for found in exchanges
        if found.call.method != "GET" and not found.call.target.endswith("/git-upload-pack")
    ]
