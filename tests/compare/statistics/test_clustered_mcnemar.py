"""McNemar's test of patients with several images."""

import numpy as np
import pytest
from scipy.stats import chi2

from tracker.compare.statistics.clustered_mcnemar import clustered_mcnemar

# Parathyroid glands found by PET alone, by SPECT alone, and seen, of 21 patients (Obuchowski 1998).
PET = [0] * 8 + [1] + [0] * 12
SPECT = [2, 1, 0, 0, 1] + [0] * 9 + [2, 0, 0, 1, 0, 0, 0]
GLANDS = [3, 3, 3, 1, 3, 4, 3, 2, 2, 1, 3, 2, 3, 2, 2, 3, 3, 3, 2, 1, 2]


def test_each_image_alike_it_gives_the_published_statistic():
    # 2.8571 (p = 0.09097), Obuchowski's, has a factor of 20 / 21, which the other form leaves out.
    assert clustered_mcnemar(PET, SPECT) == pytest.approx(chi2.sf(2.8571 * 21 / 20, 1), abs=1e-5)


def test_each_patient_alike_it_is_the_sum_of_shares():
    # By hand: shares -2/3, three times -1/3, 1/2 and -1 have the sum -13/6 and the squares' sum 73/36.
    assert clustered_mcnemar(PET, SPECT, GLANDS) == pytest.approx(chi2.sf((13 / 6) ** 2 / (73 / 36), 1))


def test_with_one_image_a_patient_it_is_mcnemar_without_continuity_correction():
    from statsmodels.stats.contingency_tables import mcnemar as reference

    first, second = np.repeat([1, 0, 0], [7, 16, 30]), np.repeat([0, 1, 0], [7, 16, 30])
    expected = reference([[9, 7], [16, 9]], exact=False, correction=False).pvalue
    assert clustered_mcnemar(first, second) == pytest.approx(expected)
    assert clustered_mcnemar(first, second, np.ones(53)) == pytest.approx(expected)


def test_images_of_one_patient_count_as_hanging_together():
    apart = clustered_mcnemar([1] * 12, [0] * 12)
    together = clustered_mcnemar([6, 6], [0, 0])
    assert apart < 0.001 < together


def test_neither_order_nor_names_of_arms_matter():
    order = np.random.default_rng(0).permutation(21)
    expected = clustered_mcnemar(PET, SPECT, GLANDS)
    shuffled = (np.take(x, order) for x in (SPECT, PET, GLANDS))
    assert clustered_mcnemar(*shuffled) == pytest.approx(expected)


@pytest.mark.parametrize("sizes", [None, [3, 4]])
def test_without_a_disagreement_p_is_one(sizes):
    assert clustered_mcnemar([0, 0], [0, 0], sizes) == 1.0
    assert clustered_mcnemar([1, 2], [1, 2], sizes) == 1.0


def test_fewer_than_four_patients_establish_nothing():
    assert clustered_mcnemar([5, 5, 5], [0, 0, 0]) > 0.05
