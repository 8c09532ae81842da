"""What must be known before a line of either way is changed: judgement, each with the line that needs it."""

from collections.abc import Iterator

from project import ROOT

DEFINITION = "statemachine/sfn_poll.asl.json"
STEPS = "functions/durable/steps.py"
HANDLER = "functions/durable_poll/handler.py"
TEMPLATE = "template.yaml"
CONCEPTS = (
    ("a state's output is the next one's input", "sfn-poll", '"OutputPath": "$.Payload"', DEFINITION),
    ("ResultPath keeps the input beside an error", "sfn-poll", '"ResultPath": "$.failure"', DEFINITION),
    ("the context object", "sfn-poll", '"execution_id.$": "$$.Execution.Id"', DEFINITION),
    (
        "retriers have a count each, and the first that matches is taken",
        "sfn-poll",
        '"StatementNotRunningYet"',
        DEFINITION,
    ),
    ("Lambda's own error names", "sfn-poll", '"Sandbox.Timedout"', DEFINITION),
    ("a Choice without a Default fails the execution", "sfn-poll", '"Default": "Cancel batch"', DEFINITION),
    ("25,000 events a history", "sfn-poll", '"poll_budget": 2742', DEFINITION),
    (
        "replay: nothing outside a step may depend on the moment",
        "durable-poll",
        "# Drawn in here, so that a replay does not draw it again.",
        STEPS,
    ),
    (
        "the SDK's error hides the name that was raised",
        "durable-poll",
        "raise named_as_raised(error) from error",
        STEPS,
    ),
    (
        "a step retries by default, six times",
        "durable-poll",
        "retry_strategy=lambda error, attempts_made",
        STEPS,
    ),
    (
        "what a step returns is stored as tagged values by default",
        "durable-poll",
        "serdes=JsonSerDes()",
        STEPS,
    ),
    ("an invocation's time is shared by several steps", "durable-poll", 'name="wait-for-time"', STEPS),
    (
        "an unqualified ARN starts no durable execution",
        "durable-poll",
        "Value: !Ref DurablePollFunction.Alias",
        TEMPLATE,
    ),
    (
        "a version is published for code, not for a parameter",
        "durable-poll",
        "VersionDescription: !Sub",
        TEMPLATE,
    ),
    ("3,000 operations an execution", "durable-poll", "POLL_BUDGET = 1423", HANDLER),
    (
        "the SDK is a dependency of yours, and what sleeps replays on the one it began with",
        "durable-poll",
        "aws-durable-execution-sdk-python",
        "functions/requirements.in",
    ),
)


def line_of(text: str, file: str) -> int:
    """Return the number of the first line with a text.

    Raises:
        StopIteration: no line of the file has it.
    """
    lines = (ROOT / file).read_text().splitlines()
    return next(number for number, line in enumerate(lines, start=1) if text in line)


def concept_table() -> Iterator[str]:
    """Yield each concept with a link to its line."""
    yield from ("| concept | way | the line that needs it |", "|---|---|---|")
    for concept, way, text, file in CONCEPTS:
        yield f"| {concept} | {way} | [`{text}`](../{file}#L{line_of(text, file)}) |"
