"""A run of probes: whatever happens to one, the others run, and nothing it made is left unnamed."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from orchbench.probes import all_probes
from orchbench.probes.document import document
from orchbench.probes.lab import Lab
from orchbench.probes.probe import Finding, Probe, Verdict, confirmed, refuted
from orchbench.probes.remains import Left, Remains
from orchbench.probes.run import Session, attempted, run_probes

ANY = next(iter(all_probes().values()))


def probe(attempt: Callable[[Lab], Finding], name: str = "one", **more: Any) -> Probe:
    return replace(ANY, name=name, attempt=attempt, **{"not_local": "", **more})


def error(code: str, operation: str, message: str = "") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


def raising(exception: BaseException) -> Callable[[Lab], Finding]:
    def attempt(_lab: Lab) -> Finding:
        raise exception

    return attempt


@pytest.mark.parametrize(
    ("refusal", "named"),
    [
        (
            error(
                "AccessDeniedException",
                "CreateStateMachine",
                "User: arn:aws:iam::1:user/u is not authorized to perform: states:CreateStateMachine on r",
            ),
            "states:CreateStateMachine",
        ),
        (error("AccessDenied", "GetMetricStatistics"), "cloudwatch:GetMetricStatistics"),
        (error("AccessDeniedException", "ListMetrics"), "cloudwatch:ListMetrics"),
    ],
)
def test_a_permission_that_is_missing_is_named_and_refutes_nothing(
    lab: Lab, refusal: ClientError, named: str
) -> None:
    found = attempted(probe(raising(refusal)), lab)

    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.reason == f"It needs {named}, which is not allowed here."


@pytest.mark.parametrize(
    "trouble", [error("ThrottlingException", "ListMetrics"), KeyError("Records"), ValueError("odd")]
)
def test_a_probe_that_fails_is_inconclusive_and_stops_no_other(lab: Lab, trouble: Exception) -> None:
    session = Session()

    run_probes([probe(raising(trouble)), probe(lambda _lab: confirmed("So it is."), "two")], lab, session)

    assert [one.finding.verdict for one in session.outcomes] == [Verdict.INCONCLUSIVE, Verdict.CONFIRMED]


def test_what_several_probes_need_is_tried_once_and_each_names_what_is_missing(
    account: Any, lab: Lab
) -> None:
    account.refuse("iam", "create_role", "AccessDenied", "is not authorized to perform: iam:CreateRole on r")
    session = Session()

    run_probes([all_probes()["retry-events"], all_probes()["transition-latency"]], lab, session)

    reasons = {one.finding.reason for one in session.outcomes}
    assert reasons == {"It needs iam:CreateRole, which is not allowed here."}
    # What was not allowed was not made, so that nothing is left.
    assert session.left == []
    account.all_asked()


def test_what_no_emulator_can_show_is_said_at_once_and_not_tried(account: Any, lab_on: Any) -> None:
    found = attempted(
        probe(raising(AssertionError("tried")), not_local="no emulator has it"), lab_on(account, "local")
    )

    assert (found.verdict, found.reason) == (Verdict.INCONCLUSIVE, "No emulator has it.")


def test_an_emulators_verdict_is_never_worded_as_one_of_aws(lab: Lab) -> None:
    session = Session()
    run_probes(
        [probe(lambda _lab: refuted("It does not.")), probe(lambda _lab: confirmed("Yes."), "two")],
        lab,
        session,
    )

    for on_aws, words in (
        (True, ["refuted", "confirmed"]),
        (False, ["contradicted by the emulator", "confirmed by the emulator"]),
    ):
        told = document(session, on_aws=on_aws, settings={})
        assert [one["verdict"] for one in told["probes"].values()] == words
        assert told["target"] == ("aws" if on_aws else "local")


def test_latencies_that_an_emulator_showed_become_no_profile(lab: Lab) -> None:
    session = Session()
    seen = {"kind": "resume", "samples": 50, "median_seconds": 0.2, "p95_seconds": 0.5}
    run_probes([probe(lambda _lab: confirmed("Yes.", **seen))], lab, session)

    assert document(session, on_aws=False, settings={})["latency"] == {}
    assert document(session, on_aws=True, settings={})["latency"]["resume"]["label"] == "measured"


def test_what_a_probe_made_is_gone_before_the_next_one_begins(lab: Lab) -> None:
    told: list[str] = []

    def makes(lab: Lab) -> Finding:
        lab.remains.keep("A queue", "remove it", lambda: told.append("queue"))
        lab.remains.keep("A rule", "remove it", lambda: told.append("rule"))
        lab.shared.keep("A role", "remove it", lambda: told.append("role"))
        return confirmed("Made.")

    def next_one(_lab: Lab) -> Finding:
        told.append("next")
        return confirmed("Begun.")

    run_probes([probe(makes), probe(next_one, "two")], lab, Session())

    assert told == ["rule", "queue", "next", "role"]


def test_an_interrupted_probe_cleans_up_and_later_ones_do_not_run(lab: Lab) -> None:
    told: list[str] = []
    session = Session()

    def interrupted(lab: Lab) -> Finding:
        lab.remains.keep("A queue", "remove it", lambda: told.append("queue"))
        lab.shared.keep("A role", "remove it", lambda: told.append("role"))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_probes(
            [
                probe(lambda _lab: confirmed("Yes.")),
                probe(interrupted, "two"),
                probe(raising(AssertionError()), "three"),
            ],
            lab,
            session,
        )

    assert told == ["queue", "role"]
    assert [one.probe.name for one in session.outcomes] == ["one"]
    assert session.left == []


def test_what_cannot_be_removed_is_named_with_its_command_and_the_rest_removed() -> None:
    told: list[str] = []
    remains, left = Remains(), list[Left]()
    remains.keep("The role r", "aws iam delete-role", lambda: told.append("role"))
    remains.keep(
        "The queue q", "aws sqs delete-queue", raised(error("AccessDenied", "DeleteQueue", "not yours"))
    )
    remains.keep(
        "The rule x", "aws events delete-rule", raised(error("ResourceNotFoundException", "DeleteRule"))
    )

    remains.clear(left)

    assert told == ["role"]
    assert [one.command for one in left] == ["aws sqs delete-queue"]
    assert left[0].said.startswith("The queue q may be left (An error occurred (AccessDenied)")


def test_a_second_interrupt_ends_the_cleaning_up_and_names_everything_that_is_left() -> None:
    remains, left = Remains(), list[Left]()
    remains.keep("The role", "delete the role", raised(AssertionError("not to be tried")))
    remains.keep("The queue", "delete the queue", raised(KeyboardInterrupt()))

    with pytest.raises(KeyboardInterrupt):
        remains.clear(left)

    assert [one.command for one in left] == ["delete the queue", "delete the role"]


def test_one_interrupt_while_things_are_removed_stops_nothing_and_is_raised_in_the_end(lab: Lab) -> None:
    told: list[str] = []
    session = Session()

    def interrupted_once() -> None:
        told.append("queue")
        if told.count("queue") == 1:
            raise KeyboardInterrupt

    def makes(lab: Lab) -> Finding:
        lab.shared.keep("A role", "remove it", lambda: told.append("role"))
        lab.remains.keep("A rule", "remove it", lambda: told.append("rule"))
        lab.remains.keep("A queue", "remove it", interrupted_once)
        return confirmed("Made.")

    with pytest.raises(KeyboardInterrupt):
        run_probes([probe(makes), probe(raising(AssertionError()), "two")], lab, session)

    assert told == ["queue", "queue", "rule", "role"]
    assert session.left == []


def test_an_interrupt_after_the_one_that_ended_a_probe_ends_its_cleaning_up(lab: Lab) -> None:
    session = Session()

    def interrupted(lab: Lab) -> Finding:
        lab.remains.keep("A queue", "remove it", raised(KeyboardInterrupt()))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_probes([probe(interrupted)], lab, session)

    assert [one.said for one in session.left] == [
        "A queue may be left (interrupted); remove it with: remove it"
    ]


def test_what_is_noted_twice_is_removed_once() -> None:
    told: list[str] = []
    remains = Remains()
    for _time in range(2):
        remains.keep("The statement s", "cancel it", lambda: told.append("statement"))

    remains.clear([])

    assert told == ["statement"]


def raised(exception: BaseException) -> Callable[[], object]:
    def remove() -> object:
        raise exception

    return remove


def test_an_endpoint_on_this_machine_is_an_emulator_whatever_the_target_says(
    account: Any, lab_on: Any
) -> None:
    lab = lab_on(account, "aws")
    assert lab.on_aws
    account.client("stepfunctions").meta._endpoint_url = "http://127.0.0.1:4566"
    assert not lab.on_aws


def test_the_document_is_json(lab: Lab) -> None:
    session = Session()
    run_probes([probe(lambda _lab: confirmed("Yes.", ids=["a", "b"]))], lab, session)

    assert json.loads(json.dumps(document(session, on_aws=True, settings={"region": "r"})))["region"] == "r"
