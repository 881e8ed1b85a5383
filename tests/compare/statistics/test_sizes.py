"""How often the tests are wrong, by simulation; docs/statistics.md has the tables."""

import math

import pytest

from benchmarks.test_sizes import Study, by_mcnemar, by_patients_and_seeds, fold_sizes, rates

ERRORS = 4
"""Standard errors of the simulation that are allowed, of about twenty assertions."""


def error(share, repeats):
    return ERRORS * math.sqrt(share * (1 - share) / repeats)


def test_equal_arms_are_told_apart_about_as_seldom_as_promised():
    repeats = 300
    found = rates(Study(132), by_mcnemar, repeats) | rates(
        Study(132, seeds=3), by_patients_and_seeds, repeats
    )
    for name, (size, power, coverage) in found.items():
        assert size <= 0.05 + error(0.05, repeats), name
        assert power > 0.5, name
        assert coverage is None or coverage > 0.95 - error(0.05, repeats), name


def test_seeds_that_are_ignored_are_found_out():
    found = rates(Study(132, seeds=3, seeds_sd=0.05), by_patients_and_seeds, 150)
    assert found["patients"].size > 0.15
    assert found["patients and seeds"].size < found["patients"].size / 2


def test_folds_share_training_images():
    plain, corrected = fold_sizes(132, 5, 100)
    assert plain > 0.15
    assert corrected < 0.1


@pytest.mark.slow
@pytest.mark.parametrize("images", [44, 132, 1000])
def test_one_seed_of_one_image_a_patient(images):
    repeats = 2000
    found = rates(Study(images), by_mcnemar, repeats) | rates(Study(images), by_patients_and_seeds, repeats)
    for name in ("McNemar, exact", "McNemar, mid-p"):
        assert found[name].size <= 0.05 + error(0.05, repeats)
    for name in ("clustered McNemar, an image a vote", "clustered McNemar, a patient a vote", "patients"):
        assert found[name].size <= 0.06 + error(0.06, repeats), name
    assert found["patients"].coverage > 0.93 - error(0.07, repeats)


@pytest.mark.slow
@pytest.mark.parametrize("images", [132, 1000])
def test_several_images_a_patient_need_a_test_that_knows_patients(images):
    repeats = 2000
    study = Study(images, most=6)
    found = rates(study, by_mcnemar, repeats) | rates(study, by_patients_and_seeds, repeats)
    assert found["McNemar, mid-p"].size > 0.07
    for name in ("clustered McNemar, an image a vote", "clustered McNemar, a patient a vote", "patients"):
        assert found[name].size <= 0.06 + error(0.06, repeats), name
    assert found["patients"].coverage > 0.93 - error(0.07, repeats)


@pytest.mark.slow
@pytest.mark.parametrize("images", [44, 132])
@pytest.mark.parametrize(("seeds", "most"), [(2, 0.11), (3, 0.08), (5, 0.06)])
@pytest.mark.parametrize("sd", [0.0, 0.02, 0.05])
def test_patients_and_seeds_together(images, seeds, most, sd):
    repeats = 1000
    found = rates(Study(images, seeds=seeds, seeds_sd=sd), by_patients_and_seeds, repeats)
    for name in ("patients and seeds", "patients and seeds, not paired"):
        assert found[name].size <= most + error(most, repeats), name
        assert found[name].coverage >= 1 - most - 0.01 - error(most, repeats), name


@pytest.mark.slow
@pytest.mark.parametrize("times", [1, 5])
@pytest.mark.parametrize("images", [44, 132])
def test_folds(images, times):
    _, corrected = fold_sizes(images, times, 2000)
    assert corrected <= 0.05 + error(0.05, 2000)
