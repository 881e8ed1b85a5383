"""A trained network for use: what a user named, found, checked, and loaded without running its code.

Letters of shapes: N images, H = W their size, K classes.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tracker.config.recipe import Precision, Resize
from tracker.errors import ModelError, TrackerError, counted
from tracker.inference.as_trained import AsTrained
from tracker.inference.card import CARD, read_card
from tracker.inference.weights_read import WEIGHTS, read_network
from tracker.io.short_path import short_path
from tracker.models.networks import Network
from tracker.records import RunRecord
from tracker.tracking.backend.model_digests import DATA, MLMODEL, changed_files, recorded_digests
from tracker.tracking.backend.runs_named import runs_named
from tracker.tracking.backend.trained_models import FoundModel, find_trained_model, is_address
from tracker.ui.stores import open_store

_CPU = torch.device("cpu")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TrainedNetwork:
    """A trained network, and what is known of it.

    Attributes:
        asked: How the user named it.
        module: Normalized images [N, 3, H, W] to logits [N, K], in evaluation mode, on `device`.
        head: The dotted name of its last layer.
        model: The network's name, such as `resnet152`.
        classes: The names of the classes, in the order of its outputs.
        image_size: Height and width of the images that it takes, in pixels.
        resize: How images that are not square become so.
        mean: What is subtracted from each channel, on the scale 0 to 1.
        std: What each channel is divided by.
        positive: The class that is the finding; None of more than two classes, or where it is not known.
        threshold: The finding's log-odds from which an image is called so, as the validation part chose it;
            None where it is not known.
        temperature: What logits are divided by for calibrated probabilities, fitted on the validation part;
            None where it is not known.
        folder: Its files: `card.json` and `network.safetensors`; not to be written to.
        run: The run that trained it; None of a folder that says none.
        model_id: MLflow's id of the model; empty of a folder.
        mode: How it was trained; None where it is not known.
        precision: In which numbers it was trained and measured; None where it is not known.
        device: Where `logits` computes.
    """

    asked: str
    module: nn.Module
    head: str
    model: str
    classes: tuple[str, ...]
    image_size: int
    resize: Resize
    mean: tuple[float, ...]
    std: tuple[float, ...]
    positive: str | None
    threshold: float | None
    temperature: float | None
    folder: Path
    run: RunRecord | None = None
    model_id: str = ""
    mode: str | None = None
    precision: Precision | None = None
    device: torch.device = _CPU

    def logits(self, pixels_NHWC: NDArray[np.uint8]) -> Tensor:
        """Return float32 logits [N, K], on the CPU, computed as the run that trained it computed them.

        On the machine of the run they are those that it stored, in whichever numbers it computed; how many
        images are asked about at once changes last digits at most.

        Args:
            pixels_NHWC: Images, decoded and of its size: uint8, red, green, blue.
        """
        return self._as_trained.logits(torch.from_numpy(pixels_NHWC))

    def prepare(self) -> None:
        """Cut it as it was trained now, and not at the first question.

        To trace a network, torch changes the process's filters of warnings for a moment. Decoding in threads
        does so, too, and where both overlap, warnings about torch's own attributes are printed.
        """
        _ = self._as_trained

    @cached_property
    def _as_trained(self) -> AsTrained:
        mean, std = self.mean, self.std
        network = Network(
            self.model, self.module, self.head, (mean[0], mean[1], mean[2]), (std[0], std[1], std[2])
        )
        return AsTrained(network, mode=self.mode, precision=self.precision, device=self.device)


def load_trained(
    model: str | Path, *, tracking_uri: str | None = None, device: torch.device = _CPU
) -> TrainedNetwork:
    """Load a trained network; no code beside it is run, and its files are those that were recorded.

    Args:
        model: RUN_ID, `runs:/RUN_ID/NAME`, `models:/NAME@ALIAS`, `models:/NAME/VERSION`, or a folder:
            MLflow's of a model, or the one with `card.json`.
        tracking_uri: MLflow's server or store; None: MLFLOW_TRACKING_URI, or mlflow.db in this folder.
        device: Where it is to compute; wherever it was trained.

    Raises:
        TrackingError: The store does not answer, or has no such model; those that it has are named.
        ModelError: The folder holds no trained network, or files of it are damaged or were changed.
    """
    asked = str(model)
    if is_address(asked):
        with open_store(tracking_uri) as uri:
            found = find_trained_model(uri, asked)
            return _loaded(asked, found.folder, device, found)
    folder = Path(model).expanduser()
    if not folder.is_dir():
        raise _no_folder(asked, tracking_uri)
    return _loaded(asked, folder, device)


def load_several(
    models: Sequence[str | Path], *, tracking_uri: str | None = None, device: torch.device = _CPU
) -> list[TrainedNetwork]:
    """Load networks that answer together; they have the same classes.

    Args:
        models: As for `load_trained`.
        tracking_uri: As for `load_trained`.
        device: As for `load_trained`.

    Raises:
        ModelError: They have different classes.
    """
    loaded = [load_trained(model, tracking_uri=tracking_uri, device=device) for model in models]
    for one in loaded:
        if one.classes != loaded[0].classes:
            raise ModelError(
                "models that answer together must have the same classes",
                but=f"{loaded[0].asked} has {', '.join(loaded[0].classes)}, "
                f"and {one.asked} has {', '.join(one.classes)}",
                do="Ask them one by one.",
            )
    return loaded


def _no_folder(asked: str, tracking_uri: str | None) -> ModelError:
    """Return what to raise of a name of nothing; runs that may be meant are choices."""
    near: list[RunRecord] = []
    if "/" not in asked:
        try:
            with open_store(tracking_uri) as uri:
                near = runs_named(uri, asked)
        except TrackerError as error:
            _log.debug("no runs to offer", exc_info=error)
    meant = f"{counted(len(near), 'run')} may be meant" if near else "there is no such folder"
    return ModelError(
        "--model must be a run's whole id, models:/NAME@ALIAS, or a folder with a trained network",
        but=f"{asked} is none of these, and {meant}",
        do="Name one by its id:" if near else "List runs with: tracker status.",
        details=[f"{run.run_id}  {run.in_words}" for run in near],
    )


def _network_folder(folder: Path) -> Path:
    """Return where `card.json` is."""
    for place in (folder, *sorted((folder / DATA).glob("*"))):
        if (place / CARD).is_file():
            return place
    raise ModelError(
        f"{short_path(folder)} must hold a trained network ({CARD} and {WEIGHTS})",
        but="it does not" if any(folder.iterdir()) else "it is empty",
        do="Name the folder of a model, or a run's id (tracker status).",
    )


def _check_recorded(model: Path) -> bool:
    """Refuse files that are not what `MLmodel` says; say whether it says anything of them."""
    if not (model / MLMODEL).is_file():
        return False
    try:
        recorded = recorded_digests(model)
        changed = changed_files(recorded)
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{short_path(model / MLMODEL)} must say what the model's files are",
            but=str(error),
            do="Take the whole folder of the model again from where it came.",
        ) from error
    if changed:
        raise _changed(model, changed)
    return bool(recorded)


def _changed(folder: Path, changed: Sequence[str]) -> ModelError:
    return ModelError(
        f"the files of a model must be those that were recorded ({short_path(folder)})",
        but=", ".join(changed),
        do="Put the recorded files back, or train the model again.",
    )


def _loaded(asked: str, model: Path, device: torch.device, found: FoundModel | None = None) -> TrainedNetwork:
    folder = _network_folder(model)
    # Before anything in them is believed.
    checked = _check_recorded(model)
    card = read_card(folder)
    if card.sha256 is not None and (changed := changed_files({folder / WEIGHTS: card.sha256})):
        raise _changed(folder, changed)
    if not checked and card.sha256 is None:
        _log.warning("%s is of an earlier version, without digests: its files are not checked", asked)
    run = found.run if found is not None else None
    said = card.model_dump(exclude={"version", "builder", "decoder", "sha256"})
    # Earlier cards do not say these; the run does.
    of_run = run.params if run is not None else {}
    said |= {name: said[name] or of_run.get(name) for name in ("mode", "precision")}
    return TrainedNetwork(
        asked=asked,
        module=read_network(folder, card).to(device),
        folder=folder,
        run=run,
        model_id=found.model_id if found is not None else "",
        device=device,
        **said,
    )
