"""The running process: address, keys, JSON log lines, uvicorn."""

from __future__ import annotations

import json
import logging
import socket
import sys
from typing import Any

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

from . import ProjectError, UseCase
from .app import create_app
{% if cookiecutter.ab_test %}from .experiment import Experiment
{% endif %}from .registry import Registry
from .settings import Settings

__all__ = ["address", "application", "openapi", "serve"]

EVERYWHERE = "0.0.0.0"  # noqa: S104 - only with keys, see address
LOOPBACK = ("127.0.0.1", "localhost", "::1")
SECONDS_TO_FINISH = 20


def application(
    settings: Settings, use_case: UseCase[Any, BaseModel], registry: Registry
) -> FastAPI:
    """Return the service with everything that this project has."""
    return create_app(settings, use_case, registry{% if cookiecutter.ab_test %}, Experiment(settings){% endif %})


def openapi(settings: Settings, use_case: UseCase[Any, BaseModel]) -> str:
    """Return the service's description, as `docs/openapi.json` holds it."""
    described = application(settings, use_case, Registry(settings)).openapi()
    return json.dumps(described, indent=2, sort_keys=True) + "\n"


def serve(
    settings: Settings,
    use_case: UseCase[Any, BaseModel],
    registry: Registry,
    *,
    host: str = "",
    port: int | None = None,
) -> None:
    """Answer requests until SIGTERM or SIGINT, then finish what was begun.

    Raises:
        ProjectError: No key is set and the address is not loopback, or it is taken.
    """
    _log_as_json()
    host = address(settings, host)
    taken = _listen(host, settings.environment.port if port is None else port)
    shown = f"http://{host}:{taken.getsockname()[1]}"
    logging.getLogger(__name__).info("serving on %s", shown)
    config = uvicorn.Config(
        application(settings, use_case, registry),
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=SECONDS_TO_FINISH,
    )
    uvicorn.Server(config).run([taken])


def address(settings: Settings, host: str) -> str:
    """Return where to listen: without keys this machine only.

    Raises:
        ProjectError: No key is set and `host` can be reached from elsewhere.
    """
    keys = settings.environment.api_keys
    host = host or settings.environment.host or (EVERYWHERE if keys else LOOPBACK[0])
    if keys:
        return host
    if host not in LOOPBACK:
        raise ProjectError(
            f"SERVICE_API_KEYS is not set, so {host} is refused",
            next_step="set it (comma separated), or serve on 127.0.0.1",
            code=3,
        )
    logging.getLogger(__name__).warning(
        "SERVICE_API_KEYS is not set: no key is asked for, and only this machine can connect"
    )
    return host


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise ProjectError(
            f"{host}:{port} cannot be used: {error.strerror}",
            next_step="name another one with --port, or SERVICE_PORT",
        ) from error
    return listening


def _log_as_json() -> None:
    logging.raiseExceptions = False
    lines = logging.StreamHandler(sys.stdout)
    lines.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[lines], force=True)


class JsonLines(logging.Formatter):
    """One JSON object per line, as log collectors want it."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as JSON."""
        line = {
            "at": self.formatTime(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line)
