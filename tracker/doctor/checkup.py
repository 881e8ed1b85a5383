"""All checks, in the order in which they are printed, and the result where a check itself fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from tracker.doctor import folders, journals, machine, packages, store, weights
from tracker.doctor.result import CheckResult
from tracker.errors import TrackerError

_NAMED = ("tracker", "torch", "torchvision", "mlflow", "optuna")


@dataclass(frozen=True, slots=True)
class Check:
    """A thing that the main job needs.

    Args:
        name: What it is called where results are printed.
        probe: Looks whether it is there; creates and changes nothing.
    """

    name: str
    probe: Callable[[], CheckResult]

    def run(self) -> CheckResult:
        """Return the result of the probe; a probe that fails is a result, too."""
        try:
            return self.probe()
        except TrackerError as error:
            must, but, do, *_ = error.args
            return CheckResult(state="missing", found=f"{must}, but {but}", advice=do)
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            found = f"{where}{error.strerror or error}"
            return CheckResult(state="missing", found=found, advice="Check the path and its permissions.")


def all_checks(*, tracking_uri: str | None, weights_asked: str | None) -> Iterator[Check]:
    """Yield every check; none has run yet.

    Args:
        tracking_uri: The MLflow store or server that is asked for; None for the default.
        weights_asked: The weights that are asked for; None for the defaults of the networks.
    """
    yield Check("Python", packages.python)
    for name in _NAMED:
        yield Check(name, partial(packages.package, name))
    yield Check("other packages", partial(packages.others, _NAMED))
    yield Check("device", machine.device)
    yield Check("cores", machine.cores)
    yield Check("memory", machine.memory)
    yield Check("cache folder", folders.cache)
    yield Check("journal folder", folders.home)
    yield Check("temporary files", folders.temporary)
    for name, probe in weights.checks(weights_asked):
        yield Check(name, probe)
    yield Check("MLflow", partial(store.store, tracking_uri))
    yield Check("unsent records", journals.unsent)
