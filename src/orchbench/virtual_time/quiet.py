"""Keeps a rehearsal's engines and handlers off the terminal; their work of logging is still done."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout
from typing import Any

ENGINES = (
    "moto.stepfunctions",
    "aws_durable_execution_sdk_python",
    "aws_durable_execution_sdk_python_testing",
    "orchbench.redshift",
)


@contextmanager
def quiet() -> Iterator[None]:
    """Send what handlers print and log to nowhere, and keep the engines' own loggers still.

    Enter it after the handlers' modules are imported: a logger keeps the stream that it found then.
    """
    with ExitStack() as stack:
        nowhere = stack.enter_context(open(os.devnull, "w"))  # noqa: PTH123 - a device, not a file
        for name in ENGINES:
            engine = logging.getLogger(name)
            stack.callback(engine.setLevel, engine.level)
            engine.setLevel(logging.CRITICAL + 1)
        for handler in _handlers_to(sys.stdout, sys.__stdout__):
            stack.callback(setattr, handler, "stream", handler.stream)
            handler.stream = nowhere
        stack.enter_context(redirect_stdout(nowhere))
        yield


def _handlers_to(*streams: object) -> "list[logging.StreamHandler[Any]]":
    # A logger keeps the stream that it found at first, though whoever captured it has closed it since.
    loggers = [one for one in logging.root.manager.loggerDict.values() if isinstance(one, logging.Logger)]
    return [
        handler
        for logger in loggers
        for handler in logger.handlers
        if isinstance(handler, logging.StreamHandler)
        and (handler.stream in streams or getattr(handler.stream, "closed", False))
    ]
