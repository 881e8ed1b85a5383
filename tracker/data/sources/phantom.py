"""The sample of synthetic radiographs: nobody's images, on any machine, without a network."""

from __future__ import annotations

from tracker.data.phantom.files import sample_folder
from tracker.data.sources.csv_table import collect_csv
from tracker.data.sources.source import Source

PHANTOM = Source(name="phantom", collect=collect_csv, default_split="486/44/132", provide=sample_folder)
