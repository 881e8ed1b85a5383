"""The command line wins over the file, and the file over what holds otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from tracker.config.command_line import options_of
from tracker.config.loading import read_options
from tracker.config.options import RunOptions
from tracker.config.recipe import Recipe
from tracker.errors import UsageError


def test_who_says_it_later_wins(tmp_path: Path) -> None:
    config = tmp_path / "study.yaml"
    config.write_text("epochs: 7\nbatch-size: 4\n", encoding="utf-8")
    options = read_options(
        {"epochs": 9, "lr": None, "seed": []}, config, otherwise={"batch_size": 8, "tune": 5}
    )
    assert (options.epochs, options.batch_size, options.tune) == (9, 4, 5)
    assert (options.lr, options.seed) == (None, (0,))


@pytest.mark.parametrize(
    ("content", "problem"),
    [("[1, 2]", "holds a list"), ("a: [", "must be YAML"), ("epochs: 0\nmodul: x", "did you mean model")],
)
def test_a_file_that_says_nothing_possible_is_refused(tmp_path: Path, content: str, problem: str) -> None:
    config = tmp_path / "study.yaml"
    config.write_text(content, encoding="utf-8")
    with pytest.raises(UsageError, match=problem):
        read_options({}, config)


def test_a_data_set_that_is_a_list_is_refused_in_words(tmp_path: Path) -> None:
    config = tmp_path / "study.yaml"
    config.write_text("dataset: [phantom]\n", encoding="utf-8")
    with pytest.raises(UsageError, match="dataset"):
        read_options({}, config)


def refusal_of(folder: Path, content: str) -> str:
    config = folder / "study.yaml"
    config.write_text(content, encoding="utf-8")
    with pytest.raises(UsageError) as refused:
        read_options({}, config)
    assert "\n" not in str(refused.value)
    return str(refused.value)


@pytest.mark.parametrize(
    ("content", "part"),
    [
        ("tune: yes", "tune: must be a whole number, got 'yes'"),
        ("tune: true", "tune: must be a number, got true"),
        ("epochs: true", "epochs: must be a number, got true"),
        ("seed: [1, true]", "seed: must be a number, got true"),
        ("seed: 1.5", "seed: must be a whole number, got 1.5"),
        ("epochs: 12:30:45", "epochs: must be a whole number"),
        ("lr: .nan", "lr: "),
        ("lr: nan", "lr: "),
        ("weight_decay: .inf", "weight_decay: "),
        ("momentum: .nan", "momentum: "),
        ("lr: true", "lr: must be a number, got true"),
        ("modul: null", "modul is unknown (did you mean model?)"),
        ("experiment: 2026", "experiment: must be text (in a file, put it in quotes), got 2026"),
        ("tuned: 50", "tuned: must be true or false"),
        ("search: {lr: [true, 2]}", "lr must have [LOW, HIGH]"),
        ("search: {batch_size: [true, 32]}", "batch_size must be whole numbers"),
        ("search: [[[1]]]", "search: "),
        (f"model: {[['x'] * 999] * 9}", "model: must be text"),
    ],
)
def test_a_value_that_is_none_of_an_option_is_refused_with_its_line(
    tmp_path: Path, content: str, part: str
) -> None:
    told = refusal_of(tmp_path, f"resize: pad\n{content}\n")
    assert part in told
    assert f"({tmp_path}/study.yaml, line 2)" in told
    assert len(told) < 400 + len(str(tmp_path))


@pytest.mark.parametrize("name", RunOptions.model_fields)
@pytest.mark.parametrize("nothing", ["null", "", "~"])
def test_null_says_nothing_whatever_the_option(tmp_path: Path, name: str, nothing: str) -> None:
    config = tmp_path / "study.yaml"
    config.write_text(f"{name}: {nothing}\n", encoding="utf-8")
    options = read_options({}, config)
    assert options == RunOptions()
    assert options.model_fields_set == set()


def test_what_holds_otherwise_holds_beside_a_null(tmp_path: Path) -> None:
    config = tmp_path / "study.yaml"
    config.write_text("epochs: null\n", encoding="utf-8")
    assert read_options({}, config, otherwise={"epochs": 7}).epochs == 7


def test_all_that_is_wrong_in_a_file_is_told_at_once(tmp_path: Path) -> None:
    told = refusal_of(tmp_path, "modul: x\nepochs: 0\nlr: true\n")
    for part in ("modul is unknown (did you mean model?)", "line 1)", "line 2)", "line 3)"):
        assert part in told


def test_a_value_of_the_command_line_is_not_blamed_on_the_file(tmp_path: Path) -> None:
    config = tmp_path / "study.yaml"
    config.write_text("epochs: 3\n", encoding="utf-8")
    with pytest.raises(UsageError) as refused:
        read_options({"epochs": 0}, config)
    assert "epochs" in str(refused.value)
    assert "study.yaml" not in str(refused.value)


def numeric_fields() -> list[str]:
    options = [*options_of("run", RunOptions), *options_of("tune", RunOptions)]
    return sorted({option.field for option in options if option.kind in (int, float)})


@pytest.mark.parametrize("field", numeric_fields())
@pytest.mark.parametrize("value", [True, False])
def test_true_is_no_number_for_any_option(field: str, value: bool) -> None:
    with pytest.raises(UsageError, match=f"{field}: must be a number"):
        read_options({field: value})


def test_true_is_no_number_for_any_field_of_a_recipe() -> None:
    recipe = RunOptions().recipe(model="alexnet", mode="fine-tuning", seed=0, split="given", precision="fp32")
    numeric = [name for name, value in recipe.model_dump().items() if type(value) in (int, float)]
    assert len(numeric) >= 8
    for name in numeric:
        with pytest.raises(ValidationError, match="must be a number"):
            Recipe(**(recipe.model_dump() | {name: True}))


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ({"epochs": "3"}, {"epochs": 3}),
        ({"lr": "1e-3"}, {"lr": 0.001}),
        ({"epochs": 3.0}, {"epochs": 3}),
        ({"seed": np.int64(3)}, {"seed": (3,)}),
        ({"seed": np.arange(2).tolist()}, {"seed": (0, 1)}),
        ({"lr": np.float64(0.5)}, {"lr": 0.5}),
    ],
)
def test_numbers_are_taken_from_quotes_and_from_numpy(given: dict[str, Any], meant: dict[str, Any]) -> None:
    assert read_options(given).model_dump(exclude_unset=True) == meant


def test_paths_of_a_file_begin_at_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = tmp_path / "study"
    (study / "sub").mkdir(parents=True)
    (study / "study.yaml").write_text(
        "data: images\nweights: w/net.pth\ntracking-uri: sqlite:///runs.db\n"
        "study_storage: sqlite:///../studies.db\n",
        encoding="utf-8",
    )
    monkeypatch.chdir(study / "sub")
    for config in (study / "study.yaml", Path("../study.yaml")):
        options = read_options({}, config)
        assert options.data is not None
        assert options.data.resolve() == study / "images"
        assert Path(str(options.weights)).resolve() == study / "w" / "net.pth"
        assert str(options.tracking_uri).startswith("sqlite:////")
        assert Path(str(options.tracking_uri).removeprefix("sqlite:///")).resolve() == study / "runs.db"
        assert (
            Path(str(options.study_storage).removeprefix("sqlite:///")).resolve() == tmp_path / "studies.db"
        )
    assert read_options({"data": Path("mine")}, study / "study.yaml").data == Path("mine")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("weights", "imagenet"),
        ("weights", "none"),
        ("tracking_uri", "http://host:5000"),
        ("tracking_uri", "sqlite:///:memory:"),
        ("study_storage", "postgresql://user@host/name"),
        ("experiment", "a/b"),
        ("data", "/images"),
    ],
)
def test_what_is_no_relative_path_stays(tmp_path: Path, name: str, value: str) -> None:
    config = tmp_path / "study.yaml"
    config.write_text(f"{name}: '{value}'\n", encoding="utf-8")
    assert str(getattr(read_options({}, config), name)) == value


def test_a_path_of_a_file_can_begin_at_the_users_folder(tmp_path: Path) -> None:
    config = tmp_path / "study.yaml"
    config.write_text("data: ~/images\nweights: ~/net.pth\n", encoding="utf-8")
    options = read_options({}, config)
    assert (options.data, options.weights) == (Path.home() / "images", str(Path.home() / "net.pth"))


@pytest.mark.parametrize(
    ("content", "given", "tune", "tuned"),
    [
        ("tune: 5", {"tuned": True}, None, True),
        ("tuned: true", {"tune": 5}, 5, False),
        ("tune: 5", {"tune": 7}, 7, False),
        ("tune: 5", {"epochs": 7}, 5, False),
    ],
)
def test_tuning_that_is_asked_for_here_sets_aside_the_files(
    tmp_path: Path, content: str, given: dict[str, Any], tune: int | None, tuned: bool
) -> None:
    config = tmp_path / "study.yaml"
    config.write_text(content, encoding="utf-8")
    options = read_options(given, config)
    assert (options.tune, options.tuned) == (tune, tuned)


def test_a_backslash_that_became_a_line_break_is_no_path(tmp_path: Path) -> None:
    config = tmp_path / "study.yaml"
    config.write_text('data: "D:\\new\\tables"\n', encoding="utf-8")
    with pytest.raises(UsageError, match=r"data must be a path, .* single quotes") as caught:
        read_options({}, config)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["tracking_uri", "study_storage"])
def test_an_address_that_is_none_is_not_told_as_it_can_hold_a_password(name: str) -> None:
    with pytest.raises(UsageError, match=f"{name}: must be text") as caught:
        read_options({name: ["http://me:secret@server"]})
    assert "secret" not in str(caught.value)
    (options,) = [read_options({name: "http://me:secret@server"})]
    assert "secret" not in repr(options)
