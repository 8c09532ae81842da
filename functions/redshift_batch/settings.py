"""The deployment's settings, read from the environment that the template sets, and checked once."""

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from .errors import InvalidSettings

SQL_FOLDER = Path(__file__).resolve().parent.parent / "sql"
LONGEST_QUERY_SECONDS = 86_400
"""Redshift's longest query: docs.aws.amazon.com/redshift/latest/mgmt/data-api."""


@dataclass(frozen=True)
class Settings:
    """Where a batch runs, and what this deployment allows.

    Exactly one of ``workgroup_name`` (a name or an ARN) and ``cluster_identifier`` is set. ``db_user`` goes
    with a cluster only; ``secret_arn`` replaces the role's temporary credentials on either.
    """

    database: str
    workgroup_name: str = ""
    cluster_identifier: str = ""
    db_user: str = ""
    secret_arn: str = ""
    inline_sql_allowed: bool = False
    longest_timeout_seconds: int = LONGEST_QUERY_SECONDS
    timeout_margin_seconds: float = 3.0
    sql_folder: Path = SQL_FOLDER

    def __post_init__(self) -> None:
        if not self.database:
            raise InvalidSettings("REDSHIFT_DATABASE is empty: name the database that the batch runs in.")
        if bool(self.workgroup_name) == bool(self.cluster_identifier):
            raise InvalidSettings(
                "Set exactly one of REDSHIFT_WORKGROUP (Serverless) and REDSHIFT_CLUSTER (provisioned)."
            )
        if not 0 < self.timeout_margin_seconds < math.inf:
            raise InvalidSettings("TIMEOUT_MARGIN_SECONDS takes a number of seconds above 0.")
        if self.db_user and (self.workgroup_name or self.secret_arn):
            raise InvalidSettings(
                "REDSHIFT_DB_USER goes with REDSHIFT_CLUSTER alone: a workgroup takes the database user "
                "from the role, and a secret names its own."
            )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read the variables that ``template.yaml`` sets on every function.

        Raises:
            InvalidSettings: a variable is missing, contradicts another, or is no number where one is needed.
        """
        return cls(
            database=environment.get("REDSHIFT_DATABASE", ""),
            workgroup_name=environment.get("REDSHIFT_WORKGROUP", ""),
            cluster_identifier=environment.get("REDSHIFT_CLUSTER", ""),
            db_user=environment.get("REDSHIFT_DB_USER", ""),
            secret_arn=environment.get("REDSHIFT_SECRET_ARN", ""),
            inline_sql_allowed=environment.get("INLINE_SQL_ALLOWED", "false") == "true",
            longest_timeout_seconds=int(
                _number(environment, "LONGEST_TIMEOUT_SECONDS", LONGEST_QUERY_SECONDS)
            ),
            timeout_margin_seconds=_number(environment, "TIMEOUT_MARGIN_SECONDS", 3.0),
        )


def _number(environment: Mapping[str, str], name: str, default: float) -> float:
    text = environment.get(name, "")
    try:
        return float(text) if text else float(default)
    except ValueError:
        raise InvalidSettings(f"{name} is {text!r}: it takes a number of seconds.") from None
