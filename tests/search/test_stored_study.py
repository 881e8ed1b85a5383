from __future__ import annotations

import optuna

from tests.support.studies import small_spec
from tracker.search.storage import open_storage
from tracker.search.stored_study import StoredStudy
from tracker.search.study import ArmStudy


def test_an_attribute_stays_as_it_was_written_first(storage: str) -> None:
    with ArmStudy(small_spec(storage)) as study:
        opened = open_storage(storage)
        stored = StoredStudy(opened, study.spec.name)
        stored.write_once("arm", "alexnet")
        stored.write_once("arm", "resnet152")
        stored.write_once("token", "another")
        attributes = optuna.load_study(study_name=study.spec.name, storage=opened).user_attrs
        assert (attributes["arm"], attributes["token"]) == ("alexnet", study.token)
        stored.end_session()
        opened.engine.dispose()


def test_trials_are_found_by_their_number_in_a_storage_of_several_studies(storage: str) -> None:
    with ArmStudy(small_spec(storage, name="a")) as one, ArmStudy(small_spec(storage, name="b")) as other:
        one.ask(2)
        first, second = other.ask(2)
        opened = open_storage(storage)
        stored = StoredStudy(opened, "b")
        assert [stored.trial(trial.number).params for trial in (first, second)] == [
            first.params,
            second.params,
        ]
        opened.engine.dispose()
