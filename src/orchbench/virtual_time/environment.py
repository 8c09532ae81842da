"""The environment that handlers find: the template's variables and nothing of the caller's own.

The one place of a rehearsal that sets the process's environment; it is put back afterwards. A profile or an
endpoint of the caller's must not reach a handler.
"""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
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
    """Have the functions' code on the module path, and in the environment what Lambda sets, nothing else.

    Code that is not on the path already is imported anew each time, and nothing of it stays.
    """
    code = application.code.resolve()
    with mock.patch.dict("os.environ", COMMON, clear=True):
        if str(code) in sys.path:
            yield
        else:
            with mock.patch.object(sys, "path", [str(code), *sys.path]), _modules_of_its_own(code):
                yield


@contextmanager
def _modules_of_its_own(code: Path) -> Iterator[None]:
    """Hide modules of other folders under the same names, such as the project's own from a copy of it."""
    names = {path.stem for path in code.iterdir()}
    before = set(sys.modules)
    hidden = {
        name: module
        for name, module in sys.modules.items()
        if name.partition(".")[0] in names and not is_below(module, code)
    }
    for name in hidden:
        del sys.modules[name]
    try:
        yield
    finally:
        for name in [one for one in sys.modules if one.partition(".")[0] in names]:
            if name not in before or name in hidden:
                del sys.modules[name]
        sys.modules.update(hidden)


def is_below(module: object, code: Path) -> bool:
    """Tell whether a module was imported from a folder."""
    file = getattr(module, "__file__", None)
    # As text: thousands of modules are asked for each rehearsal, and paths took half of its time.
    return file is not None and str(file).startswith(f"{code}{os.sep}")


@contextmanager
def with_variables(variables: Mapping[str, str]) -> Iterator[None]:
    """Set one function's variables; what its handler sets besides, all see until the rehearsal ends."""
    # One by one: the whole environment is set anew for no invocation, of which there are thousands.
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
