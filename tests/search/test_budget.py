"""Which trials have a slot is read alike from the same trials, whoever reads it and whenever."""

from __future__ import annotations

from optuna.trial import FrozenTrial, TrialState, create_trial

from tracker.search.budget import FAILED, INTERRUPTED, MAX_RETRIES, SURPLUS, Slots, redo


def trial(number: int, state: TrialState = TrialState.RUNNING, *marks: str) -> FrozenTrial:
    value = 0.5 if state == TrialState.COMPLETE else None
    made = create_trial(state=state, value=value, user_attrs=dict.fromkeys(marks, True))
    made.number = number
    return made


def again(earlier: FrozenTrial, number: int, *marks: str) -> FrozenTrial:
    """Return the trial that does another one again, failed if there are marks."""
    made = redo(earlier)
    made.number = number
    made.state = TrialState.FAIL if marks else TrialState.RUNNING
    made.user_attrs = dict.fromkeys(marks, True)
    return made


def test_the_first_trials_have_the_slots() -> None:
    slots = Slots(trial(number) for number in (2, 0, 1))
    assert [slots.has_slot(number, budget=2) for number in range(3)] == [True, True, False]


def test_what_failed_or_was_surplus_leaves_its_slot_to_a_later_one() -> None:
    slots = Slots([trial(0, TrialState.FAIL, FAILED), trial(1, TrialState.FAIL, SURPLUS), trial(2), trial(3)])
    assert [slots.has_slot(number, budget=1) for number in (2, 3)] == [True, False]
    assert [one.number for one in slots.failed] == [0]


def test_an_interrupted_trial_keeps_its_slot_and_is_owed_until_another_does_it_again() -> None:
    interrupted, other = trial(0, TrialState.FAIL, INTERRUPTED), trial(1)
    assert [one.number for one in Slots([interrupted, other]).owed] == [0]
    slots = Slots([interrupted, other, again(interrupted, 2), again(interrupted, 3)])
    assert slots.owed == []
    assert {slot: one.number for slot, one in slots.held.items()} == {0: 2, 1: 1}
    assert not slots.has_slot(3, budget=3)


def test_a_trial_whose_process_stops_without_a_word_is_not_done_again_for_ever() -> None:
    line = [trial(0, TrialState.FAIL)]
    for number in range(1, MAX_RETRIES + 1):
        assert Slots(line).owed == line[-1:]
        made = again(line[-1], number)
        made.state = TrialState.FAIL
        line.append(made)
    assert Slots(line).owed == []
