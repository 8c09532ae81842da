"""orchbench: one long Redshift batch, run two ways and measured the same way.

``connect`` is the way in for scripts; ``docs/python-api.md`` shows it.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from orchbench.deployment.bench import Bench, connect
    from orchbench.deployment.execution import Execution

__all__ = ["Bench", "Execution", "connect"]


def __getattr__(name: str) -> Any:
    # boto3 takes a third of a second to import: the parts that need none of it do not pay.
    if name in __all__:
        from orchbench.deployment import bench  # noqa: PLC0415 - see above

        return getattr(bench, name)
    raise AttributeError(f"module 'orchbench' has no attribute {name!r}")
