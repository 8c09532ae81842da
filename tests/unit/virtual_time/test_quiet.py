import io
import logging
import sys
from collections.abc import Iterator
from typing import TextIO

import pytest

from orchbench.virtual_time.quiet import quiet


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    found = logging.getLogger("a handler's own")
    found.propagate = False
    yield found
    found.handlers.clear()


def closed() -> TextIO:
    stream = io.StringIO()
    stream.close()
    return stream


@pytest.mark.parametrize("is_closed", [True, False])
def test_what_a_handler_logs_goes_nowhere_until_it_is_loud_again(
    logger: logging.Logger, *, is_closed: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    stream = closed() if is_closed else sys.stdout
    handler = logging.StreamHandler(stream)
    logger.addHandler(handler)

    with quiet():
        logger.warning("unheard")

    assert capsys.readouterr() == ("", "")
    assert handler.stream is stream
