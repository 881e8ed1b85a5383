"""The live line of a terminal, and the lines of a pipe."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from tests.support.trainings import make_recipe
from tracker.cli.progress import LiveObserver
from tracker.cli.study_lines import StudyLines
from tracker.config.tuned import Tuned
from tracker.records import Arm, RunState
from tracker.runs.events import RunResult
from tracker.search.records import StudyProgress, TrialRecord


@pytest.mark.parametrize(("value", "shown"), [(0.0, "best 0 (lr 0.01)"), (0.25, "best 0.25 (lr 0.01)")])
def test_the_best_value_is_shown_whatever_it_is(value: float, shown: str) -> None:
    said = io.StringIO()
    best = TrialRecord(
        number=0, state="complete", value=value, params={"lr": 0.01}, duration=1.0, attributes={}
    )
    progress = StudyProgress(
        budget=4, complete=1, pruned=0, running=1, waiting=0, failed=0, others=0, best=best
    )
    with LiveObserver(Console(file=said, force_terminal=True, width=100)) as reporter:
        reporter.study_started(Arm("alexnet", "fine-tuning"), 1, 1)
        reporter.trials(progress)
    assert shown in said.getvalue()


def progress_of(spent: int, *, budget: int = 4, value: float = 0.25) -> StudyProgress:
    best = TrialRecord(
        number=0, state="complete", value=value, params={"lr": 0.01}, duration=1.0, attributes={}
    )
    counts = dict.fromkeys(("pruned", "running", "waiting", "failed", "others"), 0)
    return StudyProgress(budget=budget, complete=spent, best=best if spent else None, **counts)


RUNS = [make_recipe("resnet152", mode, epochs=40) for mode in ("fine-tuning", "feature-extractor")]
VALUES = {"train/loss": 0.5, "val/accuracy": 0.75, "test/accuracy": 0.25}


def tell_of_two(reporter: LiveObserver) -> None:
    """Tell of two runs in turns; the first one ends."""
    for number, run in enumerate(RUNS, start=1):
        reporter.run_started(run, number, 2)
    for done in (1, 2):
        reporter.run_progress(RUNS[1], done, 2, "images through the frozen trunk")
    for epoch in (1, 2):
        for run in RUNS:
            reporter.epoch(run, epoch, VALUES)
    reporter.run_ended(RunResult(RUNS[0], RunState.FINISHED, VALUES, seconds=3.0))
    reporter.run_left(RUNS[1])


def test_lines_of_several_runs_say_whose_they_are() -> None:
    said = io.StringIO()
    with LiveObserver(Console(file=said, soft_wrap=True, width=80), stages_every_s=0.0) as reporter:
        tell_of_two(reporter)
    measured = "loss 0.500  val 75.0 %  test 25.0 %"
    names = [run.in_words for run in RUNS]
    assert said.getvalue().splitlines() == [
        f"  2/2 images through the frozen trunk ({names[1]})",
        *(f"  {name}  epoch {epoch:2}/40  {measured}" for epoch in (1, 2) for name in names),
        f"✓ {'1/2 ' + names[0]:47} test  25.0 %  3 s",
    ]


def test_a_terminal_shows_each_run_at_work_in_eighty_columns() -> None:
    said = io.StringIO()
    with LiveObserver(Console(file=said, force_terminal=True, width=80)) as reporter:
        tell_of_two(reporter)
    pictures = [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text) for text in said.getvalue().split("\r")]
    both = next(text for text in pictures if "epoch 2/40" in text and text.count("epoch") == 2)
    assert [line[:3] for line in both.splitlines() if "·" in line] == ["1/2", "2/2"]
    assert max(len(line) for text in pictures for line in text.splitlines()) <= 80
    after = pictures[-1]
    assert "1/2" not in after


class Pipe(io.StringIO):
    """A pipe that knows what its reader has seen: what was flushed."""

    seen = ""

    def flush(self) -> None:
        self.seen = self.getvalue()


def test_a_pipe_is_told_at_once_that_an_arm_begins_and_ends() -> None:
    pipe = Pipe()
    tuned = Tuned("study", {"lr": 0.01}, 4, "val/loss", 0.25, "how")
    with LiveObserver(Console(file=pipe, soft_wrap=True, width=80)) as reporter:
        reporter.study_started(Arm("alexnet", "fine-tuning"), 2, 6)
        assert pipe.seen == "  2/6 alexnet · fine-tuning  study begins\n"
        for spent in range(5):
            reporter.trials(progress_of(spent))
            reporter.trial_epoch(spent, 1, 40)
        reporter.study_ended(Arm("alexnet", "fine-tuning"), tuned)
        last = pipe.seen.splitlines()[-1]
    assert len(pipe.seen.splitlines()) == 2, "trials of less than half a minute are told together"
    assert last == f"{'✓ 2/6 alexnet · fine-tuning':42} val/loss 0.25  lr 0.01  4 trials  0 s"


def test_what_a_study_found_stands_on_two_lines_where_one_is_too_long() -> None:
    pipe, arm = Pipe(), Arm("mini-densenet", "feature-extractor+norms")
    with LiveObserver(Console(file=pipe, soft_wrap=True, width=80)) as reporter:
        reporter.study_started(arm, 1, 1)
        reporter.study_ended(arm, Tuned("study", {"lr": 0.0123}, 50, "val/loss", 0.25, "how"))
    assert pipe.seen.splitlines()[1:] == [
        "✓ 1/1 mini-densenet · feature-extractor+norms val/loss 0.25  50 trials  0 s",
        "      lr 0.0123",
    ]


def test_a_pipe_is_told_of_stages_that_take_long() -> None:
    pipe = Pipe()
    with LiveObserver(Console(file=pipe, width=80), stages_every_s=0.0) as reporter:
        for done in (1, 2, 3):
            reporter.progress(done, 3, "images decoded")
        reporter.progress(1, 0, "images hashed")
        reporter.progress(2, 0, "images hashed")
    assert pipe.seen.splitlines() == ["  2/3 images decoded", "  3/3 images decoded", "  2 images hashed"]
    pipe = Pipe()
    with LiveObserver(Console(file=pipe, width=80)) as reporter:
        for done in (1, 2, 3):
            reporter.progress(done, 3, "images decoded")
    assert pipe.seen == "", "what is done in a moment is not told"


@pytest.mark.parametrize(
    ("last", "said"), [(12, "epochs 8 to 12 are recorded already"), (8, "epoch 8 is recorded already")]
)
def test_epochs_that_are_trained_again_are_told_of(last: int, said: str) -> None:
    recipe, pipe = make_recipe("alexnet"), Pipe()
    with LiveObserver(Console(file=pipe, soft_wrap=True, width=80)) as reporter:
        reporter.run_started(recipe, 1, 1)
        reporter.resumed(recipe, 7)
        reporter.repeats(recipe, 8, last)
    assert pipe.seen.splitlines() == [
        "  alexnet · fine-tuning · seed 0  goes on after epoch 7",
        f"  alexnet · fine-tuning · seed 0  {said}, and trained again",
    ]


def test_a_long_study_is_told_of_now_and_then() -> None:
    told: list[str] = []
    lines = StudyLines(told.append, every=0.0)
    lines.begin("1/2 resnet152 · fine-tuning", 4)
    lines.trials(progress_of(0))
    lines.trials(progress_of(0))
    lines.trial_epoch(1, 7, 40)
    lines.trials(progress_of(3))
    lines.trials(progress_of(4))
    lines.begin("2/2 shufflenet_v2_x0_5 · freeze:features.denseblock4.denselayer16", None)
    lines.trials(progress_of(3))
    assert told == [
        "  1/2 resnet152 · fine-tuning  study begins, 4 trials",
        "  1/2 resnet152 · fine-tuning  0/4 trials  0 s",
        "  1/2 resnet152 · fine-tuning  0/4 trials  trial 1, epoch 7/40  0 s",
        "  1/2 resnet152 · fine-tuning  3/4 trials  best 0.25  0 s",
        "  2/2 shufflenet_v2_x0_5 · freeze:features.denseblock4.denselayer16  study begins",
        "  2/2 shufflenet_v2_x0_5 · freeze:features.denseblock4.denselayer16\n"
        "      3/4 trials  best 0.25  0 s",
    ]
    told.clear()
    lines = StudyLines(told.append, every=60.0)
    lines.begin("1/2 resnet152 · fine-tuning", 4)
    lines.trials(progress_of(3))
    assert len(told) == 1
