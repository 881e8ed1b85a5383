"""Pretrained weights: which are at hand, and how to get the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from tracker.config.home import expanded
from tracker.config.options import RunOptions
from tracker.doctor.imports import need
from tracker.doctor.packages import INSTALL
from tracker.doctor.result import CheckResult
from tracker.errors import ModelError
from tracker.io.short_path import short_path

_FETCHED = "Delete them: tracker run fetches them again."


def checks(asked: str | None) -> Iterator[tuple[str, Callable[[], CheckResult]]]:
    """Yield the checks of weights, by their names.

    Args:
        asked: The weights that are asked for; None for all that networks have by default.
    """
    if asked in (None, "bundled"):
        yield "bundled weights", bundled
    if asked in (None, "imagenet"):
        yield "ImageNet weights", imagenet
    if asked is not None and asked not in ("imagenet", "bundled"):
        yield "weights", partial(chosen, asked)


def imagenet() -> CheckResult:
    """Check that the ImageNet weights of the reference networks are on this machine, and are these."""
    need("torch", "torchvision")
    from tracker.models.weights import imagenet_file, prepare_weights

    models = RunOptions.model_validate({}).model
    places = [imagenet_file(model) for model in models]
    folder = places[0][1].parent
    absent = {file.name: url for url, file in places if not file.is_file()}
    there = [model for model, (_, file) in zip(models, places, strict=True) if file.name not in absent]
    wrong = _wrong([partial(prepare_weights, model, "imagenet") for model in there])
    facts = {
        "folder": str(folder),
        "files": [file.name for _, file in places],
        "absent": list(absent),
        "wrong": wrong,
        "urls": list(absent.values()),
    }
    if wrong:
        return CheckResult(state="missing", found="; ".join(wrong), advice=_FETCHED, facts=facts)
    if not absent:
        return CheckResult(state="good", found=f"all {len(places)} in {short_path(folder)}", facts=facts)
    sites = ", ".join(dict.fromkeys(url.rpartition("/")[0] for url in absent.values()))
    return CheckResult(
        state="warning",
        found=f"{len(absent)} of {len(places)} not here: {', '.join(absent)}",
        advice="The reference networks begin with them, and tracker run downloads them. Without internet: "
        f"fetch these files on another machine, from {sites}/, and put them into {short_path(folder)} "
        "(TORCH_HOME moves it).",
        facts=facts,
    )


def bundled() -> CheckResult:
    """Check that the weights that the first run begins with came with this package."""
    need("torch", "torchvision")
    from tracker.models.catalog import bundled_names
    from tracker.models.weights import prepare_weights

    models = RunOptions.model_validate({"dataset": "phantom"}).model
    absent = [model for model in models if model not in bundled_names()]
    wrong = _wrong([partial(prepare_weights, model, "bundled") for model in models if model not in absent])
    facts = {"networks": list(models), "absent": absent, "wrong": wrong}
    if wrong:
        return CheckResult(
            state="missing", found="; ".join(wrong), advice=f"Install tracker again. {INSTALL}", facts=facts
        )
    if not absent:
        return CheckResult(state="good", found=", ".join(models), facts=facts)
    return CheckResult(
        state="missing",
        found=f"{len(absent)} of {len(models)} did not come with this package: {', '.join(absent)}",
        advice=f"Install tracker again. {INSTALL}",
        facts=facts,
    )


def _wrong(checks: Sequence[Callable[[], None]]) -> list[str]:
    """Return what was found of weights that are not what they must be."""
    found = []
    for check in checks:
        try:
            check()
        except ModelError as error:
            _, but, *_ = error.args
            found.append(str(but))
    return found


def chosen(weights: str) -> CheckResult:
    """Check that a file of weights is there.

    Args:
        weights: A path, or none.

    Raises:
        ModelError: There is no such file.
    """
    if weights == "none":
        return CheckResult(state="good", found="none: networks begin at random", facts={"file": None})
    need("torch", "torchvision")
    from tracker.models.weights import prepare_weights

    prepare_weights("", weights)
    return CheckResult(state="good", found=weights, facts={"file": str(expanded(weights).absolute())})
