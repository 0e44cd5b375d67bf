"""Starts a rendered project's service with faults that a file switches on while it runs.

Runs on the project's own interpreter: `python faulty_service.py PACKAGE FILE`.
"""

import importlib
import sqlite3
import sys
import time
import types
from pathlib import Path
from typing import Any

PACKAGE, SWITCH = sys.argv[1], Path(sys.argv[2])
DAYS = 86_400


def fault() -> str:
    """Return the fault of this moment, or nothing."""
    return SWITCH.read_text()


def module(name: str) -> types.ModuleType:
    """Return a module of the project's machinery."""
    return importlib.import_module(f"{PACKAGE}.runtime.{name}")


model, log, monitoring = module("model").Model, module("log").Store, module("monitoring")
predict, write = model.predict, log.write


def faulty_predict(self: Any, rows: Any) -> Any:
    """Predict late, or not at all."""
    if fault() == "slow":
        time.sleep(0.12)
    if fault() == "broken":
        raise RuntimeError("injected fault")
    return predict(self, rows)


def faulty_write(self: Any, records: Any) -> None:
    """Meet a full disk."""
    if fault() == "disk":
        raise sqlite3.OperationalError("injected: disk full")
    write(self, records)


def faulty_time() -> float:
    """Be a hundred days ahead."""
    return time.time() + (100 * DAYS if fault() == "old" else 0)


model.predict, log.write = faulty_predict, faulty_write
vars(monitoring)["time"] = types.SimpleNamespace(time=faulty_time)
sys.exit(module("cli").main(["serve"]))
