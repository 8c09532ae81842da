"""What the functions' own answers say: a check's progress as a detail, and the statement's times.

Only the functions' role may describe a statement, so its times are read from what they returned.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from orchbench.trace import Json, StatementTimes, to_epoch


def progress_in(answer: Any) -> Json:
    """Return the progress that a function's answer is, or holds beside what a condition keeps for itself."""
    if not isinstance(answer, dict):
        return {}
    held = answer.get("progress")
    return held if isinstance(held, dict) else answer


def check_detail(answer: Any) -> Json:
    """Return what a trace keeps of a submit's, a check's or a cancel's answer."""
    progress = progress_in(answer)
    output = progress.get("output") or _described(answer) or {}
    kept = {"statement_status": output.get("status"), "delay_seconds": progress.get("delay_seconds")}
    return {key: value for key, value in kept.items() if value is not None}


def statement_times(output: Any, answers: Sequence[Any]) -> StatementTimes | None:
    """Return the newest times of the execution's statement.

    Args:
        output: the execution's, if it has one.
        answers: what the functions returned, in order; the newest that tells of a statement counts.
    """
    told = [output, *(progress_in(one).get("output") for one in reversed(answers))]
    told += [_described(one) for one in reversed(answers)]
    for one in told:
        # An output may tell less than the answers do.
        if (
            isinstance(one, dict)
            and one.get("statement_id")
            and {"created_at", "query_seconds"} <= one.keys()
        ):
            return StatementTimes(
                statement_id=one["statement_id"],
                status=one["status"],
                created_at=to_epoch(one["created_at"]),
                updated_at=to_epoch(one["updated_at"]),
                query_seconds=float(one["query_seconds"]),
            )
    return None


def _described(answer: Any) -> Json | None:
    """Return the times in DescribeStatement's own answer, as a state without a function gets it."""
    if not isinstance(answer, dict) or not {"Id", "Status", "CreatedAt", "UpdatedAt"} <= answer.keys():
        return None
    return {
        "statement_id": answer["Id"],
        "status": answer["Status"],
        "created_at": answer["CreatedAt"],
        "updated_at": answer["UpdatedAt"],
        "query_seconds": float(answer.get("Duration") or 0) / 1e9,
    }


def polls_told(answers: Iterable[Any]) -> int:
    """Return the most polls that any of the functions' answers tells of."""
    outputs = [progress_in(one).get("output") or {} for one in answers]
    return max((int(one.get("polls", 0)) for one in outputs), default=0)


def looks_among(answers: Iterable[Any]) -> int:
    """Return how many of the answers describe a statement, as the Data API itself gave them."""
    return sum(_described(one) is not None for one in answers)
