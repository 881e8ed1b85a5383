"""The rules of `.importlinter` hold for files that are born tomorrow: each is seen to break here."""

from __future__ import annotations

import configparser
import copy
import importlib
from pathlib import Path

import grimp
import pytest
from importlinter import api
from importlinter.domain.contract import Contract

ROOT = Path(__file__).parents[1]
CONFIG = ROOT / ".importlinter"
# Rules that name what is no folder: the few modules at the root, and `python -m tracker`.
FILES = {
    *("tracker.records", "tracker.interruption", "tracker.errors", "tracker.addresses"),
    "tracker.__main__",
}


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("tracker", "tools", include_external_packages=True, cache_dir=None)


def contract(name: str) -> Contract:
    configuration = api.read_configuration(str(CONFIG))
    (options,) = [one for one in configuration["contracts_options"] if one["id"] == name]
    kind = "".join(word.capitalize() for word in options["type"].split("_"))
    module = importlib.import_module(f"importlinter.contracts.{options['type']}")
    made: Contract = getattr(module, f"{kind}Contract")(
        options["name"], configuration["session_options"], options
    )
    return made


def holds(name: str, graph: grimp.ImportGraph, *imports: tuple[str, str]) -> bool:
    """Say whether a rule holds with some more imports, of files that need not be there."""
    with_them = copy.deepcopy(graph)
    for importer, imported in imports:
        for module in (importer, imported):
            if module not in with_them.modules:
                with_them.add_module(module, is_squashed=not module.startswith("tracker"))
        with_them.add_import(importer=importer, imported=imported)
    return bool(contract(name).check(with_them, verbose=False).kept)


def test_every_rule_holds(graph: grimp.ImportGraph) -> None:
    parser = configparser.ConfigParser()
    parser.read(CONFIG)
    names = [section.rpartition(":")[2] for section in parser.sections() if ":contract:" in section]
    assert len(names) > 8
    assert [name for name in names if not holds(name, graph)] == []


@pytest.mark.parametrize(
    ("rule", "importer", "imported"),
    [
        ("rooms", "tracker.io.tomorrow", "tracker.data.decoding.decoder"),
        ("rooms", "tracker.runs.tomorrow", "tracker.api"),
        ("rooms", "tracker.compare.tomorrow", "tracker.tracking.status"),
        ("rooms", "tracker.figures.tomorrow", "tracker.config.recipe"),
        ("tracking", "tracker.tracking.journal.tomorrow", "tracker.tracking.backend.uri"),
        ("tracking", "tracker.tracking.backend.tomorrow", "tracker.tracking.shipping.batches"),
        ("decoding", "tracker.data.decoding.tomorrow", "tracker.errors"),
        ("decoding", "tracker.data.decoding.tomorrow", "tracker.config.recipe"),
        ("acyclic", "tracker.config.recipe", "tracker.config.options"),
        ("acyclic", "tracker.data.sources.csv_table", "tracker.data.manifest"),
        ("mlflow", "tracker.compare.tomorrow", "mlflow"),
        ("mlflow", "tracker.tracking.shipping.tomorrow", "mlflow"),
        ("mlflow", "tracker.engines.processes", "mlflow"),
        ("mlflow", "tracker.tomorrow", "mlflow"),
        ("mlflow", "tools.pretrain", "mlflow"),
        ("optuna", "tracker.tuning.tomorrow", "optuna"),
        ("optuna", "tracker.cli.tomorrow", "optuna"),
        ("ray", "tracker.runs.tomorrow", "ray"),
        ("ray", "tracker.tuning.tomorrow", "ray"),
        ("locks", "tracker.tracking.journal.tomorrow", "filelock"),
        ("fcntl", "tracker.io.tomorrow", "fcntl"),
        ("torch", "tracker.config.tomorrow", "torch"),
        ("torch", "tracker.data.tomorrow", "torchvision"),
        ("torch", "tracker.tracking.backend.tomorrow", "torch"),
        ("torch", "tracker.search.tomorrow", "torch"),
        ("cli", "tracker.cli.tomorrow", "torch"),
        ("cli", "tracker.cli.tomorrow", "pandas"),
    ],
)
def test_a_file_born_tomorrow_is_under_the_rule(
    graph: grimp.ImportGraph, rule: str, importer: str, imported: str
) -> None:
    assert not holds(rule, graph, (importer, imported))


def test_a_room_that_nobody_placed_is_under_the_rule(graph: grimp.ImportGraph) -> None:
    assert not holds("rooms", graph, ("tracker.attic", "tracker.errors"))


def test_rules_name_rooms_and_not_files() -> None:
    text = CONFIG.read_text(encoding="utf-8")
    named = {word for word in text.split() if word.startswith("tracker.")} - FILES
    assert all((ROOT / Path(*name.split(".")) / "__init__.py").is_file() for name in named), named


def test_every_room_says_what_it_knows_in_two_lines() -> None:
    rooms = [path.parent for path in (ROOT / "tracker").rglob("__init__.py") if path.parent.name != "tracker"]
    silent = [str(room) for room in rooms if len(_sentences(room / "__init__.py")) < 2]
    assert silent == []


def _sentences(file: Path) -> list[str]:
    docstring = file.read_text(encoding="utf-8").split('"""')[1]
    return [line for line in docstring.splitlines() if line.strip()]
