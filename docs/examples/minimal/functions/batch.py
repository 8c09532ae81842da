"""The batch, whoever runs it: how it is submitted, and how it stands."""

import os
from pathlib import Path

import boto3

SQL = Path(__file__).with_name("query.sql")
redshift = boto3.client("redshift-data")


def submit(_event):
    """Start the batch, and return its progress."""
    statement = redshift.batch_execute_statement(
        WorkgroupName=os.environ["WORKGROUP"],
        Database=os.environ["DATABASE"],
        Sqls=[one for one in SQL.read_text().split(";") if one.strip()],
    )
    return {"id": statement["Id"], "status": "SUBMITTED"}


def check(progress):
    """Look once, and return the next progress."""
    return progress | {"status": redshift.describe_statement(Id=progress["id"])["Status"]}
