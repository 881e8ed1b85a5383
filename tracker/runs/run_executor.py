"""One run of a plan: claimed, trained, recorded, and ended."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from tracker.config.recipe import Recipe, digest_of
from tracker.errors import ModelError, TrackerError
from tracker.interruption import Interruption
from tracker.records import PIXELS_DIGEST, SYNTHETIC_DATASETS, RunState
from tracker.runs.callbacks import CheckpointKeeper, EpochRecorder
from tracker.runs.events import Notifier, Reporter, RunResult
from tracker.runs.images import Images
from tracker.runs.plan import Plan, Prepared
from tracker.runs.recipe_file import RECIPE_FILE, recipe_file
from tracker.runs.recording import record_inputs, record_model, record_results, run_tags
from tracker.runs.train import Trained, train
from tracker.tracking.journal.lifecycle import RunTaken, recorded_tags, retag
from tracker.tracking.journal.recorder import RunRecorder
from tracker.tracking.journal.run_folder import find_run, home_token, known_uid, tracker_home
from tracker.tracking.shipping.cursor import load_cursor
from tracker.tracking.shipping.destinations import address_forms, recorded_address
from tracker.training.cadence import ByCost, Cadence, EveryEpochs
from tracker.training.checkpoint_writer import CheckpointWriter
from tracker.training.checkpoints import Checkpoints, CheckpointState
from tracker.training.determinism import repeats_exactly


@dataclass(frozen=True)
class RunExecutor:
    """Executes one run of a plan.

    Attributes:
        prepared: The plan.
        recipe: What to run.
        with_model: Whether its network is stored.
        reporter: Told how far it is.
        notifier: Told what a user should know.
        interruption: Asked before each batch whether to stop there.
    """

    prepared: Prepared
    recipe: Recipe
    with_model: bool
    reporter: Reporter
    notifier: Notifier
    interruption: Interruption

    def run(self) -> tuple[RunResult, RunRecorder | None]:
        """Run it, or go on with it where an earlier process stopped.

        Returns:
            How it ended, and its recorder if the disk does not take the last records.

        Raises:
            KeyboardInterrupt: Someone asked for an end; the run is KILLED.
        """
        start = time.monotonic()
        try:
            recorder = self._start()
        except RunTaken as taken:
            return replace(self._left_alone(taken), journal=taken.folder.name), None
        except OSError as error:
            return RunResult(
                self.recipe, RunState.FAILED, reason=f"its journal cannot be made: {error}"
            ), None
        checkpoints = Checkpoints(recorder.folder.checkpoints)
        result = self._recorded(recorder, checkpoints)
        result = replace(result, seconds=time.monotonic() - start, journal=recorder.folder.name)
        if recorder.disk_problem:
            return result, recorder
        if result.state is RunState.FINISHED and not self._plan.options.keep_checkpoints:
            checkpoints.clear()
        return result, None

    def has_finished(self) -> bool:
        """Say whether nothing of it is left to do, as the journals of this folder have it."""
        known = find_run(tracker_home(), self._run_uid)
        finished = known is not None and known.state() is RunState.FINISHED
        return finished and not self._plan.options.rerun

    def _recorded(self, recorder: RunRecorder, checkpoints: Checkpoints) -> RunResult:
        state = self._state_of(checkpoints, recorder) if recorder.goes_on else None
        resumed = state["epoch"] if state is not None else None
        try:
            with recorder:
                trained = self._train(recorder, checkpoints, state)
                self._record(recorder, trained)
        except (TrackerError, OSError) as error:
            return RunResult(self.recipe, RunState.FAILED, reason=str(error), resumed=resumed)
        return RunResult(self.recipe, RunState.FINISHED, trained.measured["final"].metrics, resumed=resumed)

    @property
    def _plan(self) -> Plan:
        return self.prepared.plan

    @cached_property
    def _images(self) -> Images:
        return self.prepared.images_of(self.recipe)

    @cached_property
    def _fingerprint(self) -> str:
        return self.recipe.fingerprint(
            manifest_digest=self._images.manifest.digest,
            weights_digest=self.prepared.weights_digests[self.recipe.weights],
        )

    @property
    def _run_uid(self) -> str:
        """Return what names this run: the same recipe tracked elsewhere, or from elsewhere, is another run.

        Only this folder's journals say what was run, so two folders never write into one run of MLflow.
        """
        home = tracker_home()
        rest = [self._plan.options.experiment_name, home_token(home)]
        # A study can find the default value: the tuned arm and the other one still have runs of their own.
        rest += ["tuned"] if self.recipe.study_key in self.prepared.tuned else []
        forms = address_forms(home, self._plan.tracking_uri)
        return known_uid(home, [digest_of([self._fingerprint, form, *rest])[:32] for form in forms])

    def _start(self) -> RunRecorder:
        pixels = {PIXELS_DIGEST: self.prepared.pixels.digest}
        recorder = RunRecorder.start(
            tracker_home(),
            run_uid=self._run_uid,
            experiment=self._plan.options.experiment_name,
            run_name=self._run_name,
            params=self.recipe.params(),
            tags=self._tags(),
            tracking_uri=recorded_address(tracker_home(), self._plan.tracking_uri),
            begun_with=pixels,
            rerun=self._plan.options.rerun,
            may_go_on=self._may_go_on,
        )
        if recorder.goes_on and PIXELS_DIGEST not in recorder.tags_before and self.prepared.same_pixels(""):
            recorder.tags(pixels)
        return recorder

    def _may_go_on(self, tags: Mapping[str, str]) -> bool:
        """Say whether a run that did not finish was begun with these pixels, and tell where it was not."""
        same = self.prepared.same_pixels(tags.get(PIXELS_DIGEST, ""))
        if same is None:
            self.notifier.notify(
                f"{self.recipe.in_words} was begun by an earlier version, which may have decoded the images "
                "to other pixels: it goes on; --rerun begins it anew"
            )
        elif not same:
            self.notifier.notify(
                f"{self.recipe.in_words} was begun with other pixels (of another decoder): it begins anew"
            )
        return same is not False

    @property
    def _run_name(self) -> str:
        return f"{'tuned ' if self.recipe.study_key in self.prepared.tuned else ''}{self.recipe.run_name}"

    def _tags(self) -> dict[str, str]:
        tags = run_tags(self.recipe, self._images, fingerprint=self._fingerprint, device=self._plan.device)
        digest = self.prepared.weights_digests[self.recipe.weights]
        tuned = self.prepared.tuned.get(self.recipe.study_key)
        return (
            tags
            | ({"tracker.weights_digest": digest} if digest else {})
            | (tuned.tags() if tuned is not None else {})
        )

    def _left_alone(self, taken: RunTaken) -> RunResult:
        if not taken.finished:
            return RunResult(self.recipe, RunState.TAKEN, reason="another process is at it")
        if (tuned := self.prepared.tuned.get(self.recipe.study_key)) is not None:
            # More trials found the same values.
            retag(taken.folder, tuned.tags())
        deleted = ", and deleted in MLflow since" if load_cursor(taken.folder).deleted else ""
        other = ", from another decoder's pixels" if self._has_other_pixels(taken) else ""
        return RunResult(
            self.recipe, RunState.SKIPPED, reason=f"finished before{other}{deleted} (--rerun runs it again)"
        )

    def _has_other_pixels(self, taken: RunTaken) -> bool:
        """Say whether a run that has finished was made from other pixels; it is recorded with the run."""
        recorded = recorded_tags(taken.folder).get(PIXELS_DIGEST, "")
        if self.prepared.same_pixels(recorded) is not False:
            return False
        # Now no table puts it beside runs that were made from these.
        retag(taken.folder, {PIXELS_DIGEST: self.prepared.pixels_of(recorded)})
        return True

    def _train(
        self, recorder: RunRecorder, checkpoints: Checkpoints, state: CheckpointState | None
    ) -> Trained:
        self._tell_where_from(recorder, state)
        rule, options = self._images.asked, self._plan.options
        recorder.artifact(RECIPE_FILE, recipe_file(self.recipe, split=rule, options=options))
        record_inputs(recorder, self._images, experiment=options.experiment_name)
        exact = repeats_exactly(self._plan.device, deterministic=self.recipe.deterministic)
        with self._keeper(recorder, checkpoints, state) as keep:
            return train(
                self.recipe,
                self._images,
                self.prepared.pixels,
                EpochRecorder(recorder, self.reporter, self.notifier, self.recipe, exact),
                device=self._plan.device,
                progress=self.reporter.progress,
                state=state,
                keep=keep,
                interruption=self.interruption,
                tell=recorder.tags,
                note=lambda sentence: self.notifier.notify(f"{self.recipe.in_words}: {sentence}"),
            )

    def _state_of(self, checkpoints: Checkpoints, recorder: RunRecorder) -> CheckpointState | None:
        def damaged(file: Path) -> None:
            self.notifier.notify(
                f"{self.recipe.in_words}: the checkpoint {file.name} is damaged, and not used"
            )

        return checkpoints.latest(epochs=recorder.epochs_before, damaged=damaged)

    def _tell_where_from(self, recorder: RunRecorder, state: CheckpointState | None) -> None:
        begun = state["epoch"] if state is not None else 0
        if state is not None:
            self.reporter.resumed(self.recipe, begun)
        if recorder.epochs_before > begun:
            self.reporter.repeats(self.recipe, begun + 1, recorder.epochs_before)

    def _keeper(
        self, recorder: RunRecorder, checkpoints: Checkpoints, state: CheckpointState | None
    ) -> CheckpointKeeper:
        options, begun = self._plan.options, state["epoch"] if state is not None else 0
        cadence: Cadence = ByCost(time.monotonic, in_a_hurry=recorder.cut_off)
        if options.checkpoint_every is not None:
            cadence = EveryEpochs(options.checkpoint_every, begun_after=begun)
        return CheckpointKeeper(
            CheckpointWriter(checkpoints),
            recorder,
            self.notifier,
            cadence,
            epochs=self.recipe.epochs,
            keeps_the_end=options.keep_checkpoints,
        )

    def _record(self, recorder: RunRecorder, trained: Trained) -> None:
        point = record_results(recorder, self.recipe, self._images, trained)
        if self.with_model:
            record_model(recorder, self.recipe, self._images, trained.network, point)
        if self._plan.options.explain:
            self._explain(recorder, trained)

    def _explain(self, recorder: RunRecorder, trained: Trained) -> None:
        # Slow to import, and few runs draw them.
        from tracker.runs.explanations import Tested, record_explanations

        logits = trained.measured["final"].logits["test"]
        tested = Tested(trained.network, self._images, self.prepared.pixels, logits)
        most, progress = self._plan.options.explain, self.reporter.progress
        synthetic = self.recipe.dataset in SYNTHETIC_DATASETS
        try:
            record_explanations(
                *(recorder, tested), most=most, name=self._run_name, synthetic=synthetic, progress=progress
            )
        except ModelError as error:
            self.notifier.notify(f"{self.recipe.in_words}: not explained: {error}")
