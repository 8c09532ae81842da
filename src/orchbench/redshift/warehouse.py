"""The warehouse that the local service stands for, and which combinations of identity a request may name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from orchbench.redshift.errors import validation


@dataclass(frozen=True, slots=True)
class Warehouse:
    """Names the service answers to. An empty tuple accepts any name.

    Args:
        workgroups: names and ARNs of workgroups (an ARN holds an id, not the name, so list both).
        clusters: cluster identifiers.
    """

    workgroups: tuple[str, ...] = ()
    clusters: tuple[str, ...] = ()

    def check(self, request: Mapping[str, Any]) -> None:
        """Refuse a request that does not name one known warehouse and a database, as the API does."""
        workgroup, cluster = request.get("WorkgroupName"), request.get("ClusterIdentifier")
        if request.get("SessionId") or request.get("SessionKeepAliveSeconds"):
            raise validation(
                "Sessions are not part of this local Data API; leave out SessionId and keep-alive."
            )
        if workgroup and cluster:
            raise validation("ClusterIdentifier and WorkgroupName cannot be provided together.")
        if not workgroup and not cluster:
            raise validation("Either ClusterIdentifier, WorkgroupName or SessionId must be provided.")
        if not request.get("Database"):
            raise validation("Database must be provided with ClusterIdentifier or WorkgroupName.")
        if request.get("DbUser") and (workgroup or request.get("SecretArn")):
            raise validation("DbUser can only be provided with ClusterIdentifier and without SecretArn.")
        self._check_known(workgroup, cluster)

    def _check_known(self, workgroup: str | None, cluster: str | None) -> None:
        known = self.workgroups if workgroup else self.clusters
        unlisted = not (self.workgroups or self.clusters)
        if unlisted or (workgroup or cluster) in known:
            return
        kind, name = ("workgroup", workgroup) if workgroup else ("cluster", cluster)
        raise validation(
            f"Redshift endpoint doesn't exist in this region: no {kind} '{name}', known are "
            f"{', '.join(known) or 'none'}."
        )
