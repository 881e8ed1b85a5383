"""Whether a batch fits into memory, and which one would: known before the first step.

What the backward pass needs of the forward pass grows with the batch by as much for each image, so two small
forward passes tell what a large one takes.

Letters of shapes: B images of a batch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from tracker.errors import TrainingError
from tracker.io.memory import available_memory, format_size, own_share
from tracker.training.device import gpu_memory
from tracker.training.steps import EagerStep, Step, Stepped


class WatchedStep:
    """Makes steps, and says of a batch that does not fit which one would.

    Args:
        step: Makes the steps.
        eager: Makes the same ones by itself.
        device: Whose memory.
    """

    def __init__(self, step: Step, eager: EagerStep, *, device: torch.device) -> None:
        self._step = step
        self._eager = eager
        self._device = device
        self._steps = 0

    def __call__(self, batch: Tensor, labels_B: Tensor) -> Stepped:
        """Train on a batch.

        Raises:
            BatchTooLarge: It does not fit into memory. Smaller ones were tried then: this training is over.
        """
        self._steps += 1
        if self._steps == 1:
            self._check_free_memory(batch, labels_B)
        try:
            return self._step(batch, labels_B)
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
            reason = str(error).split(".")[0]
        # Not inside the handler: the error holds what the step had made so far.
        fits = largest_that_fits(lambda images: self._fits(batch[:images], labels_B[:images]), len(batch))
        # Where earlier ones did, someone else has come to this memory.
        when = "" if self._steps == 1 else f" any more, at step {self._steps}"
        raise BatchTooLarge(len(batch), fits, f"do not{when} ({reason})")

    def _check_free_memory(self, batch: Tensor, labels_B: Tensor) -> None:
        available = _available(self._device)
        if available is None:
            return
        need = need_of(self._eager, batch[:2], labels_B[:2])
        if (takes := need.of(len(batch))) > available:
            found = f"take {format_size(takes)} at least, and {format_size(available)} are free{_for_whom()}"
            most = min(len(batch) - 1, need.largest(available))
            raise BatchTooLarge(len(batch), most, found, tried=False)

    def _fits(self, batch: Tensor, labels_B: Tensor) -> bool:
        self._eager.optimizer.zero_grad()
        if self._device.type == "cuda":
            torch.cuda.empty_cache()
        try:
            self._eager(batch, labels_B)
        except ValueError:
            # Batch norm has no variance over one value: such a batch cannot be taken, whatever its size.
            return False
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
            return False
        return True


@dataclass(frozen=True)
class Need:
    """How much memory training steps take at least; libraries take some more.

    Attributes:
        fixed: Bytes, whatever the batch.
        image: Bytes an image.
    """

    fixed: int
    image: int

    def of(self, images: int) -> int:
        """Return the bytes that a step with so many images takes.

        Args:
            images: In a batch.
        """
        return self.fixed + self.image * images

    def largest(self, available: int) -> int:
        """Return how many images fit; 0 where not even one does.

        Args:
            available: Bytes.
        """
        return max(0, (available - self.fixed) // max(1, self.image))


def need_of(step: EagerStep, batch: Tensor, labels_B: Tensor) -> Need:
    """Return what steps take; nothing of a network is changed, and no random number drawn.

    Args:
        step: Makes the steps.
        batch: Two rows at least, [B, ...], that its tail reads.
        labels_B: int64 [B].
    """
    step.tail.eval()
    one, two = (_saved_bytes(step, batch[:count], labels_B[:count]) for count in (1, 2))
    step.tail.train()
    weights = {
        id(weight): weight.nbytes for group in step.optimizer.param_groups for weight in group["params"]
    }
    # Of a step that begins, there are neither gradients nor what the optimizer keeps of each weight.
    copies = 3 if "betas" in step.optimizer.defaults else 2
    return Need(max(0, 2 * one - two) + copies * sum(weights.values()), two - one)


def largest_that_fits(fits: Callable[[int], bool], asked: int) -> int:
    """Return the largest batch that fits, of those below one that does not; 0 where not even one image does.

    Args:
        fits: Tries a number of images.
        asked: What did not fit.
    """
    fitting, too_large = 0, asked
    while too_large - fitting > 1:
        middle = (fitting + too_large) // 2
        fitting, too_large = (middle, too_large) if fits(middle) else (fitting, middle)
    return fitting


def is_out_of_memory(error: RuntimeError) -> bool:
    """Recognize a GPU's error by its class; the processor's and Apple's have none, but words.

    Args:
        error: As torch raised it.
    """
    words = ("can't allocate memory", "not enough memory", "out of memory")
    return isinstance(error, torch.OutOfMemoryError) or any(word in str(error) for word in words)


class BatchTooLarge(TrainingError):
    """A batch does not fit into memory.

    Args:
        asked: Its images.
        fits: How many would; 0 where that is not known, or none would.
        found: What its images do, in words.
        tried: Whether so many were tried, and not only counted.
    """

    def __init__(self, asked: int, fits: int, found: str, *, tried: bool = True) -> None:
        smaller = "Try a smaller --batch-size"
        if fits:
            smaller = f"--batch-size {fits} fits" if tried else f"Try a --batch-size below {fits}"
        super().__init__(
            "a batch must fit into memory",
            but=f"{asked} images {found}",
            do=f"{smaller}, or a smaller --image-size.",
        )


def _saved_bytes(step: EagerStep, batch: Tensor, labels_B: Tensor) -> int:
    """Return how much a forward pass keeps for the backward pass, each memory once."""
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        # As long as the loss is there, no memory that was kept is anyone else's.
        _loss = step.loss(batch, labels_B)
    own = {weight.untyped_storage().data_ptr() for weight in step.tail.parameters()}
    return sum(size for place, size in kept.items() if place not in own)


def _for_whom() -> str:
    return "" if own_share() is None else " for each process (--jobs)"


def _available(device: torch.device) -> int | None:
    if device.type == "cuda":
        return gpu_memory(device)
    return available_memory() if device.type == "cpu" else None
