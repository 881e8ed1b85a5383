"""MLflow's own form of asking (`POST /invocations`): clients of `mlflow models serve` need no change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tracker.inference.serving.limits import Limits
from tracker.inference.serving.questions import Asked, asked_of, json_object, keys_of, kind_of
from tracker.inference.serving.refusals import bad_request

_COLUMN, _CALIBRATED = "image", "calibrated"


def images_of_invocation(body: bytes, limits: Limits) -> tuple[list[Asked], bool]:
    """Return the images of a request in one of MLflow's four forms, and whether answers are to be calibrated.

    Args:
        body: JSON with `dataframe_records`, `dataframe_split`, `inputs` or `instances`, and nothing else but
            `params`, of which `calibrated` is known, as to the model itself.
        limits: What is taken.

    Raises:
        Refused: It is no such JSON, or has too many images.
    """
    table = json_object(body, limits)
    forms = [form for form in _FORMS if form in table]
    if len(forms) != 1:
        raise bad_request(f"JSON must have exactly one of {', '.join(_FORMS)}, but it has {keys_of(table)}")
    (form,) = forms
    calibrated = _calibrated(table.get("params"))
    return asked_of(_FORMS[form](table[form], form), limits, what=f'"{form}"'), calibrated


def _calibrated(params: object) -> bool:
    """Return whether calibrated answers are asked for; a wish that is not understood is no silent no."""
    if params is None:
        return False
    if not isinstance(params, dict):
        raise bad_request(f'"params" must be an object, but it is {kind_of(params)}')
    if params.keys() - {_CALIBRATED}:
        raise bad_request(f'"params" must have nothing but "{_CALIBRATED}", but they have {keys_of(params)}')
    asked = params.get(_CALIBRATED, False)
    if not isinstance(asked, bool):
        raise bad_request(f'"{_CALIBRATED}" must be true or false, but it is {kind_of(asked)}')
    return asked


def _of_records(records: object, form: str) -> list[Any]:
    """Return the cells of rows, each of which names its columns."""
    rows = _array(records, form)
    for row in rows:
        if not isinstance(row, dict):
            raise bad_request(f'"{form}" must be an array of objects, but there is {kind_of(row)} in it')
    column = _column({name for row in rows for name in row}, form) if rows else _COLUMN
    return [row.get(column) for row in rows]


def _of_instances(instances: object, form: str) -> list[Any]:
    """Return the cells of rows, which need no names of columns where there is but one."""
    if isinstance(instances, list) and instances and isinstance(instances[0], dict):
        return _of_records(instances, form)
    return _of_inputs(instances, form)


def _of_split(table: object, form: str) -> list[Any]:
    """Return the cells of a table whose columns are named once, if there are several."""
    if not isinstance(table, dict) or not {"data"} <= set(table) <= {"columns", "data", "index"}:
        raise bad_request(f'"{form}" must be an object with "data", and "columns" where there are several')
    rows, columns = _array(table["data"], "data"), table.get("columns")
    if columns is None:
        return [_alone(row) for row in rows]
    names = [str(name) for name in _array(columns, "columns")]
    place = names.index(_column(set(names), "columns"))
    for row in rows:
        if not isinstance(row, list) or len(row) != len(names):
            raise bad_request('"data" must be an array of rows, each with a cell a column')
    return [row[place] for row in rows]


def _of_inputs(inputs: object, form: str) -> list[Any]:
    """Return the cells of columns, or of the only one, which needs no name."""
    cells = inputs[_column(set(inputs), form)] if isinstance(inputs, dict) else inputs
    return [cells] if isinstance(cells, str) else [_alone(cell) for cell in _array(cells, form)]


def _array(value: object, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise bad_request(f'"{name}" must be an array, but it is {kind_of(value)}')
    return value


def _alone(cell: Any) -> Any:
    """Return what is in a row of one cell."""
    return cell[0] if isinstance(cell, list) and len(cell) == 1 else cell


def _column(names: set[str], form: str) -> str:
    if _COLUMN in names:
        return _COLUMN
    if len(names) != 1:
        raise bad_request(f'"{form}" must have one column, or one named "{_COLUMN}", but it has {len(names)}')
    return next(iter(names))


_FORMS: Mapping[str, Callable[[object, str], list[Any]]] = {
    "dataframe_records": _of_records,
    "dataframe_split": _of_split,
    "inputs": _of_inputs,
    "instances": _of_instances,
}
