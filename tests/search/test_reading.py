from __future__ import annotations

from pathlib import Path

from tests.support.studies import small_spec
from tracker.search.reading import find_studies
from tracker.search.study import ArmStudy


def spend(storage: str, name: str, model: str) -> None:
    with ArmStudy(
        small_spec(storage, name=name, trials=3, attributes={"model": model, "kind": "arm"})
    ) as study:
        one, two, three = study.ask(3)
        study.complete(one, 0.5)
        study.complete(two, 0.25)
        study.diverge(three, "inf")


def test_studies_are_found_by_what_they_say_about_themselves_newest_first(storage: str) -> None:
    spend(storage, "first", "alexnet")
    spend(storage, "second", "resnet152")
    ArmStudy(small_spec(storage, name="empty", attributes={"kind": "arm"})).close()
    with ArmStudy(small_spec(storage, name="first", trials=4)) as study:
        study.complete(study.ask(1)[0], 0.75)
    found = find_studies(storage, {"kind": "arm"})
    assert [(study.name, study.trials) for study in found] == [("first", 4), ("second", 3), ("empty", 0)]
    assert [study.name for study in find_studies(storage, {"kind": "arm", "model": "resnet152"})] == [
        "second"
    ]
    first, _, empty = found
    assert first.best is not None
    assert (first.best.number, first.best.value, list(first.best.params)) == (1, 0.25, ["lr"])
    assert (first.direction, first.attributes["model"]) == ("minimize", "alexnet")
    assert (empty.best, empty.active) == (None, None)


def test_where_there_is_no_file_there_are_no_studies_and_none_is_made(tmp_path: Path) -> None:
    assert find_studies(f"sqlite:///{tmp_path}/studies/studies.db", {}) == []
    assert list(tmp_path.iterdir()) == []
