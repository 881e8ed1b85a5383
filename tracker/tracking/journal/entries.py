"""What a journal can say: the kinds of entries, and how one becomes a line's text and back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Literal, get_args

from tracker.errors import TrackingError
from tracker.records import RunState

NETWORK = "network"
"""What every model was called before they were called after their arms."""

Context = Literal["train", "validation", "test"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Creation:
    """A run begins: the first entry of every journal.

    Attributes:
        run_uid: The tag `tracker.run_uid`, by which the run is looked up before it is created.
        attempt: 1 for the first start of a recipe, then 2, 3...
        tracking_uri: The MLflow store or server that the journal is meant for.
        start_time: Milliseconds since 1970 (UTC), like every time in a journal.
        parent_uid: The run that this one is nested in, whose journal lies in the same home; empty: none.
    """

    run_uid: str
    attempt: int
    tracking_uri: str
    experiment: str
    run_name: str
    start_time: int
    tags: Mapping[str, str]
    parent_uid: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Parameters, by name."""

    values: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """Metrics of one step, by name, all with the time at which they were written."""

    values: Mapping[str, float]
    step: int
    time: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tags:
    """Tags, by name; a later value replaces an earlier one."""

    values: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Tags that name another run.

    Attributes:
        run_uid: That run.
        tags: Texts, by name, in which RUN_ID and EXPERIMENT_ID stand for MLflow's ids of it.
    """

    run_uid: str
    tags: Mapping[str, str]


RUN_ID, EXPERIMENT_ID = "{run_id}", "{experiment_id}"

NOTE = "mlflow.note.content"
"""The tag that MLflow shows as the description of a run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetUse:
    """A data set that the run reads.

    Attributes:
        digest: At most 36 characters.
        source: Where the data came from, as JSON.
        schema: What an element looks like, as JSON, or empty.
        profile: Counts and the like, as JSON, or empty.
    """

    name: str
    digest: str
    context: Context
    source: str
    schema: str = ""
    profile: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """A file that lies beside the journal.

    Attributes:
        file: Its path below the run's folder.
        folder: MLflow's artifact folder, empty for the root.
        sha256: The digest of its content.
    """

    file: str
    folder: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainedModel:
    """A trained network that lies beside the journal as files.

    Attributes:
        folder: The folder of its files, below the run's folder.
        loader: The Python file that loads them, below the run's folder.
        classes: Names of the outputs, in order.
        image_size: Side of the square that images are resized to, pixels.
        name: What MLflow calls the model.
        reads_files: Whether it takes files of images, too, and not decoded ones alone.
        sha256: The digests of all its files, by their paths below the run's folder; earlier versions: none.
        calibrates: Whether `predict` takes `params={"calibrated": True}`.
    """

    folder: str
    loader: str
    classes: Sequence[str]
    pip_requirements: Sequence[str]
    image_size: int
    name: str = NETWORK
    reads_files: bool = False
    sha256: Mapping[str, str] = field(default_factory=dict)
    calibrates: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelUse:
    """A trained network in MLflow that the run asks.

    Attributes:
        model_id: MLflow's id of the model.
    """

    model_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What the run is from now on.

    Attributes:
        status: RUNNING, FINISHED, FAILED or KILLED.
        time: When it ended; for RUNNING, when it went on.
        reason: Why it did not finish, in one line; empty where there is nothing to say.
    """

    status: RunState
    time: int
    reason: str = ""


Entry = Creation | Params | Metrics | Tags | Link | DatasetUse | Artifact | TrainedModel | ModelUse | Status

_KINDS: dict[str, type[Entry]] = {kind.__name__: kind for kind in get_args(Entry)}


def to_text(entry: Entry) -> str:
    """Return an entry as one line of JSON, without the line's end.

    Args:
        entry: Any entry.
    """
    return json.dumps({"kind": type(entry).__name__} | asdict(entry), separators=(",", ":"))


def from_text(text: str) -> Entry:
    """Return the entry that `to_text` wrote.

    Args:
        text: One line of JSON.

    Raises:
        TrackingError: A newer version of tracker wrote an entry that this one does not know.
    """
    fields = json.loads(text)
    kind = fields.pop("kind")
    try:
        if kind == Status.__name__:
            fields["status"] = RunState(fields["status"])
        return _KINDS[kind](**fields)
    except (KeyError, TypeError, ValueError):
        raise TrackingError(
            f"a journal's entries must be one of {', '.join(_KINDS)} with their known fields",
            but=f"one is {kind!r} with {', '.join(fields)}",
            do="Use the version of tracker that wrote the journal, or a newer one.",
        ) from None
