"""PostgreSQL rows as the Data API's ColumnMetadata and Field structures."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from psycopg.postgres import types as postgres_types
from psycopg.pq.abc import PGresult

from orchbench.redshift.statement import ResultSet

Field = dict[str, Any]

# Names that differ between the two databases, from PostgreSQL to Redshift.
_TYPE_NAMES = {"text": "varchar", "name": "varchar", "unknown": "varchar"}
_INTEGERS = frozenset({"int2", "int4", "int8", "oid"})
_FLOATS = frozenset({"float4", "float8"})
_SIGNED = _INTEGERS | _FLOATS | {"numeric"}
_CASE_SENSITIVE = frozenset({"varchar", "bpchar"})


class ResultTooLargeError(Exception):
    """The rows are larger than the API hands out."""


def read_result(result: PGresult, limit_bytes: int) -> tuple[ResultSet, int]:
    """Return the rows of a result in text format, and their size in bytes.

    Numbers keep their type as the API has it: integers long, floats double, numeric a string.
    """
    names = [_type_name(result.ftype(column)) for column in range(result.nfields)]
    columns = tuple(_column(result, index, name) for index, name in enumerate(names))
    readers = [_reader(name) for name in names]
    records: list[list[Field]] = []
    size = 0
    for row in range(result.ntuples):
        record: list[Field] = []
        for column, reader in enumerate(readers):
            value = result.get_value(row, column)
            size += len(value or b"")
            record.append({"isNull": True} if value is None else reader(value))
        if size > limit_bytes:
            raise ResultTooLargeError(f"ERROR: The result is larger than {limit_bytes} bytes")
        records.append(record)
    return ResultSet(columns, tuple(records)), size


def _type_name(oid: int) -> str:
    known = postgres_types.get(oid)
    name = known.name if known else "varchar"
    return _TYPE_NAMES.get(name, name)


def _column(result: PGresult, index: int, type_name: str) -> Mapping[str, Any]:
    modifier, width = result.fmod(index), result.fsize(index)
    precision, scale, length = 0, 0, max(0, width)
    if type_name == "numeric" and modifier >= 4:
        precision, scale = (modifier - 4) >> 16, (modifier - 4) & 0xFFFF
    elif width < 0 and modifier >= 4:
        precision = length = modifier - 4
    name = (result.fname(index) or b"").decode()
    return {
        "name": name,
        "label": name,
        "typeName": type_name,
        "nullable": 1,
        "precision": precision,
        "scale": scale,
        "length": length,
        "isSigned": type_name in _SIGNED,
        "isCurrency": False,
        "isCaseSensitive": type_name in _CASE_SENSITIVE,
        "schemaName": "",
        "tableName": "",
    }


def _reader(type_name: str) -> Callable[[bytes], Field]:
    if type_name in _INTEGERS:
        return lambda value: {"longValue": int(value)}
    if type_name in _FLOATS:
        return _read_float
    if type_name == "bool":
        return lambda value: {"booleanValue": value == b"t"}
    if type_name == "bytea":
        return lambda value: {"blobValue": bytes.fromhex(value[2:].decode())}
    return lambda value: {"stringValue": value.decode()}


def _read_float(value: bytes) -> Field:
    number = float(value)
    # JSON has no NaN and no Infinity.
    return {"doubleValue": number} if math.isfinite(number) else {"stringValue": value.decode()}
