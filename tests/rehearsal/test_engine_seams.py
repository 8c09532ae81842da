"""The private names of the engines that rehearsals drive are where the pinned versions have them."""

from importlib.metadata import version

import pytest

from orchbench.virtual_time import botocore_patches, durable_sdk_patches, moto_patches
from orchbench.virtual_time.durable_sdk_patches import QUEUE_ATTRIBUTE
from orchbench.virtual_time.patching import EngineChanged, Seam, replaced

SEAMS = {
    f"{seam.owner.__name__}.{seam.name}": seam
    for module in (botocore_patches, durable_sdk_patches, moto_patches)
    for seam in module.SEAMS
}


@pytest.mark.parametrize("name", SEAMS)
def test_a_private_name_is_still_there(name: str) -> None:
    SEAMS[name].check()


def test_a_name_that_moved_is_named_with_its_reason() -> None:
    with pytest.raises(EngineChanged, match=r"botocore.endpoint has no 'tyme' any more.*pause"):
        Seam(botocore_patches.SLEEP.owner, "tyme", "to pause").check()


def test_names_are_put_back_after_a_rehearsal() -> None:
    seam = botocore_patches.SLEEP
    before = seam.owner.time
    with replaced([(seam, None)]):
        assert seam.owner.time is None
    assert seam.owner.time is before


def test_botocore_still_sleeps_only_through_the_patched_module() -> None:
    import ast
    import inspect

    source = inspect.getsource(botocore_patches.SLEEP.owner)
    used = {
        node.attr
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "time"
    }
    assert used == {"sleep"}


def test_the_durable_sdk_still_makes_the_queue_that_its_thread_reads() -> None:
    import inspect

    source = inspect.getsource(durable_sdk_patches.SEND.owner.__init__)
    assert f"self.{QUEUE_ATTRIBUTE}" in source
    assert [one.name for one in durable_sdk_patches.SIGNAL.owner._Signal] == ["REFRESH_WAKE"]


def test_moto_still_does_not_know_what_its_mends_for_sdk_integrations_add() -> None:
    """A mend that is not needed any more is to go: the pinned moto would do by itself what it adds."""
    import inspect

    services = getattr(moto_patches.SDK_SERVICES.owner, moto_patches.SDK_SERVICES.name)
    errors = getattr(moto_patches.SDK_ERRORS.owner, moto_patches.SDK_ERRORS.name)
    read = getattr(moto_patches.TIMESTAMP.owner, moto_patches.TIMESTAMP.name)
    assert "redshiftdata" not in services, "remove SDK_SERVICES"
    assert "redshiftdata" not in errors, "remove SDK_ERRORS"
    # As moto itself writes the moment of a state's entry.
    assert read("2026-01-01T00:01:40+00:00") is None, "remove TIMESTAMP"
    waits = getattr(moto_patches.WAIT_UNTIL.owner, moto_patches.WAIT_UNTIL.name)
    assert "int(delta.total_seconds())" in inspect.getsource(waits), "remove WAIT_UNTIL"


def test_moto_runs_tasks_and_machines_as_when_it_was_taken_over() -> None:
    import hashlib
    import inspect

    taken_over = (moto_patches.TASK, moto_patches.PROGRAM)
    bodies = "".join(inspect.getsource(getattr(seam.owner, seam.name)) for seam in taken_over)
    digest = hashlib.sha256(bodies.encode()).hexdigest()[:16]
    assert digest == "6e3deab043aa22ad", (
        f"moto {version('moto')} changed what _run_task and _run_program in moto_patches.py stand for: "
        "read the new code, take over what changed, then pin its digest here"
    )
