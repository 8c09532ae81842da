"""The service's errors as the wire shows them: a code, a sentence and the members that the model asks for."""

FAULTS = frozenset({"InternalServerException", "ExecuteStatementException", "BatchExecuteStatementException"})
LONGEST_MESSAGE = 500


class ServiceError(Exception):
    """An error that the caller of an operation receives.

    Args:
        code: botocore's error code, such as `ValidationException`.
        message: one sentence; what it repeats of a request is cut, and put on one line.
        members: further members of the modelled exception (`ResourceId`, `StatementId`).
        http_status: 500 for the service's own faults and 400 otherwise, unless given.
    """

    def __init__(
        self,
        code: str,
        message: str,
        members: dict[str, str] | None = None,
        *,
        http_status: int | None = None,
    ) -> None:
        message = " ".join(message.split())
        self.message = message if len(message) <= LONGEST_MESSAGE else f"{message[:LONGEST_MESSAGE]}..."
        super().__init__(f"{code}: {self.message}")
        self.code = code
        self.members = members or {}
        self.http_status = http_status or (500 if code in FAULTS else 400)


def validation(message: str) -> ServiceError:
    """Build the error for a request that breaks a rule."""
    return ServiceError("ValidationException", message)


def serialization(message: str) -> ServiceError:
    """Build the error for a request that cannot be read."""
    return ServiceError("SerializationException", message)


def not_found(message: str, resource_id: str) -> ServiceError:
    """Build the error for an unknown statement or a result that is not there."""
    return ServiceError("ResourceNotFoundException", message, {"ResourceId": resource_id})


def throttled() -> ServiceError:
    """Build the error for too many calls a second: HTTP 400, as the Data API answers."""
    return ServiceError("ThrottlingException", "Rate exceeded")


def unavailable() -> ServiceError:
    """Build the error for a service that failed by itself."""
    return ServiceError("InternalServerException", "The service failed to process the request.")
