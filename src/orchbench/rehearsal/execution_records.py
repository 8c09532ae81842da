"""Step Functions and Lambda as a function asks them about an execution: answered from the rehearsed one.

The clients are real ones; botocore's ``before-call`` event answers in the place of the network. A page holds
a whole history.
"""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from orchbench.platforms.platform import Record

Json = dict[str, Any]
CLIENTS = ("stepfunctions", "lambda")


def answer_from(client: Any, record: Callable[[], Record]) -> None:
    """Answer a client's questions about the rehearsed execution.

    Args:
        client: boto3's of Step Functions or of Lambda.
        record: what the service has recorded by now.
    """

    def answer(model: Any, **_: Any) -> tuple[Any, Json]:
        found = record()
        answers: dict[str, Callable[[], Json]] = {
            "DescribeExecution": lambda: dict(found.description),
            "GetDurableExecution": lambda: dict(found.description),
            "GetExecutionHistory": lambda: {"events": list(found.events)},
            "GetDurableExecutionHistory": lambda: {"Events": list(found.events)},
        }
        return SimpleNamespace(status_code=200), answers[model.name]()

    service = client.meta.service_model.service_id.hyphenize()
    client.meta.events.register(f"before-call.{service}", answer, unique_id="orchbench-executions")
