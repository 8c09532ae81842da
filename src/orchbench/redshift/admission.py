"""The rules for a submitted statement or batch that botocore's model cannot say."""

from collections.abc import Mapping, Sequence
from typing import Any

from orchbench.redshift.errors import validation
from orchbench.redshift.parameters import names_used
from orchbench.redshift.quotas import Quotas


def check_sqls(sqls: Sequence[str], quotas: Quotas) -> None:
    """Refuse no statement, too many, an empty one or one that is too long."""
    if not sqls:
        raise validation("Sqls must hold at least one SQL statement.")
    if quotas.statements_per_batch is not None and len(sqls) > quotas.statements_per_batch:
        raise validation(
            f"1 validation error detected: Value at 'Sqls' failed to satisfy constraint: Member must have "
            f"length less than or equal to {quotas.statements_per_batch}"
        )
    for sql in sqls:
        if not sql.strip():
            raise validation("The SQL statement must not be empty.")
        if quotas.sql_bytes is not None and len(sql.encode()) > quotas.sql_bytes:
            raise validation(
                f"The SQL statement is longer than the {quotas.sql_bytes} bytes that are allowed."
            )


def read_parameters(request: Mapping[str, Any], sqls: Sequence[str]) -> dict[str, str]:
    """Return the named parameters, refusing a name given twice and one that no statement uses."""
    given: list[Mapping[str, str]] = request.get("Parameters") or []
    parameters = {parameter["name"]: parameter["value"] for parameter in given}
    if len(parameters) < len(given):
        raise validation("Parameters list contains a name more than once.")
    if parameters:
        unused = parameters.keys() - set().union(*map(names_used, sqls))
        if unused:
            raise validation(f"Parameters list contains unused parameters: {', '.join(sorted(unused))}.")
    return parameters
