from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.support.phantoms import PhantomSample
from tracker.phantom.cohort import (
    IMAGES,
    OTHER,
    TUBERCULOSIS,
    Patient,
    cohort,
    draw_lesions_of,
    draw_visit,
)
from tracker.phantom.files import VERSION

DIGESTS = {1: "12f6b4e4f554ac4644a60d5b690b054f42b348e7d7bf782690d622ed8af0a862"}
"""Of all images, by version: whoever changes a drawing raises the version and adds a line."""


def test_there_are_as_many_images_of_each_class_as_in_the_reference_study(phantoms: PhantomSample) -> None:
    assert IMAGES == {"tuberculosis": 336, "other": 326}
    assert Counter(patient.label for patient, _ in phantoms.visits) == IMAGES
    assert phantoms.images.shape == (662, 224, 224)


def test_every_machine_draws_the_same_bytes(phantoms: PhantomSample) -> None:
    assert hashlib.sha256(phantoms.images.tobytes()).hexdigest() == DIGESTS[VERSION]


def test_an_image_is_the_same_whatever_was_drawn_before(phantoms: PhantomSample) -> None:
    for place in (661, 3):
        assert np.array_equal(draw_visit(*phantoms.visits[place]), phantoms.images[place])
    assert cohort() == phantoms.patients


def test_no_two_images_are_the_same(phantoms: PhantomSample) -> None:
    assert len({image.tobytes() for image in phantoms.images}) == 662


def test_patients_come_once_or_several_times_and_always_with_what_they_have(phantoms: PhantomSample) -> None:
    visits = Counter(patient.visits for patient in phantoms.patients)
    assert set(visits) == {1, 2, 3}
    assert min(visits.values()) > 50
    assert len({patient.name for patient in phantoms.patients}) == len(phantoms.patients)


def test_the_classes_share_findings_which_lie_in_other_places(phantoms: PhantomSample) -> None:
    kinds: dict[str, set[str]] = {TUBERCULOSIS: set(), OTHER: set()}
    places: dict[str, list[float]] = {TUBERCULOSIS: [], OTHER: []}
    for patient in phantoms.patients:
        kinds[patient.label] |= {finding.kind for finding in patient.findings}
        places[patient.label] += [one.down for one in patient.findings if one.kind == "consolidation"]
    shared = {"consolidation", "nodules", "effusion", "volume-loss"}
    assert kinds == {TUBERCULOSIS: {"cavity", *shared}, OTHER: {"interstitial", *shared}}
    assert max(places[TUBERCULOSIS]) < 0.45
    assert min(places[OTHER]) > 0.6
    healthy = Counter(not patient.findings for patient in phantoms.patients if patient.label == OTHER)
    assert 0.4 < healthy[True] / healthy.total() < 0.7


def test_the_task_is_not_solved_by_a_thumbnail(phantoms: PhantomSample) -> None:
    thumbnails = np.stack(
        [np.asarray(Image.fromarray(image).resize((16, 16)), float).ravel() for image in phantoms.images]
    )
    for strength in (0.001, 0.01, 0.1, 1.0):
        model = make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=3000))
        folds = StratifiedGroupKFold(5, shuffle=True, random_state=0)
        accuracy = cross_val_score(
            model, thumbnails, phantoms.labels, groups=phantoms.groups, cv=folds
        ).mean()
        assert 0.5 < accuracy < 0.65


def test_lesions_lie_where_an_image_differs_from_the_same_chest_without_findings() -> None:
    patient = next(one for one in cohort() if [finding.kind for finding in one.findings] == ["consolidation"])
    healthy = replace(patient, findings=())
    mask = draw_lesions_of(patient, 1)
    # The strength of each finding is drawn before the image is: without findings, another image would be.
    with_it, without = draw_visit(patient, 1).astype(int), _as_if_healthy(patient, 1).astype(int)
    difference = np.abs(with_it - without)
    assert difference[mask].mean() > 10 * difference[~mask].mean()
    assert not draw_lesions_of(healthy, 1).any()


def _as_if_healthy(patient: Patient, visit: int) -> NDArray[np.uint8]:
    """Draw the same image with the same circumstances, its findings too weak to be seen."""
    weak = tuple(finding.at(1e-6) for finding in patient.findings)
    return draw_visit(replace(patient, findings=weak), visit)
