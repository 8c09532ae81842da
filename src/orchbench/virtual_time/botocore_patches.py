"""Botocore's retries in virtual time: the one place that names botocore's private parts.

Its standard retries sleep for real and draw their jitter from the process's generator. Only clients that are
built inside the block draw from the rehearsal's.
"""

import functools
import random
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import botocore.endpoint
import botocore.retries.standard

from orchbench.virtual_time.clock import VirtualClock
from orchbench.virtual_time.patching import Seam, replaced

SLEEP = Seam(botocore.endpoint, "time", "to have the pauses between attempts pass on its own clock")
BACKOFF = Seam(botocore.retries.standard, "ExponentialBackoff", "to seed the jitter of those pauses")
SEAMS = (SLEEP, BACKOFF)


@contextmanager
def botocore_in_virtual_time(clock: VirtualClock, generator: random.Random) -> Iterator[None]:
    """Have the pauses between a client's attempts pass on a clock, with jitter from a generator."""
    backoff = functools.partial(BACKOFF.owner.ExponentialBackoff, random=generator.random)
    with replaced([(SLEEP, SimpleNamespace(sleep=clock.sleep)), (BACKOFF, backoff)]):
        yield
