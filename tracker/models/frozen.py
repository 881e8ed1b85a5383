"""The proof that a trunk is frozen: one hash over its parameters and buffers."""

from __future__ import annotations

import hashlib
import itertools

import torch
from torch import nn


def state_hash(module: nn.Module) -> str:
    """Return the SHA-256 (hexadecimal) of every parameter and buffer, in the order of their names.

    Buffers count: the running statistics of a batch norm drift in a network whose parameters stand still.
    """
    digest = hashlib.sha256()
    state = itertools.chain(module.named_parameters(), module.named_buffers())
    for name, tensor in sorted(state, key=lambda item: item[0]):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data)
    return digest.hexdigest()
