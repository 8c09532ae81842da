"""The answers of the operations, shaped from a request and its progress. Pure: no clock, no state."""

from collections.abc import Mapping
from typing import Any

from orchbench.redshift.statement import Progress, StatementProgress, Status
from orchbench.redshift.store import Entry

IDENTITY = ("ClusterIdentifier", "DbUser", "Database", "SecretArn", "WorkgroupName")

Answer = dict[str, Any]


def submitted(entry: Entry, *, waited: bool) -> Answer:
    """Shape the answer to ExecuteStatement and BatchExecuteStatement.

    The status is told only to a caller that asked to wait for it: without WaitTimeSeconds the API answers
    as it did before there was one.
    """
    answer = _identity(entry.request) | {"Id": entry.work.statement_id, "CreatedAt": entry.work.created_at}
    if waited:
        progress = entry.run.progress()
        answer |= {
            "Status": progress.status.value,
            "RedshiftPid": progress.process_id,
            "HasResultSet": _has_result_set(progress),
        }
    return answer


def described(entry: Entry, index: int | None) -> Answer:
    """Shape the answer to DescribeStatement.

    For a batch `Duration`, `ResultRows` and `ResultSize` are the sums over its statements. For a
    sub-statement's id the batch is described, with that sub-statement alone.
    """
    work, progress = entry.work, entry.run.progress()
    answer = _identity(entry.request) | {
        "Id": work.statement_id,
        "Status": progress.status.value,
        "CreatedAt": work.created_at,
        "UpdatedAt": progress.updated_at,
        "Error": progress.error,
        "RedshiftPid": progress.process_id,
        "ResultFormat": "JSON",
        "QueryParameters": entry.request.get("Parameters"),
    }
    answer |= totals(progress)
    if not work.is_batch:
        return answer | {"QueryString": work.sqls[0], "RedshiftQueryId": progress.statements[0].query_id}
    wanted = range(len(work.sqls)) if index is None else (index,)
    return answer | {
        "RedshiftQueryId": 0,
        "ExecutionMode": "TRANSACTION" if work.one_transaction else "AUTO_COMMIT",
        "SubStatements": [_sub_statement(entry, progress.statements[each], each) for each in wanted],
    }


def listed(entry: Entry) -> Answer:
    """Shape one item of ListStatements."""
    work, progress = entry.work, entry.run.progress()
    return {
        "Id": work.statement_id,
        "QueryString": None if work.is_batch else work.sqls[0],
        "QueryStrings": list(work.sqls) if work.is_batch else None,
        "SecretArn": entry.request.get("SecretArn"),
        "Status": progress.status.value,
        "StatementName": entry.request.get("StatementName"),
        "CreatedAt": work.created_at,
        "UpdatedAt": progress.updated_at,
        "QueryParameters": entry.request.get("Parameters"),
        "IsBatchStatement": work.is_batch,
        "ResultFormat": "JSON",
    }


def _identity(request: Mapping[str, Any]) -> Answer:
    return {name: request[name] for name in IDENTITY if request.get(name) is not None}


def _has_result_set(progress: Progress) -> bool:
    return any(statement.has_result_set for statement in progress.statements)


def totals(progress: Progress) -> Answer:
    """Sum up the statements of a request, as `DescribeStatement` tells them of a batch."""
    statements = progress.statements
    ended = progress.status.ended
    finished = progress.status is Status.FINISHED
    return {
        "Duration": sum(max(0, each.duration_nanoseconds) for each in statements) if ended else -1,
        "ResultRows": sum(max(0, each.rows) for each in statements) if finished else -1,
        "ResultSize": sum(max(0, each.size_bytes) for each in statements) if finished else -1,
        "HasResultSet": _has_result_set(progress),
    }


def _sub_statement(entry: Entry, statement: StatementProgress, index: int) -> Answer:
    return {
        "Id": f"{entry.work.statement_id}:{index + 1}",
        "QueryString": entry.work.sqls[index],
        "Status": statement.status.value,
        "CreatedAt": entry.work.created_at,
        "UpdatedAt": statement.updated_at,
        "Duration": statement.duration_nanoseconds,
        "Error": statement.error,
        "ResultRows": statement.rows,
        "ResultSize": statement.size_bytes,
        "RedshiftQueryId": statement.query_id,
        "HasResultSet": statement.has_result_set,
    }
