"""A file of options says each thing once, in the words of YAML 1.2, and is refused in one line otherwise."""

from __future__ import annotations

import json
import random
import resource
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from tracker.config.yaml_file import read_names
from tracker.errors import UsageError


def values_of(file: Path, content: str | bytes) -> dict[str, Any]:
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return {name: named.value for name, named in read_names(file).items()}


def refusal_of(file: Path, content: str | bytes) -> str:
    with pytest.raises(UsageError) as refused:
        values_of(file, content)
    assert str(file) in str(refused.value)
    assert "\n" not in str(refused.value)
    return str(refused.value)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "study.yaml"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("010", 10),
        ("-7", -7),
        ("0o17", 15),
        ("0x1F", 31),
        ("1_000", "1_000"),
        ("12:30:45", "12:30:45"),
        ("0b11", "0b11"),
        ("1e-3", 0.001),
        ("1E5", 100_000.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("-.inf", float("-inf")),
        ("yes", "yes"),
        ("No", "No"),
        ("on", "on"),
        ("OFF", "OFF"),
        ("y", "y"),
        ("true", True),
        ("False", False),
        ("tRue", "tRue"),
        ("null", None),
        ("~", None),
        ("", None),
        ("2026-05-01", "2026-05-01"),
        ("2001-12-14t21:59:43.10-05:00", "2001-12-14t21:59:43.10-05:00"),
        ("=", "="),
        ("'010'", "010"),
        ("!!str 010", "010"),
        ("!!float 1", 1.0),
        (r'"\ud83d\ude00"', "😀"),
    ],
)
def test_scalars_are_those_of_yaml_1_2(file: Path, written: str, meant: object) -> None:
    (found,) = values_of(file, f"value: {written}\n").values()
    assert (found, type(found)) == (meant, type(meant))


@pytest.mark.parametrize(
    ("content", "name", "lines"),
    [
        ("epochs: 3\nlr: 1\nepochs: 4", "epochs", (3, 1)),
        ("image-size: 64\nimage_size: 32", "image_size", (2, 1)),
        ("search:\n  lr: [1e-5, 1]\n  lr: [1e-4, 1]", "lr", (3, 2)),
        ("x-a:\n  - b: {c: 1,\n    c: 2}", "c", (3, 2)),
        ('epochs: 3\n"epochs": 3', "epochs", (2, 1)),
        ("x-a: &a {}\n<<: *a\n<<: *a", "<<", (3, 2)),
    ],
)
def test_a_name_that_is_given_twice_is_refused_with_both_lines(
    file: Path, content: str, name: str, lines: tuple[int, int]
) -> None:
    told = refusal_of(file, content)
    assert f"line {lines[0]} of {file} gives {name}" in told
    assert f"after line {lines[1]}" in told


@pytest.mark.parametrize(
    ("content", "line", "part"),
    [
        ("epochs: 1\nlr: !!int x", 2, "which is no int"),
        ("lr: !!bool yes", 1, "no bool"),
        ("data: !!python/object/apply:os.system [ls]", 1, "python"),
        ("!!python/object:x {a: 1}", 1, "python"),
        ("data: !!binary aGk=", 1, "!!binary"),
        ("data: !!timestamp 2026-05-01", 1, "!!timestamp"),
        ("model: !!set {a}", 1, "!!set"),
        ("data: !mine x", 1, "!mine"),
        ('a: 1\nb: "\\ud800"', 2, "surrogate"),
        ('a: 1\nb: "\\bx"', 2, "control character"),
        ('a: "\\0"', 1, "control character"),
        ("a: 1\n\tb: 2", 2, "a tab"),
        ("a: 1\n---\na: 2", 2, "another document"),
        ("a: 1\nb: [1,\n", 3, "cannot be read"),
        ("a: @x", 1, "in quotes"),
        ("a: b: c", 1, "in quotes"),
        ("a: *b", 1, "undefined alias"),
        ("a: &x 1\nb: &x 2", 2, "anchor"),
        ("a: 1\n<<: 3", 2, "takes over"),
        ("<<: [3]", 1, "takes over"),
        ("a: 1\n2: b", 2, "in quotes"),
        ("[a]: b", 1, "in quotes"),
        ("[1, 2]", 1, "a list"),
        ("epochs 3", 1, "a single value"),
        ("a: " + "9" * 5000, 1, "no int"),
        ("a: 1\nb: \x07", 2, "no text"),
        ("a: &a [*a]", 1, "30 levels"),
        ("a: &a {<<: *a}", 1, "30 levels"),
    ],
)
def test_what_is_no_plain_data_is_refused_with_its_line(
    file: Path, content: str, line: int, part: str
) -> None:
    told = refusal_of(file, content)
    assert f"line {line} of {file} " in told
    assert part in told


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"a: 1\n# M\xfcnchen\n", "line 2 of"),
        (b"a: 1\n\nb: \0\n", "line 3 of"),
        ("a: 1".encode("utf-16-le"), "a zero byte"),
        ("a: 1".encode("utf-32"), "a zero byte"),
        (b"#" * 300_000, "256 KiB"),
    ],
)
def test_what_is_no_text_is_refused(file: Path, content: bytes, part: str) -> None:
    assert part in refusal_of(file, content)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_text_may_say_how_it_is_encoded(file: Path, encoding: str) -> None:
    assert values_of(file, "experiment: Köln\r\n".encode(encoding)) == {"experiment": "Köln"}


@pytest.mark.parametrize("content", ["", "# nothing\n", "---\n...\n", "~", "{}"])
def test_a_file_that_says_nothing_has_no_names(file: Path, content: str) -> None:
    assert values_of(file, content) == {}


@pytest.mark.parametrize("place", [".", "nowhere.yaml"])
def test_what_is_no_file_is_refused(tmp_path: Path, place: str) -> None:
    with pytest.raises(UsageError, match="readable"):
        read_names(tmp_path / place)


def test_names_that_begin_with_x_are_there_to_be_taken_over(file: Path) -> None:
    content = """
x-base: &base {epochs: 7, image-size: 64}
x-more: &more {lr: 1e-3, epochs: 9}
<<: [*base, *more]
image_size: 32
seed: &seeds [1, 2]
search: {<<: &wide {lr: [1e-6, 1]}, weight_decay: *seeds}
"""
    assert values_of(file, content) == {
        "epochs": 7,
        "lr": 0.001,
        "image_size": 32,
        "seed": [1, 2],
        "search": {"lr": [1e-6, 1], "weight_decay": [1, 2]},
    }


def test_each_name_knows_its_line(file: Path) -> None:
    file.write_text("x-a: &a\n  lr: 1\n\nepochs: 3\n<<: *a\n", encoding="utf-8")
    assert {name: named.line for name, named in read_names(file).items()} == {"epochs": 4, "lr": 2}


def bomb(first: str, level: str) -> str:
    """Return nine levels of aliases, each naming the one before nine times."""
    lines = [f"x-0: &a0 {first}"]
    lines += [f"x-{n}: &a{n} {level.format(','.join([f'*a{n - 1}'] * 9))}" for n in range(1, 10)]
    return "\n".join([*lines, "search: *a9"])


@pytest.mark.parametrize(
    "content",
    [
        bomb("[1,1,1,1,1,1,1,1,1]", "[{}]"),
        bomb("{}", "{{<<: [{}]}}"),
        bomb("{a: 1}", "{{<<: [{}]}}"),
        "[" * 200_000,
        "{" * 200_000,
        "- " * 100_000,
        "? " * 100_000,
        "a: " + "[" * 100_000 + "]" * 100_000,
        "search: &a [" + "1," * 100_000 + "]",
        "\n".join(f"{' ' * n}a{n}:" for n in range(600)),
    ],
)
def test_little_text_cannot_cost_much(file: Path, content: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    refusal_of(file, content)
    assert time.process_time() - began < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300 * 1024


def test_json_is_taken_however_it_is_indented(tmp_path: Path) -> None:
    content = {
        "epochs": 3,
        "image-size": 64,
        "lr": 1e-05,
        "experiment": "a\tb/😀",
        "data": None,
        "seed": [1, 2],
    }
    meant = {name.replace("-", "_"): value for name, value in content.items()}
    for indent in (None, 2, "\t"):
        text = json.dumps(content, indent=indent)
        assert values_of(tmp_path / "study.json", text) == meant
    assert values_of(tmp_path / "study.json", json.dumps(content, separators=(",", ":"))) == meant
    assert "epochs" in refusal_of(tmp_path / "study.json", '{"epochs": 3,\n\t"epochs": 4}')


def test_what_pyyaml_writes_is_read_as_it_was(file: Path) -> None:
    content = {
        "a": 0.1,
        "b": 1e-300,
        "c": "yes",
        "d": "010",
        "e": ["1:30", "2026-01-01"],
        "f": None,
        "g": "a: b",
    }
    assert values_of(file, yaml.safe_dump(content)) == content


def test_no_change_of_a_few_bytes_is_more_than_a_line(file: Path) -> None:
    whole = b"search:\n  lr: {fine-tuning: [1e-6, 1e-2]}\nx-a: &a {epochs: 5}\n<<: *a\nseed: [0, 1] # both\n"
    pieces = b"&b |*a|<<: |!!int |!|\t|\0|\xff|>\n|---\n|? |- |[|}|\"|'|\\ud800|: |\r|@|\n  |!<x>".split(b"|")
    drawn = random.Random(0)
    refused = 0
    for _ in range(300):
        content = bytearray(whole)
        for _ in range(drawn.randint(1, 4)):
            place = drawn.randrange(len(content))
            content[place : place + drawn.choice((0, 0, 1, 9))] = drawn.choice(pieces)
        file.write_bytes(content)
        told = outcome_of(file)
        assert "\n" not in told
        refused += bool(told)
    assert 100 < refused < 300


def outcome_of(file: Path) -> str:
    try:
        read_names(file)
    except UsageError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("path", ["D:\\images", "C:\\Users\\me"])
def test_a_path_of_windows_in_double_quotes_is_answered_with_how_to_write_it(file: Path, path: str) -> None:
    file.write_text(f'data: "{path}"\n', encoding="utf-8")
    with pytest.raises(UsageError, match="with / or in single quotes"):
        read_names(file)
