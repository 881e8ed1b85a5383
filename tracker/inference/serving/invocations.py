"""MLflow's own form of asking (`POST /invocations`): clients of `mlflow models serve` need no change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tracker.inference.serving.limits import Limits
from tracker.inference.serving.questions import Asked, asked_of, json_object, keys_of, kind_of
from tracker.inference.serving.refusals import bad_request

_COLUMN = "image"


def images_of_invocation(body: bytes, limits: Limits) -> list[Asked]:
    """Return the images of a request in one of MLflow's four forms.

    Args:
        body: JSON with `dataframe_records`, `dataframe_split`, `inputs` or `instances`, and nothing else but
            `params`, which are not used.
        limits: What is taken.

    Raises:
        Refused: It is no such JSON, or has too many images.
    """
    table = json_object(body)
    forms = [form for form in _FORMS if form in table]
    if len(forms) != 1:
        raise bad_request(f"JSON must have exactly one of {', '.join(_FORMS)}, but it has {keys_of(table)}")
    (form,) = forms
    return asked_of(_FORMS[form](table[form], form), limits, what=f'"{form}"')


def _of_records(records: object, form: str) -> list[Any]:
    """Return the cells of rows, each of which names its columns."""
    return [_cell(record, form) for record in _array(records, form)]


def _of_instances(instances: object, form: str) -> list[Any]:
    """Return the cells of rows, which need no names of columns where there is but one."""
    return [_cell(one, form) if isinstance(one, dict) else one for one in _array(instances, form)]


def _of_split(table: object, form: str) -> list[Any]:
    """Return the cells of a table whose columns are named once."""
    if not isinstance(table, dict) or not {"columns", "data"} <= set(table) <= {"columns", "data", "index"}:
        raise bad_request(f'"{form}" must be an object with "columns" and "data"')
    columns, rows = _array(table["columns"], "columns"), _array(table["data"], "data")
    if columns.count(_COLUMN) != 1:
        raise bad_request(f'"columns" must have one "{_COLUMN}"')
    place = columns.index(_COLUMN)
    for row in rows:
        if not isinstance(row, list) or len(row) != len(columns):
            raise bad_request('"data" must be an array of rows, each with a cell a column')
    return [row[place] for row in rows]


def _of_inputs(inputs: object, form: str) -> list[Any]:
    """Return the cells of columns, one of them or several."""
    cells = _cell(inputs, form) if isinstance(inputs, dict) else inputs
    return [cells] if isinstance(cells, str) else _array(cells, form)


def _array(value: object, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise bad_request(f'"{name}" must be an array, but it is {kind_of(value)}')
    return value


def _cell(row: object, form: str) -> Any:
    if not isinstance(row, dict):
        raise bad_request(f'"{form}" must be an array of objects, but there is {kind_of(row)} in it')
    if _COLUMN not in row:
        raise bad_request(f'"{form}" must have "{_COLUMN}", but there is one with {keys_of(row)}')
    return row[_COLUMN]


_FORMS: Mapping[str, Callable[[object, str], list[Any]]] = {
    "dataframe_records": _of_records,
    "dataframe_split": _of_split,
    "inputs": _of_inputs,
    "instances": _of_instances,
}
