"""What a run writes to: each call is one entry of its journal, and none of them waits for MLflow."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from types import TracebackType

from tracker.errors import TrackingError
from tracker.records import ATTEMPT, RunState
from tracker.tracking.journal.buffer import Buffer
from tracker.tracking.journal.entries import (
    NETWORK,
    Artifact,
    Context,
    Creation,
    DatasetUse,
    Entry,
    Link,
    Metrics,
    ModelUse,
    Params,
    Status,
    Tags,
    TrainedModel,
)
from tracker.tracking.journal.index import JournalIndex
from tracker.tracking.journal.lifecycle import GENTLY, MayGoOn, always, claim, ending_of
from tracker.tracking.journal.limits import (
    MAX_DIGEST,
    MAX_EXPERIMENT_NAME,
    MAX_NAME,
    MAX_PARAM,
    MAX_PROFILE,
    MAX_RUN_NAME,
    MAX_SOURCE,
    MAX_TAG,
    safe_key,
    safe_model_name,
    safe_tags,
    safe_text,
    safe_values,
)
from tracker.tracking.journal.log import Journal
from tracker.tracking.journal.model_files import LOADER, MODEL, digests, model_files
from tracker.tracking.journal.order import place_in
from tracker.tracking.journal.run_folder import RunFolder, attempt_uid

RESUMED = "tracker.resumed"
"""The tag that counts how often another process went on with a run."""


class RunRecorder:
    """Writes one run's journal; begin with `RunRecorder.start`.

    As a context manager it ends the run: FINISHED, FAILED after an error, KILLED after Ctrl-C or an exit.
    What an earlier process recorded of the same run is not recorded again.

    Args:
        journal: The run's journal, held for writing.
    """

    def __init__(self, journal: Journal) -> None:
        self.folder = RunFolder(journal.path.parent)
        self._buffer = Buffer(journal)
        self._index = JournalIndex(journal.found)
        self._ended = False

    @classmethod
    def start(
        cls,
        home: Path,
        *,
        run_uid: str,
        experiment: str,
        run_name: str,
        params: Mapping[str, object],
        tags: Mapping[str, str],
        tracking_uri: str,
        parent_uid: str = "",
        begun_with: Mapping[str, str] | None = None,
        rerun: bool = False,
        reopen: bool = False,
        may_go_on: MayGoOn = always,
    ) -> RunRecorder:
        """Begin a run, or go on with one that did not finish.

        Args:
            home: The folder that holds all journals.
            run_uid: What identifies the run: 1 to 100 letters, digits, `_` or `-`.
            experiment: MLflow's experiment.
            run_name: The run's name in MLflow.
            params: Parameters, by name.
            tags: Tags, by name.
            tracking_uri: The MLflow store or server that the run is meant for, as `resolve_uri` gives it.
            parent_uid: The run that this one is nested in, recorded in the same home; empty: none.
            begun_with: Tags of a run that begins; one that goes on keeps its own.
            rerun: Begin a new attempt at it, whatever there is.
            reopen: Go on with it also where it has finished.
            may_go_on: Where it says no, a new attempt begins.

        Raises:
            RunTaken: The run has finished, or another process is at it.
        """
        journal, attempt = claim(home, run_uid, rerun=rerun, reopen=reopen, may_go_on=may_go_on)
        recorder = cls(journal)
        first_tags = safe_tags({ATTEMPT: str(attempt), **tags})
        if journal.found:
            recorder._go_on(first_tags)
        else:
            recorder._write(
                Creation(
                    run_uid=attempt_uid(run_uid, attempt),
                    attempt=attempt,
                    tracking_uri=tracking_uri,
                    experiment=safe_text(experiment, MAX_EXPERIMENT_NAME),
                    run_name=safe_text(run_name, MAX_RUN_NAME),
                    start_time=_now_ms(),
                    tags=first_tags | place_in(home) | safe_tags(begun_with or {}),
                    parent_uid=parent_uid,
                )
            )
        values = {safe_key(key): safe_text(str(value), MAX_PARAM) for key, value in params.items()}
        recorder._write_new(Params(values=values))
        return recorder

    @property
    def goes_on(self) -> bool:
        """Whether an earlier process began this run."""
        return not self._index.is_empty

    @property
    def tags_before(self) -> Mapping[str, str]:
        """The tags that earlier processes recorded."""
        return self._index.tags

    @property
    def epochs_before(self) -> int:
        """How many epochs earlier processes recorded."""
        return self._index.epochs

    @property
    def cut_off(self) -> bool:
        """Whether an earlier process began this run, and ended before it could keep how far it was."""
        return self.goes_on and self._index.reason != GENTLY

    @property
    def disk_problem(self) -> str:
        """Why entries wait in memory, in one line; empty where none does."""
        return self._buffer.problem

    def metrics(self, values: Mapping[str, float], *, step: int) -> None:
        """Record metrics of one step; of a step that was recorded before, the first values stay.

        Args:
            values: Numbers, by name.
            step: The epoch, from 1.
        """
        self.history({step: values})

    def history(self, values: Mapping[int, Mapping[str, float]]) -> None:
        """Record metrics of several steps at once; the disk is waited for once.

        Args:
            values: Numbers by name, by step (the epoch, from 1).
        """
        safe = {int(step): safe_values(of_step) for step, of_step in values.items()}
        self._write_points({step: self._index.new_points(of_step, step) for step, of_step in safe.items()})

    def summary(self, values: Mapping[str, float], *, step: int) -> None:
        """Record what is true of the network that is recorded: a value that is another one now counts.

        Args:
            values: Numbers, by name.
            step: The last epoch.
        """
        safe = safe_values(values)
        changed = {key: safe[key] for key in self._index.different(safe, step)}
        self._write_points({step: self._index.new_points(safe, step) | changed})

    def different(self, values: Mapping[str, float], *, step: int) -> dict[str, tuple[float, float]]:
        """Return the metrics that earlier processes recorded otherwise: their value, and this one.

        Args:
            values: Numbers, by name.
            step: The epoch, from 1.
        """
        return self._index.different(safe_values(values), step)

    def tags(self, values: Mapping[str, str]) -> None:
        """Record tags; a later value replaces an earlier one.

        Args:
            values: Texts, by name.
        """
        self._write(Tags(values=safe_tags(values)))

    def link(self, run_uid: str, tags: Mapping[str, str]) -> None:
        """Record tags that name another run.

        Args:
            run_uid: The other run's id, as it was recorded here or elsewhere.
            tags: Texts, by name; `entries.RUN_ID` and `EXPERIMENT_ID` in them become MLflow's ids of it.
        """
        self._write(Link(run_uid=run_uid, tags=safe_tags(tags)))

    def dataset(self, *, name: str, digest: str, context: Context, source: str, profile: str = "") -> None:
        """Record a data set that the run reads; one that goes on keeps those that it has.

        Args:
            name: Its name; another one for each part of a split.
            digest: What identifies its content, at most 36 characters.
            context: What the run does with it.
            source: Where it came from, as JSON.
            profile: Counts and the like, as JSON.

        Raises:
            TrackingError: The digest is too long, or the same data set has another context already.
        """
        if context in self._index.contexts:
            # An earlier version may have named it in another way.
            return
        if len(digest) > MAX_DIGEST or self._index.first_context(name, digest, context) != context:
            # MLflow keeps one context a (name, digest), the first, without a word.
            raise TrackingError(
                f"a data set must have a digest of at most {MAX_DIGEST} characters and one context a run",
                but=f"{name!r} with digest {digest!r} came as {context!r}",
                do="Give each part of a split a name of its own, and shorten the digest.",
            )
        self._write_new(
            DatasetUse(
                name=safe_text(name, MAX_NAME),
                digest=digest,
                context=context,
                source=safe_text(source, MAX_SOURCE),
                profile=safe_text(profile, MAX_PROFILE),
            )
        )

    def asks(self, model_id: str) -> None:
        """Record that the run asks a trained network that is in MLflow.

        Args:
            model_id: MLflow's id of the model.
        """
        self._write_new(ModelUse(model_id=model_id))

    def artifact(self, name: str, content: bytes | Path, folder: str = "") -> None:
        """Record a file; it is copied beside the journal first.

        Args:
            name: The file's name in MLflow.
            content: The bytes themselves, or a file to copy.
            folder: MLflow's artifact folder, empty for the root.
        """
        data = content.read_bytes() if isinstance(content, Path) else content
        path = PurePosixPath("artifacts", folder, name)
        entry = Artifact(file=str(path), folder=folder, sha256=hashlib.sha256(data).hexdigest())
        self._write_new(entry, {self.folder.path / path: data})

    def model(
        self,
        files: Mapping[str, bytes],
        *,
        loader: tuple[str, bytes],
        classes: Sequence[str],
        pip_requirements: Sequence[str],
        image_size: int,
        name: str = NETWORK,
        reads_files: bool = False,
        calibrates: bool = False,
    ) -> None:
        """Record the trained network; its files are written beside the journal first.

        Args:
            files: What the loader reads: contents by their paths in a folder.
            loader: The name and content of a Python file that imports nothing of tracker and has
                `_load_pyfunc(data_path)`.
            classes: Names of the outputs, in order.
            pip_requirements: What the loader needs, as pip reads it.
            image_size: Side of the square that images are resized to, pixels.
            name: What MLflow calls the model.
            reads_files: Whether it takes files of images, too, and not decoded ones alone.
            calibrates: Whether `predict` takes `params={"calibrated": True}`.
        """
        lying = model_files(files, loader, self.folder)
        entry = TrainedModel(
            folder=MODEL,
            loader=f"{LOADER}/{loader[0]}",
            classes=list(classes),
            pip_requirements=list(pip_requirements),
            image_size=image_size,
            name=safe_model_name(name),
            reads_files=reads_files,
            sha256=digests(lying, self.folder),
            calibrates=calibrates,
        )
        self._write_new(entry, lying)

    def finish(self, status: RunState, reason: str = "") -> None:
        """Record how the run ended.

        Args:
            status: FINISHED, FAILED or KILLED.
            reason: Why, in one line; it becomes the tag `tracker.reason`.
        """
        self._write(Status(status=status, time=_now_ms(), reason=safe_text(reason, MAX_TAG)))
        self._ended = True

    def close(self) -> bool:
        """Let go of the journal, unless entries still wait for the disk.

        A run without an end is marked KILLED by the next shipper.

        Returns:
            Whether everything is written; if not, call it again later.
        """
        return self._buffer.close()

    def __enter__(self) -> RunRecorder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._ended:
            self.finish(*ending_of(error))
        self.close()

    def _go_on(self, tags: Mapping[str, str]) -> None:
        """Record that this process goes on with the run, and what is different from before."""
        different = {key: value for key, value in tags.items() if self._index.tags.get(key) != value}
        times = int(self._index.tags.get(RESUMED, "0")) + 1
        self._write(Status(status=RunState.RUNNING, time=_now_ms()))
        self._write(Tags(values=different | {RESUMED: str(times)}))

    def _write_points(self, values: Mapping[int, Mapping[str, float]]) -> None:
        now = _now_ms()
        entries = [Metrics(values=of_step, step=step, time=now) for step, of_step in values.items()]
        self._buffer.write(*(entry for entry in entries if entry.values))

    def _write_new(self, entry: Entry, files: Mapping[Path, bytes] | None = None) -> None:
        if entry not in self._index:
            self._write(entry, files)

    def _write(self, entry: Entry, files: Mapping[Path, bytes] | None = None) -> None:
        self._buffer.write(entry, files=files)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
