"""What notebooks call, and the command line too: whatever a shell can do, Python can.

One file for each thing that is done with studies, their runs and trained networks. Options are
keywords, progress is told to an observer, and what comes back are plain records.
"""

from tracker.api.comparison import compare, load_runs
from tracker.api.evaluation import evaluate
from tracker.api.explanation import explain
from tracker.api.journals import status, sync
from tracker.api.prediction import predict
from tracker.api.registration import register
from tracker.api.serving import serve
from tracker.api.studies import Observer, run, tune

__all__ = [
    "Observer",
    "compare",
    "evaluate",
    "explain",
    "load_runs",
    "predict",
    "register",
    "run",
    "serve",
    "status",
    "sync",
    "tune",
]
