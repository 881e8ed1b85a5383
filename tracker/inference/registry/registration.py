"""A trained network handed on: chosen by validation, and entered in MLflow's registry with its model card."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from tracker.errors import ModelError, TrackingError
from tracker.inference.loading import TrainedNetwork, load_trained
from tracker.inference.registry.card_facts import facts_of
from tracker.inference.registry.choosing import Choice, arm_named, candidates, choose
from tracker.inference.registry.exported_program import exported_program
from tracker.inference.registry.model_card import Subject, about, card_file, model_card
from tracker.inference.weights_read import WEIGHTS
from tracker.records import RunRecord
from tracker.tracking.backend.flavors import add_file, add_program, has_program
from tracker.tracking.backend.model_digests import MLMODEL, sha256_of
from tracker.tracking.backend.registry import LONGEST_DESCRIPTION, Entered, Entry, enter, version_of
from tracker.tracking.backend.stored_networks import stored_networks
from tracker.tracking.journal.limits import safe_tags

Tell = Callable[[str], None]

_TAGS = ("dataset", "split_digest", "manifest_digest", "fingerprint", "classes", "weights_digest", "seed")


@dataclass(frozen=True, slots=True)
class Registered:
    """A network in the registry.

    Attributes:
        name: The registered model's.
        version: Its version.
        is_new: Whether the version was made now.
        alias: What names it; empty: nothing.
        moved_from: The version that the alias named before; empty: none, or this one.
        run: The run that trained it.
        chosen: How it was chosen, as a sentence.
        note: What is to be known of runs that could not be chosen; empty: nothing.
        card: The model card, in Markdown.
    """

    name: str
    version: str
    is_new: bool
    alias: str
    moved_from: str
    run: RunRecord
    chosen: str
    note: str
    card: str


def chosen_network(
    uri: str, runs: Sequence[RunRecord], *, arm: str | None, run_id: str | None, where: Sequence[str] = ()
) -> Choice:
    """Choose the network that is handed on.

    Args:
        uri: As `resolve_uri` gives it.
        runs: The runs of the experiment.
        arm: MODEL/MODE; None: the only one there is.
        run_id: The run whose network it is to be; None: as validation chooses.
        where: Conditions on the runs' parameters.

    Raises:
        TrackerError: There is no such arm or run, or it has no network that could be chosen.
    """
    if run_id is not None:
        named = [_run_named(runs, run_id)]
        return choose(named, stored_networks(uri, named), by_user=True)
    chosen_from = candidates(runs, arm_named(arm, runs), where=where)
    return choose(chosen_from, stored_networks(uri, chosen_from))


def register_network(uri: str, choice: Choice, *, name: str, alias: str, tell: Tell) -> Registered:
    """Enter a network in the registry; one that is there already stays what it is.

    Args:
        uri: As `resolve_uri` gives it.
        choice: The network.
        name: The registered model's.
        alias: What names it from now on; empty: nothing.
        tell: Told what takes its time, and what could not be done.

    Raises:
        TrackerError: The server does not answer or does not let us, or the model is not what was stored.
    """
    network = load_trained(f"models:/{choice.model_id}", tracking_uri=uri)
    is_known = version_of(uri, name, choice.model_id, choice.run.run_id) != ""
    program = _with_program(uri, network, tell)
    digest = sha256_of(network.folder / WEIGHTS)
    subject = Subject(name, alias, choice, network, digest, program, facts_of(uri, choice.run))
    card = model_card(subject)
    if not is_known:
        add_file(uri, choice.model_id, card_file(name), card.encode())
    entry = Entry(
        name=name,
        about=about(subject),
        model_id=choice.model_id,
        run_id=choice.run.run_id,
        card=model_card(subject, longest=LONGEST_DESCRIPTION),
        tags=_tags(subject),
        alias=alias,
    )
    return _registered(subject, enter(uri, entry), card)


def _registered(subject: Subject, entered: Entered, card: str) -> Registered:
    return Registered(
        name=subject.name,
        version=entered.version,
        is_new=entered.is_new,
        alias=subject.alias,
        moved_from=entered.moved_from,
        run=subject.run,
        chosen=subject.choice.in_words,
        note=subject.choice.note,
        card=card,
    )


def _run_named(runs: Sequence[RunRecord], run_id: str) -> RunRecord:
    found = [run for run in runs if run.run_id == run_id]
    if found and found[0].status == "FINISHED":
        return found[0]
    raise TrackingError(
        "--run must be the id of a finished run of the experiment",
        but=f"{run_id} is {found[0].status}" if found else f"it has no run {run_id}",
        do="Copy the id from MLflow's page of the run, or leave it out: validation chooses.",
    )


def _with_program(uri: str, network: TrainedNetwork, tell: Tell) -> bool:
    """Have the model load where no code of models may run, too; say whether it does."""
    if has_program(uri, network.model_id):
        return True
    tell(f"exporting {network.model} as a program of torch's own (up to a minute)")
    try:
        program = exported_program(network)
    except ModelError as error:
        tell(str(error))
        return False
    model = _model_folder(network.folder)
    add_program(uri, network.model_id, model, program, torch_version=str(torch.__version__))
    return True


def _model_folder(folder: Path) -> Path:
    """Return MLflow's folder of a model, in which a network's folder is."""
    return next(place for place in (folder, *folder.parents) if (place / MLMODEL).is_file())


def _tags(subject: Subject) -> dict[str, str]:
    run = subject.run
    told = {
        "tracker.arm": f"{run.params['model']}/{run.params['mode']}",
        "tracker.chosen_by": "the user" if subject.choice.by_user else "val/loss",
        "tracker.network_sha256": subject.network_digest,
        "tracker.synthetic": str(run.is_synthetic).lower(),
    }
    of_run = {f"tracker.{name}": run.tags.get(f"tracker.{name}", "") for name in _TAGS}
    return safe_tags({name: value for name, value in (told | of_run).items() if value})
