"""What a run writes to: each call is one entry of its journal, and none of them waits for MLflow."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from tracker.errors import TrackingError
from tracker.tracking.entries import (
    Artifact,
    Context,
    Creation,
    DatasetUse,
    Entry,
    Metrics,
    Params,
    RunStatus,
    Status,
    Tags,
    TrainedModel,
)
from tracker.tracking.files import copy_whole, write_whole
from tracker.tracking.home import attempt_uid, attempts, run_folder
from tracker.tracking.journal import JOURNAL, Journal
from tracker.tracking.sanitise import (
    MAX_DIGEST,
    MAX_NAME,
    MAX_PARAM,
    MAX_PROFILE,
    MAX_SCHEMA,
    MAX_SOURCE,
    MAX_TAG,
    safe_key,
    safe_number,
    safe_text,
)


class RunRecorder:
    """Writes one run's journal; begin with `RunRecorder.start`.

    As a context manager it ends the run: FINISHED, FAILED after an error, KILLED after Ctrl-C or an exit.

    Args:
        folder: The run's folder.
        journal: Its journal, held for writing.
    """

    def __init__(self, folder: Path, journal: Journal) -> None:
        self.folder = folder
        self._journal = journal
        self._contexts: dict[tuple[str, str], Context] = {}
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
    ) -> RunRecorder:
        """Begin a run, or the next attempt at it where there is one already.

        Args:
            home: The folder that holds all journals.
            run_uid: What identifies the run: 1 to 100 letters, digits, `_` or `-`.
            experiment: MLflow's experiment.
            run_name: The run's name in MLflow.
            params: Parameters, by name.
            tags: Tags, by name.
            tracking_uri: The MLflow store or server that the run is meant for, as `resolve_uri` gives it.

        Raises:
            TrackingError: Another process began the same attempt at the same time.
        """
        attempt = len(list(attempts(home, run_uid))) + 1
        folder = run_folder(home, run_uid, attempt)
        recorder = cls(folder, _new_journal(folder))
        creation = Creation(
            run_uid=attempt_uid(run_uid, attempt),
            attempt=attempt,
            tracking_uri=tracking_uri,
            experiment=safe_text(experiment, MAX_NAME),
            run_name=safe_text(run_name, MAX_NAME),
            start_time=_now_ms(),
            tags=_safe_tags({"tracker.attempt": str(attempt), **tags}),
        )
        values = {safe_key(key): safe_text(str(value), MAX_PARAM) for key, value in params.items()}
        recorder._write(creation, Params(values=values))
        return recorder

    def metrics(self, values: Mapping[str, float], *, step: int) -> None:
        """Record metrics of one step.

        Args:
            values: Numbers, by name.
            step: The epoch, from 1.
        """
        safe = {safe_key(key): safe_number(value) for key, value in values.items()}
        self._write(Metrics(values=safe, step=int(step), time=_now_ms()))

    def tags(self, values: Mapping[str, str]) -> None:
        """Record tags; a later value replaces an earlier one.

        Args:
            values: Texts, by name.
        """
        self._write(Tags(values=_safe_tags(values)))

    def dataset(
        self, *, name: str, digest: str, context: Context, source: str, schema: str = "", profile: str = ""
    ) -> None:
        """Record a data set that the run reads.

        Args:
            name: Its name; another one for each part of a split.
            digest: What identifies its content, at most 36 characters.
            context: What the run does with it.
            source: Where it came from, as JSON.
            schema: What an element looks like, as JSON.
            profile: Counts and the like, as JSON.

        Raises:
            TrackingError: The digest is too long, or the same data set has another context already.
        """
        if len(digest) > MAX_DIGEST or self._contexts.setdefault((name, digest), context) != context:
            # MLflow keeps one context a (name, digest), the first, without a word.
            raise TrackingError(
                f"a data set must have a digest of at most {MAX_DIGEST} characters and one context a run",
                but=f"{name!r} with digest {digest!r} came as {context!r}",
                do="Give each part of a split a name of its own, and shorten the digest.",
            )
        self._write(
            DatasetUse(
                name=safe_text(name, MAX_NAME),
                digest=digest,
                context=context,
                source=safe_text(source, MAX_SOURCE),
                schema=safe_text(schema, MAX_SCHEMA),
                profile=safe_text(profile, MAX_PROFILE),
            )
        )

    def artifact(self, name: str, content: bytes | Path, folder: str = "") -> None:
        """Record a file; it is copied beside the journal first.

        Args:
            name: The file's name in MLflow.
            content: The bytes themselves, or a file to copy.
            folder: MLflow's artifact folder, empty for the root.
        """
        data = content.read_bytes() if isinstance(content, Path) else content
        file = self.folder / "artifacts" / folder / name
        write_whole(file, data)
        relative = file.relative_to(self.folder).as_posix()
        self._write(Artifact(file=relative, folder=folder, sha256=hashlib.sha256(data).hexdigest()))

    def model(
        self,
        folder: Path,
        *,
        loader: Path,
        classes: Sequence[str],
        pip_requirements: Sequence[str],
        image_size: int,
    ) -> None:
        """Record the trained network; its files are copied beside the journal first.

        Args:
            folder: The files that the loader reads.
            loader: A Python file that imports nothing of tracker and has `_load_pyfunc(data_path)`.
            classes: Names of the outputs, in order.
            pip_requirements: What the loader needs, as pip reads it.
            image_size: Side of the square that images are resized to, pixels.
        """
        write_whole(self.folder / "loader" / loader.name, loader.read_bytes())
        copy_whole(folder, self.folder / "model")
        self._write(
            TrainedModel(
                folder="model",
                loader=f"loader/{loader.name}",
                classes=list(classes),
                pip_requirements=list(pip_requirements),
                image_size=image_size,
            )
        )

    def finish(self, status: RunStatus, reason: str = "") -> None:
        """Record how the run ended.

        Args:
            status: FINISHED, FAILED or KILLED.
            reason: Why, in one line; it becomes the tag `tracker.reason`.
        """
        self._write(Status(status=status, time=_now_ms(), reason=safe_text(reason, MAX_TAG)))
        self._ended = True

    def close(self) -> None:
        """Let go of the journal; a run without an end is marked KILLED by the next shipper."""
        self._journal.close()

    def __enter__(self) -> RunRecorder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._ended:
            self._end_as(error)
        self.close()

    def _end_as(self, error: BaseException | None) -> None:
        if error is None:
            self.finish("FINISHED")
        elif isinstance(error, Exception):
            self.finish("FAILED", reason=f"{type(error).__name__}: {error}")
        else:
            self.finish("KILLED", reason=type(error).__name__)

    def _write(self, *entries: Entry) -> None:
        for entry in entries:
            self._journal.write(entry)
        self._journal.sync()


def _new_journal(folder: Path) -> Journal:
    """Make the folder of a new attempt; only one process can."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        folder.mkdir()
    except FileExistsError:
        raise TrackingError(
            "one process at a time must begin a run",
            but=f"another one has just begun {folder.name}",
            do="Wait until it has ended, or look at it in MLflow.",
        ) from None
    return Journal(folder / JOURNAL)


def _safe_tags(tags: Mapping[str, str]) -> dict[str, str]:
    return {safe_key(key): safe_text(str(value), MAX_TAG) for key, value in tags.items()}


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
