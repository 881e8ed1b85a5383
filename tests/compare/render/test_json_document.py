from __future__ import annotations

import json
import math

from tracker.compare.render.json_document import render_json
from tracker.compare.selection import select_runs
from tracker.compare.table import build_table


def test_json_stays_valid_when_a_value_is_no_number(make_run):
    content = json.loads(render_json(build_table(select_runs([make_run(accuracy=math.nan)]))))
    assert content["cells"][0]["mean"] is None
    assert content["differences"] == []
