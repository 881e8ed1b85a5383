from __future__ import annotations

import hashlib
import json

import pytest
import safetensors

from tests.support.phantoms import PhantomSample
from tools.lessons import FORMER_NAMES, OF_ANATOMY, OF_PROJECTION, draw_lesson
from tools.pretrain import SEED
from tracker.models.catalog import BUNDLED
from tracker.models.minis import MINIS
from tracker.phantom.anatomy import draw_anatomy
from tracker.phantom.findings import FINDINGS
from tracker.phantom.rng import generator

LESSONS = "73c0f1605ac478ac9279111c7dc02508d00d432158bd96dbcd54644d2bee1eb3"
"""Of some images that the bundled weights were pretrained on: whoever changes them pretrains again."""


def test_networks_are_pretrained_on_other_patients(phantoms: PhantomSample) -> None:
    anatomies = {patient.anatomy for patient in phantoms.patients}
    others = {draw_anatomy(generator(SEED, number)) for number in range(2000)}
    assert len(anatomies) == len(phantoms.patients)
    assert len(others) == 2000
    assert not anatomies & others


def test_a_lesson_holds_the_numbers_that_its_image_was_drawn_from() -> None:
    lesson = draw_lesson(5, seed=SEED)
    anatomy = draw_anatomy(generator(SEED, 5))
    assert len(lesson.quantities) == len(OF_ANATOMY) + len(OF_PROJECTION)
    assert [getattr(anatomy, name) for name in OF_ANATOMY] == list(lesson.quantities[: len(OF_ANATOMY)])


def test_the_bundled_weights_learned_from_the_images_that_are_drawn_today() -> None:
    # Two of sixteen thousand are those in which a sum in another order was seen to change a gray.
    drawn = [draw_lesson(number, seed=SEED).image.tobytes() for number in (*range(20), 15279, 15635)]
    assert hashlib.sha256(b"".join(drawn)).hexdigest() == LESSONS


@pytest.mark.parametrize("name", MINIS)
def test_the_bundled_weights_name_the_same_outputs_by_todays_or_by_former_names(name: str) -> None:
    with safetensors.safe_open(BUNDLED / f"{name}.safetensors", framework="pt") as opened:
        outputs = json.loads(opened.metadata()["outputs"])
    assert set(FORMER_NAMES) < set(outputs)
    assert [FORMER_NAMES.get(output, output) for output in outputs] == [
        *FINDINGS,
        *OF_ANATOMY,
        *OF_PROJECTION,
    ]
