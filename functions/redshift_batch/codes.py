"""The Data API's error codes as our errors.

Apart from the calls: what reads an execution's record meets the codes there, and may call nothing.
"""

from .errors import (
    BatchError,
    DataApiRefused,
    DataApiThrottled,
    DataApiUnavailable,
    StatementNotFound,
    TooManyActiveStatements,
)

ERRORS: dict[str, type[BatchError]] = {
    # Another attempt may not meet these.
    "ThrottlingException": DataApiThrottled,
    "TooManyRequestsException": DataApiThrottled,
    "RequestLimitExceeded": DataApiThrottled,
    "ActiveStatementsExceededException": TooManyActiveStatements,
    "ActiveSessionsExceededException": TooManyActiveStatements,
    "InternalServerException": DataApiUnavailable,
    "InternalFailure": DataApiUnavailable,
    "ServiceUnavailable": DataApiUnavailable,
    "ServiceUnavailableException": DataApiUnavailable,
    "RequestTimeout": DataApiUnavailable,
    "DatabaseConnectionException": DataApiUnavailable,
    "QueryTimeoutException": DataApiUnavailable,
    "ActiveWaitingRequestsExceededException": DataApiThrottled,
    # An error of its environment: the answer carries a statement's id, so there may be one.
    "BatchExecuteStatementException": DataApiUnavailable,
    # It would meet these again.
    "ResourceNotFoundException": StatementNotFound,
    "ValidationException": DataApiRefused,
    "AccessDeniedException": DataApiRefused,
}
"""The Data API's error codes, and what each becomes; a code that is not here is refused, or unavailable
where the HTTP status is 500 or more."""
