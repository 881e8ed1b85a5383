from __future__ import annotations

from tests.support.plans import RecordingReporter, small_options
from tracker.runs.events import Notifier, Reporter, RunResult, StudyReporter


def test_a_user_is_told_each_thing_once_and_never_nothing() -> None:
    reporter = RecordingReporter()
    notifier = Notifier(reporter)
    for text in ("no space", "", "no space", "no network", "no space"):
        notifier.notify(text)
    assert reporter.events == [("note", "no space"), ("note", "no network")]


def test_a_reporter_ignores_what_it_does_not_show(radiographs, capsys) -> None:
    recipe = small_options(radiographs).recipe(
        model="alexnet", mode="fine-tuning", seed=0, split="16/6/8", precision="fp32"
    )
    reporter, of_studies = Reporter(), StudyReporter()
    reporter.progress(1, 2, "images")
    reporter.run_started(recipe, 1, 1)
    reporter.resumed(recipe, 1)
    reporter.epoch(recipe, 1, {})
    reporter.note("no space")
    reporter.run_ended(RunResult(recipe, "FINISHED"))
    of_studies.progress(1, 2, "images")
    of_studies.study_started(recipe.arm, 1, 1)
    of_studies.trial_epoch(0, 1, 2)
    assert capsys.readouterr() == ("", "")
