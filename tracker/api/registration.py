"""Hand a trained network on: register."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tracker.io.process_environment import prepare_process

if TYPE_CHECKING:
    from tracker.inference.registry.registration import Registered
    from tracker.tracking.shipping.unsent import Unsent


def register(
    experiment: str | None = None,
    *,
    name: str,
    arm: str | None = None,
    alias: str | None = None,
    run: str | None = None,
    where: Sequence[str] = (),
    tracking_uri: str | None = None,
    tell: Callable[[str], None] | None = None,
    on_unsent: Callable[[Unsent], None] | None = None,
) -> Registered:
    """Enter an arm's network in MLflow's registry, with a model card; test images do not choose it.

    Of the finished runs of the arm that stored their networks, the one with the lowest validation loss in
    the last epoch is taken: what is stored is the network of that epoch. The same again makes no second
    version.

    Args:
        experiment: MLflow's experiment; None: the only one there is.
        name: The registered model's; it is made where there is none.
        arm: MODEL/MODE; None: the only one there is.
        alias: What names the version from now on, such as `champion`; None: nothing.
        run: MLflow's id of the run whose network it is to be; None: as validation chooses.
        where: Conditions such as `fold=0`; only runs that meet them count.
        tracking_uri: MLflow's server or store; None: MLFLOW_TRACKING_URI, or mlflow.db in this folder.
        tell: Told what takes its time, and what could not be done.
        on_unsent: Told what earlier runs could not send before they are read.

    Returns:
        The version, how it was chosen, and the card.

    Raises:
        UsageError: MLflow does not take the name or the alias, or there is no such arm.
        TrackingError: There is no such store, server, experiment or run, or it does not let us.
        ComparisonError: No run has finished or stored its network, or they do not belong together.
        ModelError: The stored network is not what was recorded.
    """
    from tracker.tracking.backend.registry_names import check_alias, check_name

    check_name(name)
    if alias is not None:
        check_alias(alias)
    prepare_process()
    from tracker.inference.registry.registration import chosen_network, register_network
    from tracker.runs.experiment import open_experiment, read_all

    with open_experiment(experiment, tracking_uri, on_unsent=on_unsent) as (uri, named):
        choice = chosen_network(uri, read_all(uri, named), arm=arm, run_id=run, where=where)
        return register_network(uri, choice, name=name, alias=alias or "", tell=tell or (lambda _: None))
