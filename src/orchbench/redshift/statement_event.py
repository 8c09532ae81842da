"""``Redshift Data Statement Status Change``: the event that the Data API sends when a statement has ended.

One event for a statement or a whole batch, none for its sub-statements, and only where it was submitted
``WithEvent``. The detail's members and its three states are those of AWS's page
redshift/latest/mgmt/data-api-monitoring-events. What that page leaves open is assumed:

- ``resources`` of a Serverless workgroup holds the workgroup's ARN, as that of a cluster holds the cluster's;
- ``principal`` is the account, because this service does not know who called it;
- ``statementName`` is empty where none was given, and is never shortened;
- ``redshiftQueryId`` is -1 for a batch;
- ``rows`` is the sum over the statements, and -1 unless the state is FINISHED;
- ``expireAt`` is in whole seconds since the epoch, a day after the end;
- one event comes for a batch, and a statement that is cancelled or aborted has its event too.
"""

from dataclasses import dataclass
from typing import Any

from orchbench.redshift import answers
from orchbench.redshift.quotas import DAY_SECONDS
from orchbench.redshift.store import Entry

SOURCE = "aws.redshift-data"
DETAIL_TYPE = "Redshift Data Statement Status Change"


@dataclass(frozen=True, slots=True)
class StatementEvent:
    """What the event says.

    Attributes:
        resource: the ARN of the workgroup or cluster.
        ended_at: when the statement ended, in seconds since the epoch.
    """

    resource: str
    detail: dict[str, Any]
    ended_at: float


def statement_event(entry: Entry, *, region: str, account: str) -> StatementEvent:
    """Return the event of a statement that has ended.

    Args:
        account: whose workgroups and clusters are named without their ARN.
    """
    progress = entry.run.progress()
    detail = {
        "principal": f"arn:aws:iam::{account}:root",
        "statementName": entry.request.get("StatementName") or "",
        "statementId": entry.work.statement_id,
        "redshiftQueryId": -1 if entry.work.is_batch else progress.statements[0].query_id,
        "state": progress.status.value,
        "rows": answers.totals(progress)["ResultRows"],
        "expireAt": int(progress.updated_at + DAY_SECONDS),
    }
    return StatementEvent(_resource(entry, region, account), detail, progress.updated_at)


def _resource(entry: Entry, region: str, account: str) -> str:
    cluster = entry.request.get("ClusterIdentifier")
    if cluster:
        return f"arn:aws:redshift:{region}:{account}:cluster:{cluster}"
    workgroup = str(entry.request.get("WorkgroupName", ""))
    if workgroup.startswith("arn:"):
        return workgroup
    return f"arn:aws:redshift-serverless:{region}:{account}:workgroup/{workgroup}"
