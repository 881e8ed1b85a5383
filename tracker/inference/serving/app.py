"""The addresses that a served network answers at, as an application of ASGI."""

from __future__ import annotations

import importlib.metadata
import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send
from torch import Tensor

from tracker.inference.loading import TrainedNetwork
from tracker.inference.serving.answers import description, prediction, probabilities
from tracker.inference.serving.batches import Batches
from tracker.inference.serving.bodies import Bodies
from tracker.inference.serving.gate import require_for_us
from tracker.inference.serving.invocations import images_of_invocation
from tracker.inference.serving.limits import Limits
from tracker.inference.serving.questions import (
    JSON,
    NoImage,
    content_type,
    images_of,
    is_file,
)
from tracker.inference.serving.refusals import Refused, bad_request, unknown_kind

_LOG = logging.getLogger(__name__)
_INVOCATIONS = "/invocations"
_MOST_TOLD = 10
_LONGEST_PATH = 200
_ADDRESSES = "POST /predict, POST /invocations, GET /model, GET /health and GET /version"
# What starlette says of these in two words.
_ELSEWHERE = {
    404: f"there must be something at this address, but there is not: ask {_ADDRESSES}",
    405: f"an address must be asked as it answers, but this one is not: ask {_ADDRESSES}",
}

_Answering = Callable[[Request, bytes], Awaitable[Response]]


class NetworkApp:
    """Answers for one network.

    Args:
        network: What is asked.
        limits: What is taken.
        names: By which it is asked, as `names_of` gives them.
    """

    def __init__(self, network: TrainedNetwork, limits: Limits, names: frozenset[str] | None = None) -> None:
        self.batches = Batches(network, waiting_images=limits.waiting_images)
        self._network, self._limits, self._names = network, limits, names
        self._bodies = Bodies(limits)

    def asgi(self) -> Starlette:
        """Return the application."""
        app = Starlette(
            routes=[
                Route("/predict", self._reading(self._predict), methods=["POST"]),
                Route(_INVOCATIONS, self._reading(self._invocations), methods=["POST"]),
                *(Route(path, _health) for path in ("/health", "/ping")),
                *(Route(path, self._model) for path in ("/", "/model")),
                Route("/version", _version),
            ],
            middleware=[Middleware(_Gate, names=self._names)],
            exception_handlers={
                HTTPException: _refusal,
                ClientDisconnect: _gone,
                Exception: _fault,
            },
        )
        app.router.redirect_slashes = False
        return app

    def _reading(self, answer: _Answering) -> Callable[[Request], Awaitable[Response]]:
        async def read_and_answer(request: Request) -> Response:
            with self._bodies.share() as share:
                return await answer(request, await self._bodies.read(request, share))

        return read_and_answer

    async def _predict(self, request: Request, body: bytes) -> Response:
        if is_file(content_type(request.headers.get("content-type"))):
            (found,) = await self.batches.logits([body or NoImage("nothing is in it")])
            if isinstance(found, NoImage):
                raise Refused(422, found.why)
            return _json({"predictions": [prediction(self._network, found)]})
        asked = await self.batches.aside(partial(images_of, body, self._limits))
        answers = await self.batches.logits(asked)
        if problems := _problems(answers):
            _LOG.warning("%d images: %s", len(answers), _harmless("; ".join(problems)))
        return _json({"predictions": [prediction(self._network, found) for found in answers]})

    async def _invocations(self, request: Request, body: bytes) -> Response:
        if content_type(request.headers.get("content-type")) != JSON:
            raise unknown_kind(f"Content-Type must be {JSON}")
        asked, calibrated = await self.batches.aside(partial(images_of_invocation, body, self._limits))
        if calibrated and self._network.temperature is None:
            raise bad_request(
                "a network must have a temperature for calibrated answers, but this one has none"
            )
        answers = await self.batches.logits(asked)
        if problems := _problems(answers):
            raise Refused(400, "; ".join(problems))
        rows = [
            probabilities(self._network, found, calibrated=calibrated)
            for found in answers
            if isinstance(found, Tensor)
        ]
        return _json({"predictions": rows})

    async def _model(self, _: Request) -> Response:
        limits = {name: getattr(self._limits, name) for name in ("max_bytes", "max_images", "max_pixels")}
        told = description(self._network) | {"tracker": importlib.metadata.version("tracker")}
        return _json(told | {"limits": limits})


class _Gate:
    """Lets in what is for this server."""

    def __init__(self, app: ASGIApp, names: frozenset[str] | None) -> None:
        self._app, self._names = app, names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            require_for_us(Headers(scope=scope), self._names)
        except Refused as error:
            await (await _refusal(Request(scope), error))(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _problems(found: Sequence[Tensor | NoImage]) -> list[str]:
    """Return a sentence for each of the images that are none, and how many more there are."""
    told = [f"image {place}: {one.why}" for place, one in enumerate(found) if isinstance(one, NoImage)]
    more = [f"and {len(told) - _MOST_TOLD} more"] if len(told) > _MOST_TOLD else []
    return [*told[:_MOST_TOLD], *more]


async def _health(_: Request) -> Response:
    return _json({"status": "ok"})


async def _version(_: Request) -> Response:
    """Answer as MLflow does, whose clients may ask for its version."""
    return PlainTextResponse(importlib.metadata.version("mlflow"))


def _harmless(text: str) -> str:
    """Return a text of others as a terminal and a log may show it: in one line, without commands."""
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)


def _json(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse(content, status, headers)


async def _refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    why = _ELSEWHERE.get(error.status_code, error.detail)
    asked = _harmless(request.scope["path"])[:_LONGEST_PATH]
    _LOG.warning("%d %s %s: %s", error.status_code, request.method, asked, _harmless(why))
    return _error(request, error.status_code, why, dict(error.headers or {}))


async def _gone(request: Request, _: Exception) -> Response:
    """Answer nobody: who asked has hung up."""
    return _error(request, 400, "the request was not sent to its end")


async def _fault(request: Request, _: Exception) -> Response:
    """Say no more than that: what was raised is in the server's own output."""
    return _error(request, 500, "this is a fault of the server, and no fault of the request")


def _error(request: Request, status: int, why: str, headers: dict[str, str] | None = None) -> Response:
    # Not request.url, which is made of what the request calls its host, too.
    if request.scope["path"] != _INVOCATIONS:
        return _json({"error": why}, status, headers)
    code = "BAD_REQUEST" if status == 400 else HTTPStatus(status).phrase.upper().replace(" ", "_")
    return _json({"error_code": code, "message": why}, status, headers)
