"""How Lambda refuses a call about a durable execution, as botocore raises it."""

from typing import Any, NamedTuple

from botocore.exceptions import ClientError


class Refusal(NamedTuple):
    """An error of Lambda's service model: botocore has it and its status."""

    code: str
    status: int


NOT_FOUND = Refusal("ResourceNotFoundException", 404)
CALLBACK_TIMED_OUT = Refusal("CallbackTimeoutException", 400)


def refused(operation: str, refusal: Refusal, message: str) -> ClientError:
    """Return what whoever called an operation meets."""
    response: Any = {
        "Error": {"Code": refusal.code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": refusal.status},
    }
    return ClientError(response, operation)
