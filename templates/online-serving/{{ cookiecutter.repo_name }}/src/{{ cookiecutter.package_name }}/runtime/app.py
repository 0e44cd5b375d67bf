"""The HTTP service: routes, keys, health. What an answer holds is decided in `scoring`."""

from __future__ import annotations

import asyncio
import gc
import hmac
import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any

from fastapi import APIRouter, FastAPI, Response, Security
from fastapi.security import APIKeyHeader
from pydantic import BaseModel, Field, TypeAdapter, ValidationError, create_model
from pydantic_core import to_json
from starlette.types import Receive, Scope, Send

from . import UseCase
from .log import RequestLog
from .monitoring import Metrics
from .registry import Registry
from .scoring import Live, NoChampionError, Routing, Scorer
from .settings import Settings

__all__ = ["create_app"]

KEY_HEADER = "X-API-Key"
LARGEST_REQUEST = 16_384
OK = 200
JSON = (b"content-type", b"application/json")
Work = Callable[[bytes], bytes]


def create_app(
    settings: Settings,
    use_case: UseCase[Any, BaseModel],
    registry: Registry,
    routing: Routing | None = None,
) -> FastAPI:
    """Return the service; its lifespan loads the champion, and writes the log at the end.

    Args:
        settings: The project's configuration.
        use_case: Your five functions.
        registry: Where the versions are.
        routing: Who meets which version; everybody meets the champion where not given.
    """
    metrics = Metrics(settings)
    log = RequestLog(settings, metrics)
    aliases = routing.aliases if routing else ("champion",)
    live = Live(settings, use_case, registry, metrics, aliases)
    scorer = Scorer(settings, use_case, live=live, log=log, metrics=metrics, routing=routing)

    app = Application(
        title=registry.model, version="1", lifespan=_lifespan(live, log, routing), redoc_url=None
    )
    app.state.live, app.state.started = live, False
    app.include_router(_health(app, live, metrics))
    _scoring(app, settings, use_case, scorer, metrics)
    return app


def _lifespan(
    live: Live, log: RequestLog, routing: Routing | None
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        log.start()
        if routing:
            routing.start(log.put)
        await asyncio.to_thread(live.refresh)
        # The collector would walk every imported library's objects again and again: 250 ms each.
        gc.collect()
        gc.freeze()
        following = asyncio.create_task(live.follow())
        app.state.started = True
        yield
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following
        if routing:
            routing.stop()
        log.stop()

    return lifespan


def _health(app: FastAPI, live: Live, metrics: Metrics) -> APIRouter:
    router = APIRouter(tags=["health"])

    @router.get("/healthz")
    async def healthz() -> dict[str, str]:
        """Say that the process answers."""
        return {"status": "ok"}

    @router.get("/startup")
    async def startup(response: Response) -> dict[str, str]:
        """Say whether the registry was asked once."""
        response.status_code = 200 if app.state.started else 503
        return {"status": "started" if app.state.started else "starting"}

    @router.get("/readyz")
    async def readyz(response: Response) -> dict[str, Any]:
        """Say whether a champion is loaded and gave the answers of its training."""
        versions = {alias: model.version for alias, model in live.models.items()}
        response.status_code = 200 if "champion" in versions else 503
        return {"status": "ready" if "champion" in versions else "no champion", **versions}

    @router.get("/metrics", response_class=Response)
    async def metrics_page() -> Response:
        """Give Prometheus what it scrapes."""
        return Response(metrics.page(live.models), media_type="text/plain; version=0.0.4")

    return router


def _scoring(
    app: Application,
    settings: Settings,
    use_case: UseCase[Any, BaseModel],
    scorer: Scorer,
    metrics: Metrics,
) -> None:
    router = APIRouter(tags=["scoring"])
    limit = settings.service.batch_limit
    many = Field(min_length=1, max_length=limit)
    request = use_case.request_type
    batch = create_model("Batch", requests=(_listed(request), many))
    answer = create_model(
        "Answer",
        request_id=(str, ...),
        model_version=(str, ...),
        score=(float, ...),
        outside_training_range=(list[str], ...),
        result=(use_case.response_type, ...),
    )
    answers = create_model("Answers", answers=(_listed(answer), ...))
    one, several = TypeAdapter(request), TypeAdapter(batch)

    def score(body: bytes) -> bytes:
        return to_json(scorer.answer(one.validate_json(body)))

    def score_batch(body: bytes) -> bytes:
        asked: Sequence[BaseModel] = several.validate_json(body).requests  # type: ignore[attr-defined]
        return to_json({"answers": [scorer.answer(request) for request in asked]})

    doors = {}
    for path, work, takes, gives, size in (
        ("/v1/score", score, request, answer, LARGEST_REQUEST),
        ("/v1/score:batch", score_batch, batch, answers, LARGEST_REQUEST * limit),
    ):
        doors[path] = Door(path, work, size, settings.environment.api_keys, metrics)
        _document(router, doors[path], takes, gives)
    app.include_router(router)
    app.doors = doors


def _listed(one: type[BaseModel]) -> Any:
    return list[one]  # type: ignore[valid-type]


def _document(
    router: APIRouter, door: Door, takes: type[BaseModel], gives: type[BaseModel]
) -> None:
    async def documented(request: BaseModel) -> BaseModel:
        return request

    documented.__annotations__ = {"request": takes, "return": gives}
    documented.__name__ = door.path.rsplit("/", 1)[-1].replace(":", "_")
    router.post(
        door.path,
        response_model=gives,
        dependencies=[Security(APIKeyHeader(name=KEY_HEADER, auto_error=False))],
        responses={401: {"description": "No valid key"}, 503: {"description": "No champion"}},
    )(documented)


class Application(FastAPI):
    """FastAPI, but what is posted to a scoring route goes straight to its door.

    The framework documents these routes and answers everything else: its own way to a scoring
    route costs three times what a score does.
    """

    doors: Mapping[str, Door] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI connection."""
        door = self.doors.get(scope["path"]) if scope["type"] == "http" else None
        if door is not None and scope["method"] == "POST":
            await door(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


class Door:
    """One scoring route as plain ASGI.

{% set awaits = false -%}
{% include 'templates/_shared/door.py' %}
    def _respond(self, body: bytes | None) -> tuple[int, bytes]:
        if body is None:
            return 413, _detail(f"a request holds at most {self._size} bytes")
        try:
            return 200, self._work(body)
        except ValidationError as error:
            return 422, _faults(error)
        except NoChampionError:
            return 503, _detail("no champion is loaded")
        except Exception:
            logging.getLogger(__name__).exception("%s failed", self.path)
            return 500, _detail("the service failed; its log says why")


{% include 'templates/_shared/door-parts.py' -%}
