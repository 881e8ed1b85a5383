"""How often patients and repetitions are drawn."""

from __future__ import annotations

import numpy as np
import pytest

from tracker.compare.statistics.resampling import patient_weights, repetition_weights

PATIENTS = np.array([7, 3, 3, 7, 7, 9, 11])


def test_images_of_a_patient_are_drawn_together_and_as_many_patients_as_there_are():
    weights_BN = patient_weights(PATIENTS, 50, np.random.default_rng(0))
    assert weights_BN.shape == (50, 7)
    for patient in np.unique(PATIENTS):
        assert (np.ptp(weights_BN[:, patient == PATIENTS], axis=1) == 0).all()
    assert (weights_BN[:, [0, 1, 5, 6]].sum(1) == 4).all()


def test_every_patient_is_drawn_once_on_average_with_the_variance_of_drawing():
    weights_BN = patient_weights(np.arange(10), 20_000, np.random.default_rng(0))
    assert weights_BN.mean(0) == pytest.approx(np.ones(10), abs=0.04)
    assert weights_BN.var(0) == pytest.approx(np.full(10, 0.9), abs=0.05)


def test_the_mean_of_resampled_repetitions_varies_as_a_mean_of_a_sample_does():
    values_R = np.array([0.1, 0.4, 0.45, 0.9])
    means_B = repetition_weights(4, 40_000, np.random.default_rng(0)) @ values_R
    assert means_B.var() == pytest.approx(values_R.var(ddof=1) / 4, rel=0.03)
    assert means_B.mean() == pytest.approx(values_R.mean(), abs=0.005)


def test_the_same_chance_draws_the_same():
    first, second = (patient_weights(PATIENTS, 20, np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(first, second)
