"""The way in for a boto3 client of the same process: botocore's `before-send` event, without a socket.

Error classes and retries are botocore's own. Its retries sleep for real unless the caller replaces that.
"""

import io
from collections.abc import Iterator
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from orchbench.redshift.endpoint import Disconnected, Endpoint, PatienceExhausted


class _Body(io.BytesIO):
    """What botocore expects of urllib3: bytes that stream."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.getvalue()


def attach(client: Any, endpoint: Endpoint) -> None:
    """Answer every request of a boto3 redshift-data client from this endpoint.

    The client's read timeout is measured on the service's clock. A client with
    `Config(signature_version=botocore.UNSIGNED)` needs no credentials and is faster.
    """
    patience = _read_timeout_seconds(client)

    def answer(request: Any, **_: Any) -> AWSResponse:
        target = request.headers.get("X-Amz-Target", "")
        target = target.decode() if isinstance(target, bytes) else target
        body = request.body or b""
        body = body.encode() if isinstance(body, str) else body
        try:
            answered = endpoint.answer(target, body, patience_seconds=patience)
        except Disconnected as error:
            raise ConnectionClosedError(endpoint_url=request.url) from error
        except PatienceExhausted as error:
            raise ReadTimeoutError(endpoint_url=request.url) from error
        return AWSResponse(request.url, answered.status, answered.headers, _Body(answered.body))

    client.meta.events.register("before-send.redshift-data", answer, unique_id="orchbench-redshift")


def _read_timeout_seconds(client: Any) -> float | None:
    timeout = client.meta.config.read_timeout
    return None if timeout is None else float(timeout)
