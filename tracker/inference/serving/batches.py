"""Images to logits: decoded side by side, computed one batch at a time, whoever asked for which of them.

Shapes: an image of the network's size is [H, W, 3], its logits [K].
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from tracker.data.decoding import UndecodableError, decode, to_rgb
from tracker.inference.loading import TrainedNetwork
from tracker.inference.serving.questions import Asked, NoImage
from tracker.inference.serving.refusals import too_busy
from tracker.io.parallel import usable_cores

BATCH_SIZE = 16
_MOST_DECODERS = 4

_Result = TypeVar("_Result")


class Batches:
    """Computes what several requests ask for, in threads of its own.

    Images that are decoded while a batch is computed make up the next one: one request alone does not wait
    for others, and many share the cost of a call.

    Args:
        network: Answers.
        waiting_images: How many may wait together.
        batch_size: How many are computed at once, at most.
    """

    def __init__(self, network: TrainedNetwork, *, waiting_images: int, batch_size: int = BATCH_SIZE) -> None:
        self._network = network
        self._most, self._batch_size = waiting_images, batch_size
        self._waiting = 0
        self._decoded: list[tuple[NDArray[np.uint8], asyncio.Future[Tensor]]] = []
        self._computing: asyncio.Task[None] | None = None
        self._readers = ThreadPoolExecutor(min(_MOST_DECODERS, usable_cores()), "decoding")
        self._computer = ThreadPoolExecutor(1, "computing")

    def close(self) -> None:
        """End the threads; what waits is not computed."""
        for threads in (self._readers, self._computer):
            threads.shutdown(cancel_futures=True)

    async def aside(self, work: Callable[[], _Result]) -> _Result:
        """Do something beside the event loop, which answers others meanwhile."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, work)

    async def logits(self, asked: Sequence[Asked]) -> list[Tensor | NoImage]:
        """Return logits [K] of each image, or why there are none.

        Args:
            asked: Image files' contents.

        Raises:
            Refused: Too many images wait already.
        """
        with self._place_for(len(asked)):
            return list(await asyncio.gather(*map(self._logits_of, asked)))

    @contextmanager
    def _place_for(self, count: int) -> Iterator[None]:
        if self._waiting and self._waiting + count > self._most:
            raise too_busy()
        self._waiting += count
        try:
            yield
        finally:
            self._waiting -= count

    async def _logits_of(self, asked: Asked) -> Tensor | NoImage:
        if isinstance(asked, NoImage):
            return asked
        square = await self.aside(lambda: self._square(asked))
        if isinstance(square, NoImage):
            return square
        answer: asyncio.Future[Tensor] = asyncio.get_running_loop().create_future()
        self._decoded.append((square, answer))
        if self._computing is None or self._computing.done():
            self._computing = asyncio.create_task(self._compute())
        return await answer

    def _square(self, content: bytes) -> NDArray[np.uint8] | NoImage:
        size, resize = self._network.image_size, self._network.resize
        try:
            return to_rgb(decode(content, image_size=size, resize=resize))
        except UndecodableError as error:
            return NoImage(str(error))

    async def _compute(self) -> None:
        """Compute until nothing waits."""
        loop = asyncio.get_running_loop()
        while self._decoded:
            batch, self._decoded = self._decoded[: self._batch_size], self._decoded[self._batch_size :]
            pixels = np.stack([square for square, _ in batch])
            try:
                logits_NK = await loop.run_in_executor(self._computer, self._network.logits, pixels)
            except Exception as error:  # noqa: BLE001 - raised where each of them was asked for
                for _, answer in batch:
                    _settle(answer, error)
            else:
                for (_, answer), logits_K in zip(batch, logits_NK, strict=True):
                    _settle(answer, logits_K)


def _settle(answer: asyncio.Future[Tensor], result: Tensor | Exception) -> None:
    if answer.done():
        return
    if isinstance(result, Exception):
        answer.set_exception(result)
    else:
        answer.set_result(result)
