"""The running service: doors, keys, health, and the process around them."""

from __future__ import annotations

import asyncio
import gc
import hmac
import json
import logging
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing, suppress
from typing import Annotated, Any

import uvicorn
from fastapi import APIRouter, FastAPI, Response, Security
from fastapi.security import APIKeyHeader
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, create_model
from pydantic_core import to_json
from starlette.types import Receive, Scope, Send

from . import ProjectError, UseCase
from .drift import found_drift
from .experiment import Experiment
from .log import AnswerLog, Store, feedback
from .monitoring import Metrics, log_as_json
from .reading import Offer, States
from .recommending import CHAMPION, USUAL_COUNT, Live, Recommender, Routing
from .registry import Registry
from .settings import Settings
from .state import open_store

__all__ = ["address", "application", "openapi", "serve"]

EVERYWHERE = "0.0.0.0"  # noqa: S104 - only with keys, see address
LOOPBACK = ("127.0.0.1", "localhost", "::1")
SECONDS_TO_FINISH = 20
KEY_HEADER = "X-API-Key"
LARGEST_REQUEST = 16_384
OFFER_SECONDS = 1.0
MEASURE_SECONDS = 30.0
OK = 200
JSON = (b"content-type", b"application/json")
Name = Annotated[str, Field(min_length=1, max_length=128)]
Work = Callable[[bytes], Awaitable[bytes]]


class Shown(BaseModel):
    """One recommendation."""

    item: str
    score: float


class Answer(BaseModel):
    """What is recommended, best first, and why it knows less than it might, where it does."""

    request_id: str
    model_version: str
    items: list[Shown]
    fallback: str


def application(settings: Settings, use_case: UseCase[Any, Any], registry: Registry) -> FastAPI:
    """Return the service; its lifespan loads the champion, and writes the log at the end."""
    metrics = Metrics(settings)
    log = AnswerLog(settings, metrics)
    routing: Routing | None = Experiment(settings)
    aliases = routing.aliases if routing else (CHAMPION,)
    live = Live(settings, use_case, registry, metrics, aliases)
    offer, states = Offer(settings), States(settings, metrics)
    recommender = Recommender(
        settings,
        use_case,
        live=live,
        offer=offer,
        states=states,
        log=log,
        metrics=metrics,
        routing=routing,
    )

    def measure() -> None:
        """Do what takes too long to be done with every answer."""
        if routing:
            routing.measure(metrics)
        champion = live.models.get(CHAMPION)
        with closing(open_store(settings)) as store, closing(Store(settings)) as kept:
            if champion:
                metrics.drift(found_drift(settings, champion, store, use_case)[0])
            feedback(settings, use_case, store, kept, closed=True)

    lifespan = _lifespan(live, offer, states, log, measure)
    app = Application(title=registry.model, version="1", lifespan=lifespan, redoc_url=None)
    app.state.live, app.state.started = live, False
    app.include_router(_health(app, settings, live, offer, metrics))
    _recommending(app, settings, recommender, metrics)
    return app


def _lifespan(
    live: Live, offer: Offer, states: States, log: AnswerLog, measure: Callable[[], None]
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        log.start()
        await asyncio.gather(
            *(asyncio.to_thread(work) for work in (live.refresh, offer.refresh, states.open))
        )
        # The collector would walk every imported library's objects again and again: 250 ms each.
        gc.collect()
        gc.freeze()
        following = asyncio.gather(
            live.follow(), _every(OFFER_SECONDS, offer.refresh), _every(MEASURE_SECONDS, measure)
        )
        app.state.started = True
        yield
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following
        states.close()
        offer.close()
        log.stop()

    return lifespan


async def _every(seconds: float, work: Callable[[], None]) -> None:
    """Do it again and again, off the event loop, whatever comes of it."""
    while True:
        await asyncio.sleep(seconds)
        try:
            await asyncio.to_thread(work)
        except ProjectError as error:
            logging.getLogger(__name__).warning("trying again: %s", error)
        except Exception:
            logging.getLogger(__name__).exception("trying again")


def _health(
    app: FastAPI, settings: Settings, live: Live, offer: Offer, metrics: Metrics
) -> APIRouter:
    router = APIRouter(tags=["health"])
    limit = settings.stream.lag_limit_seconds

    @router.get("/healthz")
    async def healthz() -> dict[str, str]:
        """Say that the process answers."""
        return {"status": "ok"}

    @router.get("/startup")
    async def startup(response: Response) -> dict[str, str]:
        """Say whether registry and store were asked once."""
        response.status_code = 200 if app.state.started else 503
        return {"status": "started" if app.state.started else "starting"}

    @router.get("/readyz")
    async def readyz(response: Response) -> dict[str, Any]:
        """Say whether a champion is loaded, and no worker lags behind."""
        versions = {alias: model.version for alias, model in live.models.items()}
        faults = ["no champion"] if CHAMPION not in versions else []
        if offer.lag is not None and offer.lag > limit:
            faults.append(f"the worker lags by {offer.lag:.0f} s")
        response.status_code = 503 if faults else 200
        return {"status": ", ".join(faults) or "ready", **versions}

    @router.get("/metrics", response_class=Response)
    async def metrics_page() -> Response:
        """Give Prometheus what it scrapes."""
        return Response(metrics.page(live.models), media_type="text/plain; version=0.0.4")

    return router


def _recommending(
    app: Application, settings: Settings, recommender: Recommender, metrics: Metrics
) -> None:
    router = APIRouter(tags=["recommending"])
    limit = settings.service.largest_count
    count = (int, Field(default=min(USUAL_COUNT, limit), ge=1, le=limit))
    form = ConfigDict(extra="forbid", strict=True)
    wanted = create_model("Wanted", __config__=form, user=(Name, ...), count=count)
    alike = create_model("Alike", __config__=form, item=(Name, ...), count=count)
    of_user: TypeAdapter[Any] = TypeAdapter(wanted)
    of_item: TypeAdapter[Any] = TypeAdapter(alike)

    async def recommend(body: bytes) -> bytes:
        asked = of_user.validate_json(body)
        return to_json(await recommender.recommend(asked.user, asked.count))

    async def similar(body: bytes) -> bytes:
        asked = of_item.validate_json(body)
        return to_json(recommender.similar(asked.item, asked.count))

    doors = {}
    for path, work, takes in (
        ("/v1/recommendations", recommend, wanted),
        ("/v1/similar", similar, alike),
    ):
        doors[path] = Door(path, work, LARGEST_REQUEST, settings.environment.api_keys, metrics)
        _document(router, path, takes)
    app.include_router(router)
    app.doors = doors


def _document(router: APIRouter, path: str, takes: type[BaseModel]) -> None:
    async def documented(request: BaseModel) -> None: ...

    documented.__annotations__ = {"request": takes, "return": Answer}
    documented.__name__ = path.rsplit("/", 1)[-1]
    router.post(
        path,
        response_model=Answer,
        dependencies=[Security(APIKeyHeader(name=KEY_HEADER, auto_error=False))],
        responses={401: {"description": "No valid key"}},
    )(documented)


class Application(FastAPI):
    """FastAPI, but what is posted to a recommending route goes straight to its door.

    The framework documents these routes and answers everything else: its own way to such a route
    costs more than the recommendations do.
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
    """One recommending route as plain ASGI.

    Args:
        path: The route's path.
        work: From a body to an answer.
        size: Largest body, in bytes.
        keys: Keys that callers may present; none means everybody (on loopback only).
        metrics: Where answers are counted.
    """

    def __init__(
        self, path: str, work: Work, size: int, keys: Sequence[str], metrics: Metrics
    ) -> None:
        self.path = path
        self._work = work
        self._size = size
        self._keys = [key.encode() for key in keys]
        self._answered = metrics.requests.labels(path, "200").inc
        self._seconds = metrics.seconds.labels(path).observe
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        status, out = 401, _detail("present a valid key in the header " + KEY_HEADER)
        if self._allowed(scope["headers"]):
            body = await _body(receive, self._size)
            status, out = await self._respond(body)
        await send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [JSON, (b"content-length", b"%d" % len(out))],
            }
        )
        await send({"type": "http.response.body", "body": out})
        if status == OK:
            self._answered()
        else:
            self._metrics.requests.labels(self.path, str(status)).inc()
        self._seconds(time.perf_counter() - started)

    def _allowed(self, headers: Sequence[tuple[bytes, bytes]]) -> bool:
        if not self._keys:
            return True
        given = next((value for name, value in headers if name == b"x-api-key"), b"")
        return any(hmac.compare_digest(given, key) for key in self._keys)

    async def _respond(self, body: bytes | None) -> tuple[int, bytes]:
        if body is None:
            return 413, _detail(f"a request holds at most {self._size} bytes")
        try:
            return OK, await self._work(body)
        except ValidationError as error:
            return 422, _faults(error)
        except Exception:
            logging.getLogger(__name__).exception("%s failed", self.path)
            return 500, _detail("the service failed; its log says why")


async def _body(receive: Receive, size: int) -> bytes | None:
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body") and len(body) <= size:
        message = await receive()
        body += message.get("body", b"")
    return body if len(body) <= size else None


def _detail(text: str) -> bytes:
    return to_json({"detail": text})


def _faults(error: ValidationError) -> bytes:
    """Name each refused field, without repeating what was sent."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    return to_json({"detail": [{**fault, "loc": ("body", *fault["loc"])} for fault in found]})


def openapi(settings: Settings, use_case: UseCase[Any, Any]) -> str:
    """Return the service's description, as `docs/openapi.json` holds it."""
    described = application(settings, use_case, Registry(settings)).openapi()
    return json.dumps(described, indent=2, sort_keys=True) + "\n"


def serve(
    settings: Settings,
    use_case: UseCase[Any, Any],
    registry: Registry,
    *,
    host: str = "",
    port: int | None = None,
) -> None:
    """Answer requests until SIGTERM or SIGINT, then finish what was begun.

    Raises:
        ProjectError: No key is set and the address is not loopback, or it is taken.
    """
    log_as_json()
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
