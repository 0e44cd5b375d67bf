"""What cannot be interrupted from within is ended by the system, and told by a parent process."""

import os
import signal
import subprocess
import sys
import time

import pytest

HEAD = """\
import ctypes, os, signal, sys, time
# A test run that nohup started, or that is in the background, ignores these and hands that on.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
from modelwright.cli.supervise import supervise
from modelwright.policy.resource_limits import with_resource_limits
from modelwright.errors import RefusedError

def work(arguments):
    print("begun", os.getpid(), flush=True)
"""
TAIL = "\nsys.exit(supervise(work, sys.argv[1:]))\n"


def started(body, *arguments):
    code = HEAD + "".join(f"    {line}\n" for line in body.splitlines()) + TAIL
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def ended(process):
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


@pytest.mark.parametrize("code", [0, 1, 3, 70, 130])
def test_the_exit_code_is_the_childs(code):
    assert ended(started(f"return {code}"))[0] == code


@pytest.mark.parametrize(
    "body",
    [
        # Python's own handler of the clock never runs, as in a library written in C.
        "with with_resource_limits('x'):\n    signal.signal(signal.SIGPROF, signal.SIG_IGN)\n"
        "    while True: pass",
        "with with_resource_limits('x'):\n    os.kill(os.getpid(), signal.SIGSEGV)",
        "with with_resource_limits('x'):\n    os.kill(os.getpid(), signal.SIGKILL)",
    ],
    ids=["endless", "crash", "out of memory"],
)
def test_a_text_that_ends_the_process_is_refused(body):
    code, out, err = ended(started(body))

    assert code == 3
    assert out.count("begun") == 1
    assert "next: " in err
    assert '"exit_code": 3' in ended(started(body, "--json"))[1]


def test_a_crash_of_anything_else_stays_one():
    assert ended(started("os.kill(os.getpid(), signal.SIGSEGV)"))[0] == -signal.SIGSEGV


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_reaches_the_command(number):
    process = started("time.sleep(50)")
    assert process.stdout.readline().startswith("begun")

    process.send_signal(number)

    assert ended(process)[0] in {-number, 1}


def test_a_command_ends_with_its_parent():
    process = started("time.sleep(50)")
    child = int(process.stdout.readline().split()[1])

    process.kill()
    process.wait()

    for _ in range(100):
        try:
            os.kill(child, 0)
        except ProcessLookupError:
            break
        time.sleep(0.1)
    else:
        pytest.fail("it runs on")


def test_a_kill_from_outside_ends_both_without_a_traceback():
    code, _, err = ended(started("os.kill(os.getpid(), signal.SIGKILL)"))

    assert (code, err) == (-signal.SIGKILL, "")
