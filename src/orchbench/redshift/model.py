"""botocore's own model of the Data API, compiled once into checks of requests and encoders of answers.

What the model cannot say (which parameters exclude each other, quotas) is in `admission.py`.
"""

import base64
import math
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from botocore.loaders import Loader
from botocore.model import ServiceModel

from orchbench.redshift.errors import serialization, validation

OPERATIONS = (
    "ExecuteStatement",
    "BatchExecuteStatement",
    "DescribeStatement",
    "CancelStatement",
    "GetStatementResult",
    "ListStatements",
)

# The length of a batch is a quota, and quotas can be switched off: admission.py holds it.
LENGTHS_HELD_ELSEWHERE = frozenset({"SqlList"})

Check = Callable[[Any, str], None]
Encode = Callable[[Any], Any]

JSON_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "list": (list,),
    "structure": (dict,),
}


@cache
def service_model() -> Any:
    """Load botocore's service model."""
    return ServiceModel(Loader().load_service_model("redshift-data", "service-2"), "redshift-data")


@cache
def targets() -> Mapping[str, str]:
    """Map each X-Amz-Target header to its operation."""
    prefix = service_model().metadata["targetPrefix"]
    return {f"{prefix}.{operation}": operation for operation in OPERATIONS}


@cache
def request_check(operation: str) -> Callable[[Any], None]:
    """Return the check of an operation's request body, parsed from JSON.

    The check raises ValidationException or SerializationException. It never shows a value, which may be SQL.
    """
    check = _check(service_model().operation_model(operation).input_shape)
    return lambda request: check(request, "")


@cache
def answer_encoder(operation: str) -> Callable[[Any], Any]:
    """Return the encoder of an operation's answer into JSON types.

    It leaves out members that are None and raises TypeError for what the model does not know, so that an
    answer that botocore would drop in silence cannot leave the service.
    """
    encoder: Encode = _encoder(service_model().operation_model(operation).output_shape)
    return encoder


def _broken(path: str, constraint: str) -> Exception:
    return validation(
        f"1 validation error detected: Value at '{path}' failed to satisfy constraint: {constraint}"
    )


def _check(shape: Any) -> Check:
    kind: str = shape.type_name
    types = JSON_TYPES[kind]
    inner: Check = {"structure": _check_structure, "list": _check_list}.get(kind, _check_scalar)(shape)

    def check(value: Any, path: str) -> None:
        if not isinstance(value, types) or (isinstance(value, bool) and kind != "boolean"):
            raise serialization(f"Value at '{path or 'the request'}' must be a JSON {kind}.")
        inner(value, path)

    return check


def _check_structure(shape: Any) -> Check:
    members = {name: _check(member) for name, member in shape.members.items()}
    required = tuple(shape.required_members)

    def check(value: Any, path: str) -> None:
        prefix = f"{path}." if path else ""
        for name in required:
            if value.get(name) is None:
                raise _broken(prefix + name, "Member must not be null")
        for name, member in value.items():
            if name not in members:
                raise validation(f"Unknown parameter '{prefix}{name}'.")
            if member is not None:
                members[name](member, prefix + name)

    return check


def _check_list(shape: Any) -> Check:
    element = _check(shape.member)
    length = _check_length({} if shape.name in LENGTHS_HELD_ELSEWHERE else shape.metadata)

    def check(value: Any, path: str) -> None:
        length(value, path)
        for position, member in enumerate(value, start=1):
            element(member, f"{path}.{position}.member")

    return check


def _check_scalar(shape: Any) -> Check:
    if shape.type_name == "string":
        return _check_string(shape)
    least, most = shape.metadata.get("min", -math.inf), shape.metadata.get("max", math.inf)

    def check(value: Any, path: str) -> None:
        if value < least:
            raise _broken(path, f"Member must have value greater than or equal to {least}")
        if value > most:
            raise _broken(path, f"Member must have value less than or equal to {most}")

    return check


def _check_string(shape: Any) -> Check:
    length = _check_length(shape.metadata)
    enum = shape.metadata.get("enum")
    # AWS's patterns mean ASCII by \d and \w.
    pattern = re.compile(shape.metadata["pattern"], re.ASCII) if "pattern" in shape.metadata else None

    def check(value: Any, path: str) -> None:
        if not _is_unicode(value):
            raise serialization(f"Value at '{path}' holds half a surrogate pair, which is not text.")
        length(value, path)
        if enum and value not in enum:
            raise _broken(path, f"Member must satisfy enum value set: [{', '.join(enum)}]")
        if pattern and not pattern.fullmatch(value):
            raise _broken(path, f"Member must satisfy regular expression pattern: {pattern.pattern}")

    return check


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _check_length(metadata: Mapping[str, Any]) -> Check:
    least, most = metadata.get("min", 0), metadata.get("max", math.inf)

    def check(value: Any, path: str) -> None:
        if len(value) < least:
            raise _broken(path, f"Member must have length greater than or equal to {least}")
        if len(value) > most:
            raise _broken(path, f"Member must have length less than or equal to {most}")

    return check


def _encoder(shape: Any) -> Encode:
    match shape.type_name:
        case "structure":
            return _structure_encoder(shape)
        case "list":
            element = _encoder(shape.member)
            return lambda values: [element(value) for value in values]
        case "timestamp":
            # Epoch seconds; AWS sends milliseconds, microseconds keep differences of two of them exact.
            return lambda value: round(_typed(shape, value, (int, float)), 6)
        case "blob":
            return lambda value: base64.b64encode(_typed(shape, value, (bytes,))).decode()
        case "double":
            return lambda value: _typed(shape, value, (float,))
        case kind:
            types = JSON_TYPES[kind]
            return lambda value: _typed(shape, value, types)


def _structure_encoder(shape: Any) -> Encode:
    members = {name: _encoder(member) for name, member in shape.members.items()}
    required = tuple(shape.required_members)

    def encode(value: Any) -> Any:
        encoded = {name: members[name](member) for name, member in value.items() if member is not None}
        if any(name not in encoded for name in required):
            raise TypeError(f"{shape.name} lacks a required member, one of {required}")
        return encoded

    def encode_known(value: Any) -> Any:
        if unknown := value.keys() - members.keys():
            raise TypeError(f"{shape.name} has no member {sorted(unknown)}")
        return encode(value)

    return encode_known


def _typed(shape: Any, value: Any, types: tuple[type, ...]) -> Any:
    enum = shape.metadata.get("enum")
    if not isinstance(value, types) or (enum and value not in enum):
        raise TypeError(f"{shape.name} cannot be a {type(value).__name__}, or is outside its enum")
    return value
