"""orchbench: one long Redshift batch, run in several ways and measured the same way.

``connect`` is the way in for scripts; ``docs/python-api.md`` shows it. What a script may have to catch::

    OrchestratorError       an execution cannot be started, found or stopped as asked
    ├── NotDeployed         there is no such stack
    ├── InvalidName         one of the services would not take the execution's name
    ├── ExecutionNotFound   there is no execution of that name or ARN
    └── StillRunning        it did not end in the time given
    LocalStackError         the local AWS did not start, or has ended
    InvalidPrices           a price is missing, or is not one
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from orchbench.deployment.bench import Bench, connect
    from orchbench.deployment.connection import NotDeployed
    from orchbench.deployment.execution import Execution
    from orchbench.evaluation.cost import bill
    from orchbench.evaluation.counts import count
    from orchbench.evaluation.latency import latency
    from orchbench.evaluation.prices import InvalidPrices, price_list
    from orchbench.local.errors import LocalStackError
    from orchbench.platforms.errors import ExecutionNotFound, InvalidName, OrchestratorError, StillRunning

    __version__: str

__all__ = [
    "Bench",
    "Execution",
    "ExecutionNotFound",
    "InvalidName",
    "InvalidPrices",
    "LocalStackError",
    "NotDeployed",
    "OrchestratorError",
    "StillRunning",
    "__version__",
    "bill",
    "connect",
    "count",
    "latency",
    "price_list",
]
DEFINED_IN = {
    "deployment.bench": ("Bench", "connect"),
    "deployment.connection": ("NotDeployed",),
    "deployment.execution": ("Execution",),
    "evaluation.cost": ("bill",),
    "evaluation.counts": ("count",),
    "evaluation.latency": ("latency",),
    "evaluation.prices": ("InvalidPrices", "price_list"),
    "local.errors": ("LocalStackError",),
    "platforms.errors": ("ExecutionNotFound", "InvalidName", "OrchestratorError", "StillRunning"),
}


def __getattr__(name: str) -> Any:
    # boto3 takes a third of a second to import: the parts that need none of it do not pay.
    if name == "__version__":
        from importlib.metadata import version  # noqa: PLC0415 - see above

        return version("orchbench")
    for module, names in DEFINED_IN.items():
        if name in names:
            return getattr(import_module(f"orchbench.{module}"), name)
    raise AttributeError(f"module 'orchbench' has no attribute {name!r}")
