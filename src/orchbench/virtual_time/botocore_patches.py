"""Botocore's clients and retries in virtual time: the one place that names botocore's private parts.

Its standard retries sleep for real and draw their jitter from the process's generator. Only clients that are
built inside the block draw from the rehearsal's, and are answered by it.
"""

import functools
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import botocore.endpoint
import botocore.retries.standard
import botocore.session
from botocore import UNSIGNED
from botocore.config import Config

from orchbench.virtual_time.clock import VirtualClock
from orchbench.virtual_time.patching import Seam, replaced

SLEEP = Seam(botocore.endpoint, "time", "to have the pauses between attempts pass on its own clock")
BACKOFF = Seam(botocore.retries.standard, "ExponentialBackoff", "to seed the jitter of those pauses")
CREATE = Seam(botocore.session.Session, "create_client", "to answer clients as soon as handlers make them")
LOADER = Seam(botocore.session, "create_loader", "to read service models once, and not for each new session")
SEAMS = (SLEEP, BACKOFF, CREATE, LOADER)

UNSENT = Config(signature_version=UNSIGNED, user_agent="orchbench")
"""Of requests that nobody reads: no signature is made for them, and the machine is not described."""

_create_loader_once = functools.cache(getattr(LOADER.owner, LOADER.name))


@contextmanager
def botocore_in_virtual_time(
    clock: VirtualClock, generator: random.Random, attach: Callable[[Any], None]
) -> Iterator[None]:
    """Have the pauses between a client's attempts pass on a clock, with jitter from a generator.

    Args:
        attach: called with every client that is made inside the block; most rehearsals need one of many.
    """
    backoff = functools.partial(BACKOFF.owner.ExponentialBackoff, random=generator.random)
    create = getattr(CREATE.owner, CREATE.name)

    def create_attached(session: Any, *args: Any, config: Config | None = None, **kwargs: Any) -> Any:
        client = create(session, *args, config=config.merge(UNSENT) if config else UNSENT, **kwargs)
        attach(client)
        return client

    with replaced(
        [
            (SLEEP, SimpleNamespace(sleep=clock.sleep)),
            (BACKOFF, backoff),
            (CREATE, create_attached),
            (LOADER, _create_loader_once),
        ]
    ):
        yield
