"""The environment that handlers find: the template's variables and nothing of the caller's own.

The one place of a rehearsal that sets the process's environment; it is put back afterwards. A profile or an
endpoint of the caller's must not reach a handler.
"""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from unittest import mock

from orchbench.virtual_time.application import REGION, Application

COMMON = {
    "AWS_ACCESS_KEY_ID": "rehearsal",
    "AWS_SECRET_ACCESS_KEY": "rehearsal",  # signs requests that never leave the process
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
}


@contextmanager
def deployed(application: Application) -> Iterator[None]:
    """Have the functions' code on the module path, and in the environment what Lambda sets, nothing else."""
    code = str(application.code.resolve())
    path = sys.path if code in sys.path else [code, *sys.path]
    with mock.patch.dict("os.environ", COMMON, clear=True), mock.patch.object(sys, "path", path):
        yield


@contextmanager
def with_variables(variables: Mapping[str, str]) -> Iterator[None]:
    """Set one function's variables."""
    with mock.patch.dict("os.environ", variables):
        yield
