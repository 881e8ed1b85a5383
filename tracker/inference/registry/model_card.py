"""The model card of a trained network, in Markdown: what it is, what it is not for, how good, and on what.

Source: M. Mitchell et al., "Model Cards for Model Reporting", FAT* 2019.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tracker.compare.render.numbers import interval_text
from tracker.errors import counted
from tracker.figures.labels import capitalized, paper_mode, paper_model, scale_of, title_of
from tracker.foreign_text import printable
from tracker.inference.loading import TrainedNetwork
from tracker.inference.registry.card_facts import Facts
from tracker.inference.registry.card_markdown import section, table, told
from tracker.inference.registry.choosing import Choice
from tracker.records import PARTS, POSITIVE_CLASS, Part, RunRecord
from tracker.tracking.journal.limits import safe_folder

_MEASURES = (
    *("accuracy", "balanced_accuracy", "auroc", "sensitivity_at_threshold", "specificity_at_threshold"),
    *("brier", "ece"),
)
_PARTS: Mapping[Part, str] = {"train": "training", "val": "validation", "test": "test"}
_RECIPE_LEFT_OUT = frozenset(
    {"dataset", "split", "split_seed", "model", "mode", "weights", "image_size", "resize", "seed"}
)
_NOT = """\
**Not a medical device.** For research: to compare how networks are trained, and to be tested elsewhere. Not \
for diagnosis, triage or any decision about a patient; not for images of another kind, device, projection or \
age than those it was trained on. Its probabilities are of a set with as many images of each class as given \
below, not of a ward."""
_SYNTHETIC = """\
**Synthetic images**: drawn by a program, of patients that never lived. Nothing that is measured here says \
anything of real radiographs."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a card is about.

    Attributes:
        name: The registered model's.
        alias: The alias that names it; empty: none.
        choice: The run that trained it, and how it was chosen.
        network: The network as it is loaded.
        network_digest: The SHA-256 of its file of weights.
        program: Whether it loads as a program of torch's own, too.
        facts: Its images, and what was measured.
    """

    name: str
    alias: str
    choice: Choice
    network: TrainedNetwork
    network_digest: str
    program: bool
    facts: Facts

    @property
    def run(self) -> RunRecord:
        """The run that trained it."""
        return self.choice.run

    @property
    def finding(self) -> str | None:
        """The class that is the finding; None of more than two classes, or where it is not known."""
        return self.network.positive or self.run.tags.get(POSITIVE_CLASS)


def about(subject: Subject) -> str:
    """Return what is said of a registered model, whichever version is asked for.

    Args:
        subject: Its first version.
    """
    classes = ", ".join(map(told, subject.network.classes))
    lines = [
        f"Networks that tell apart: {classes}. Trained and compared by **tracker**; each version has a card."
    ]
    lines += [_SYNTHETIC] if subject.run.is_synthetic else []
    return "\n\n".join([*lines, _NOT])


def model_card(subject: Subject, *, longest: int | None = None) -> str:
    """Return the card.

    Args:
        subject: What it is about.
        longest: Characters that there is room for; sections that do not fit are left out, and it says so.
    """
    whole = "\n\n".join(_sections(subject))
    if longest is None or len(whole) <= longest:
        return whole + "\n"
    rest = f"The whole card is `{card_file(subject.name)}`, among the files of the model."
    kept: list[str] = []
    for one in _sections(subject):
        if len("\n\n".join([*kept, one, rest])) < longest:
            kept.append(one)
    return "\n\n".join([*kept, rest]) + "\n"


def card_file(name: str) -> str:
    """Return the name of the file that holds the whole card, among the files of the model.

    Args:
        name: The registered model's; a network can be a version of several.
    """
    return f"model_card.{safe_folder(name)}.md"


def _sections(subject: Subject) -> Iterator[str]:
    """Yield the sections, those that nobody may miss first."""
    yield _what(subject)
    yield section("Intended use", _NOT)
    yield section("How good it is", *_measured(subject))
    yield section("How it was chosen", subject.choice.in_words, subject.choice.note)
    yield section("Images", *_images(subject))
    yield section("Limits", "\n".join(f"- {limit}" for limit in _limits(subject)))
    yield section("How to use it", *_use(subject))
    yield section("Origin", _origin(subject))
    yield section("Recipe", _recipe(subject.run))


def _what(subject: Subject) -> str:
    run, network = subject.run, subject.network
    finding = f"; the finding is **{told(subject.finding)}**" if subject.finding else ""
    mode, side = paper_mode(run.params["mode"]), network.image_size
    told_of = (
        f"# {told(subject.name)}\n\n{paper_model(run.params['model'])}, {told(mode[:1].lower() + mode[1:])}, "
        f"trained on **{told(run.params['dataset'])}**: an image of {side} × {side} pixels to "
        f"probabilities of {' and '.join(map(told, network.classes))}{finding}."
    )
    return f"{told_of}\n\n{_SYNTHETIC}" if run.is_synthetic else told_of


def _measured(subject: Subject) -> Iterator[str]:
    measured = subject.facts.measured
    if not measured:
        yield "Its answers are not stored with the run: nothing is known but what its metrics say."
        return
    parts: list[Part] = [part for part in ("val", "test") if part in measured]
    head = ["", *(f"{_PARTS[part]} ({_counted(subject, part)})" for part in parts)]
    names = [name for name in _MEASURES if any(name in measured[part].measures for part in parts)]
    yield table(head, [[_title(name), *(_cell(subject, part, name) for part in parts)] for name in names])
    yield (
        "In brackets: 95 % intervals over the images, resampled by patient; what another training would give "
        "is not in them. Validation images chose the network and the threshold: their column flatters it."
    )
    yield "\n".join(f"- {line}" for line in _decision(subject))


def _counted(subject: Subject, part: Part) -> str:
    found = subject.facts.measured[part]
    of = f" of {counted(found.patients, 'patient')}" if found.patients < found.images else ""
    return f"{counted(found.images, 'image')}{of}"


def _title(name: str) -> str:
    unit = scale_of(name).unit
    return f"{capitalized(title_of(f'/{name}'))}{f', {unit}' if unit else ''}"


def _cell(subject: Subject, part: Part, name: str) -> str:
    found, scale = subject.facts.measured[part].measures.get(name), scale_of(name)
    if found is None:
        return "–"
    interval = interval_text(found.interval, scale)
    return f"{scale.write(found.value)}{f' [{interval}]' if interval else ''}"


def _decision(subject: Subject) -> Iterator[str]:
    threshold, temperature = subject.network.threshold, subject.network.temperature
    if subject.finding is not None:
        said = "chosen by" if threshold is None else f"{threshold:+.3f} log-odds, by"
        yield f"Threshold of {told(subject.finding)}: {said} Youden's index on the validation images."
    if temperature is not None:
        yield f"Calibration: temperature {temperature:.3f}, fitted on the validation images."
    else:
        yield "Calibration: none was stored with it; probabilities are the network's own."


def _images(subject: Subject) -> Iterator[str]:
    parts, run = subject.facts.parts, subject.run
    if parts:
        rows = [
            [told(name), *(str(parts[part].classes.get(name, 0)) for part in PARTS)]
            for name in subject.network.classes
        ]
        patients = [parts[part].patients for part in PARTS]
        rows.append(["patients", *("not known" if one is None else str(one) for one in patients)])
        yield table(["images", *(_PARTS[part] for part in PARTS)], rows)
    left_out = run.tags.get("tracker.files_left_out") or run.tags.get("tracker.images_left_out", "0")
    fold = f", fold {run.params['fold']} of {run.params.get('folds', '?')}" if "fold" in run.params else ""
    rule, seed = told(run.params.get("split", "not known")), run.params.get("split_seed", "?")
    digest = run.tags.get("tracker.split_digest", "")[:16]
    yield f"Split {rule} (seed {seed}{fold}), digest `{digest}`; left out: {told(left_out)}."


def _limits(subject: Subject) -> Iterator[str]:
    test = subject.facts.measured.get("test")
    if subject.run.is_synthetic:
        yield "The images are synthetic."
    if test is not None:
        yield (
            f"Tested on {counted(test.images, 'image')} of {counted(test.patients, 'patient')}: "
            "the intervals say how little that fixes."
        )
    yield (
        "Trained and tested on one data set, of the same origin as far as tracker knows: another hospital's "
        "images are another question (tracker evaluate)."
    )
    yield "What it looks at was not checked by this card (tracker explain)."


def _use(subject: Subject) -> Iterator[str]:
    named = printable(f"models:/{subject.name}{f'@{subject.alias}' if subject.alias else '/VERSION'}")
    command = f"tracker predict --model {shlex.quote(named)} --data FOLDER --output predictions.csv"
    yield f"```sh\n{command}\n```"
    if subject.program:
        size, classes = subject.network.image_size, len(subject.network.classes)
        yield (
            "Where no code of a model may run (`MLFLOW_ALLOW_MODEL_CODE_EXECUTION=false`), "
            f"`mlflow.pytorch.load_model` takes uint8 [N, 3, {size}, {size}], red, green, blue, decoded and "
            f"resized ({told(subject.network.resize)}), and gives probabilities [N, {classes}]."
        )


def _origin(subject: Subject) -> str:
    run = subject.run
    digest = run.tags.get("tracker.weights_digest", "")
    weights = run.params.get("weights", "not known")
    versions = [
        f"{name} {version}"
        for name in ("tracker", "torch", "torchvision", "python")
        if (version := run.tags.get(f"tracker.version.{name}"))
    ]
    rows = [
        ("run", f"[{told(run.in_words)}](#/experiments/{run.experiment_id}/runs/{run.run_id})"),
        ("weights it began with", told(weights) + (f", SHA-256 `{digest[:16]}`" if digest else "")),
        ("weights of this network", f"SHA-256 `{subject.network_digest[:16]}`"),
        ("fingerprint of the recipe", f"`{run.tags.get('tracker.fingerprint', '')[:16]}`"),
        ("made with", told(", ".join(versions)) or "not known"),
        ("computed on", told(run.tags.get("tracker.device", "not known"))),
    ]
    return table(["", ""], rows)


def _recipe(run: RunRecord) -> str:
    settings = {name: value for name, value in run.params.items() if name not in _RECIPE_LEFT_OUT}
    return table(["setting", "value"], _settings(settings))


def _settings(settings: Mapping[str, str]) -> Iterator[Sequence[str]]:
    for name, value in settings.items():
        if value != "None":
            yield told(name), told(value)
