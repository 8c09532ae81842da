"""What the local AWS must do right for any function: errors by name, time left, environment, logs."""

import importlib.util
import os
import signal
import threading
import time
from typing import Any

import boto3
import botocore
from botocore.session import Session


class ExpectedFault(Exception):
    """Raised on request."""


def handler(event: dict[str, Any], context: Any) -> Any:
    """Do what the event asks for."""
    match event.get("do"):
        case "fail":
            raise ExpectedFault("as asked")
        case "describe":
            return describe(context)
        case "alarm":
            return interrupt_after(event["seconds"])
        case "overrun":
            time.sleep(600)
        case "redshift":
            return boto3.client("redshift-data").describe_statement(Id=event["id"])["Status"]
    return {"value": event.get("value", 1)}


def describe(context: Any) -> dict[str, Any]:
    """Return what the function sees of its surroundings."""
    return {
        "boto3": boto3.__version__,
        "botocore": botocore.__version__,
        "one_loader": Session().get_component("data_loader") is Session().get_component("data_loader"),
        "remaining_ms": context.get_remaining_time_in_millis(),
        "main_thread": threading.current_thread() is threading.main_thread(),
        "environment": {
            name: value for name, value in os.environ.items() if name.startswith(("AWS_ENDP", "POWER"))
        },
        "orchbench": find("orchbench"),
    }


def find(module: str) -> bool:
    """Whether a module can be imported."""
    return importlib.util.find_spec(module) is not None


def interrupt_after(seconds: float) -> str:
    """Sleep until SIGALRM raises."""

    def interrupt(_number: int, _frame: Any) -> None:
        raise TimeoutError("alarm")

    signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        time.sleep(600)
    except TimeoutError:
        return "interrupted"
    return "slept"
