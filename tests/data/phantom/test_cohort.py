from __future__ import annotations

import hashlib
from collections import Counter

import numpy as np
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.data.phantom.conftest import Sample
from tracker.data.phantom.cohort import IMAGES, OTHER, TUBERCULOSIS, cohort, draw_visit
from tracker.data.phantom.files import VERSION
from tracker.data.phantom.lessons import draw_lesson
from tracker.pretrain import SEED

DIGESTS = {1: "12f6b4e4f554ac4644a60d5b690b054f42b348e7d7bf782690d622ed8af0a862"}
"""Of all images, by version: whoever changes a drawing raises the version and adds a line."""


def test_there_are_as_many_images_of_each_class_as_in_the_reference_study(sample: Sample) -> None:
    assert IMAGES == {"tuberculosis": 336, "other": 326}
    assert Counter(patient.label for patient, _ in sample.visits) == IMAGES
    assert sample.images.shape == (662, 224, 224)


def test_every_machine_draws_the_same_bytes(sample: Sample) -> None:
    assert hashlib.sha256(sample.images.tobytes()).hexdigest() == DIGESTS[VERSION]


def test_an_image_is_the_same_whatever_was_drawn_before(sample: Sample) -> None:
    for place in (661, 3):
        assert np.array_equal(draw_visit(*sample.visits[place]), sample.images[place])
    assert cohort() == sample.patients


def test_no_two_images_are_the_same(sample: Sample) -> None:
    assert len({image.tobytes() for image in sample.images}) == 662


def test_patients_come_once_or_several_times_and_always_with_what_they_have(sample: Sample) -> None:
    visits = Counter(patient.visits for patient in sample.patients)
    assert set(visits) == {1, 2, 3}
    assert min(visits.values()) > 50
    assert len({str(patient) for patient in sample.patients}) == len(sample.patients)


def test_both_classes_have_the_same_kinds_of_findings_in_other_places(sample: Sample) -> None:
    lowest: dict[tuple[str, str], float] = {}
    for patient in sample.patients:
        for finding in patient.findings:
            key = (patient.label, finding.kind)
            lowest[key] = max(lowest.get(key, 0.0), finding.down)
    assert lowest[TUBERCULOSIS, "consolidation"] < 0.45
    assert lowest[OTHER, "consolidation"] > 0.6
    for kind in ("consolidation", "nodules", "effusion", "volume-loss"):
        assert (TUBERCULOSIS, kind) in lowest
        assert (OTHER, kind) in lowest
    assert (OTHER, "cavity") not in lowest
    healthy = Counter(not patient.findings for patient in sample.patients if patient.label == OTHER)
    assert 0.4 < healthy[True] / healthy.total() < 0.7


def test_the_task_is_not_solved_by_a_thumbnail(sample: Sample) -> None:
    thumbnails = np.stack(
        [np.asarray(Image.fromarray(image).resize((16, 16)), float).ravel() for image in sample.images]
    )
    labels = [patient.label for patient, _ in sample.visits]
    groups = [patient.number for patient, _ in sample.visits]
    for strength in (0.001, 0.01, 0.1, 1.0):
        model = make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=3000))
        folds = StratifiedGroupKFold(5, shuffle=True, random_state=0)
        accuracy = cross_val_score(model, thumbnails, labels, groups=groups, cv=folds).mean()
        assert 0.5 < accuracy < 0.65


def test_what_networks_are_pretrained_on_is_not_in_the_sample(sample: Sample) -> None:
    drawn = {draw_lesson(number, seed=SEED).image.tobytes() for number in range(8)}
    assert len(drawn) == 8
    assert not drawn & {image.tobytes() for image in sample.images}
