"""At a terminal, questions are put one by one, and a refused answer is explained at once."""

import os
import pty
import re
import select
import sys
import time

import pytest

ENTER, DOWN = "\r", "\x1b[B"


class Terminal:
    """A person at a real pseudo-terminal."""

    def __init__(self, folder, *arguments):
        self.pid, self.descriptor = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.environ["TERM"] = "xterm"
            os.execv(sys.executable, [sys.executable, "-m", "modelwright", *arguments])
        self.seen = ""

    def wait_for(self, text, seconds=20):
        end = time.monotonic() + seconds
        while text not in self.screen():
            assert time.monotonic() < end, f"no {text!r} in {self.screen()!r}"
            if select.select([self.descriptor], [], [], 0.1)[0]:
                self.seen += self._read()

    def type(self, text):
        os.write(self.descriptor, text.encode())

    def screen(self):
        return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", self.seen)

    def _read(self):
        try:
            data = os.read(self.descriptor, 65536)
        except OSError:
            return ""
        if b"\x1b[6n" in data:
            os.write(self.descriptor, b"\x1b[1;1R")
        return data.decode(errors="replace")

    def end(self, seconds=30):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if select.select([self.descriptor], [], [], 0.1)[0]:
                self.seen += self._read()
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status)
        pytest.fail(f"it goes on: {self.screen()!r}")


def test_five_questions_make_a_project(tmp_path):
    person = Terminal(tmp_path, "new", "online-serving", "--no-git", "--no-lock")

    person.wait_for("Which team owns it?")
    person.type(ENTER)
    person.wait_for("What is it for?")
    person.type("Bad_Name")
    person.type(ENTER)
    person.wait_for("NAM002: use case 'Bad_Name' is not lower-case words")
    person.type("\x15churn" + ENTER)
    person.wait_for("Which personal data does it read?")
    person.type(ENTER)
    person.wait_for("What does it do, in one line?")
    person.type("Finds who is about to leave" + ENTER)

    assert person.end() == 0
    assert (tmp_path / "norda-churn-serve/README.md").exists()


def test_a_team_of_several_brands_is_asked_for_which(tmp_path):
    person = Terminal(
        tmp_path, "new", "online-serving", "--no-git", "--no-lock",
        "-d", "team=group-personalisation", "-d", "use_case=churn", "-d", "description=Finds",
    )  # fmt: skip

    person.wait_for("For which of the team's brands?")
    person.type(DOWN + ENTER)
    person.wait_for("Which personal data")
    person.type(ENTER)

    assert person.end() == 0
    assert (tmp_path / "velora-churn-serve").is_dir()


def test_without_an_archetype_it_is_asked_for_with_what_each_makes(tmp_path):
    person = Terminal(
        tmp_path, "new", "--no-git", "--no-lock",
        "-d", "team=kitto-marketing", "-d", "use_case=churn", "-d", "description=Finds",
    )  # fmt: skip

    person.wait_for("Which pattern?")
    person.wait_for("a forecast of every series by run date")
    person.wait_for("an online service that scores requests")
    person.type(DOWN + ENTER)
    person.wait_for("Which personal data")
    person.type(ENTER)

    assert person.end() == 0
    assert (tmp_path / "kitto-churn-serve").is_dir()


def test_the_name_is_shown_before_the_next_question(tmp_path):
    person = Terminal(tmp_path, "new", "online-serving", "--no-git", "--no-lock")

    person.wait_for("Which team owns it?")
    person.type(ENTER)
    person.wait_for("What is it for?")
    assert "It will be called" not in person.screen()
    person.type("churn" + ENTER)
    person.wait_for("Which personal data does it read?")

    screen = person.screen()
    assert screen.index("It will be called norda-churn-serve") < screen.index("Which personal")
    person.type("\x03")
    assert person.end() == 130


def test_a_folder_that_is_taken_is_told_before_the_next_question(tmp_path):
    (tmp_path / "norda-churn-serve").mkdir()
    (tmp_path / "norda-churn-serve/mine.txt").write_text("mine")
    person = Terminal(tmp_path, "new", "online-serving", "--no-git", "--no-lock")

    person.wait_for("Which team owns it?")
    person.type(ENTER)
    person.wait_for("What is it for?")
    person.type("churn" + ENTER)

    assert person.end() == 3
    assert "not an empty folder" in person.screen()
    assert "Which personal data" not in person.screen()


def test_progress_is_shown_while_it_renders_locks_and_commits(tmp_path):
    person = Terminal(tmp_path, "new", "batch", "--defaults")

    assert person.end(seconds=120) == 0
    for step in ("render the files", "lock the dependencies", "make the first commit"):
        assert step in person.screen()


def test_leaving_at_a_question_is_130_and_writes_nothing(tmp_path):
    person = Terminal(tmp_path, "new", "online-serving")

    person.wait_for("Which team owns it?")
    person.type("\x03")

    assert person.end() == 130
    assert list(tmp_path.iterdir()) == []
