"""How long a stack's name may be, so that every name that the template makes of it still fits.

CloudFormation's rules cannot measure a name: without this, a deployment finds out, and rolls back.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

STACK_NAME = "${AWS::StackName}"
LONGEST_OF_A_STACK = 128
LONGEST = {
    "AWS::Events::Rule": ("Name", 64),
    "AWS::IAM::Role": ("RoleName", 64),
    "AWS::Lambda::Function": ("FunctionName", 64),
    "AWS::SQS::Queue": ("QueueName", 80),
    "AWS::Serverless::Function": ("FunctionName", 64),
    "AWS::Serverless::StateMachine": ("Name", 80),
    "AWS::StepFunctions::StateMachine": ("StateMachineName", 80),
}
"""The property that names a resource of each kind, and the characters that its service takes."""


@dataclass(frozen=True)
class NameMade:
    """A name that a template makes of the stack's, and how long it may be."""

    logical_id: str
    text: str
    longest: int

    @property
    def room(self) -> int:
        """What is left for the stack's name, in characters."""
        return self.longest - len(self.text.replace(STACK_NAME, ""))


def names_made(template: Mapping[str, Any]) -> Iterator[NameMade]:
    """Yield the names that a template makes of the stack's, before or after the SAM transform."""
    for logical_id, resource in template["Resources"].items():
        name, longest = LONGEST.get(resource["Type"], ("", 0))
        value = resource.get("Properties", {}).get(name)
        text = value.get("Fn::Sub") if isinstance(value, dict) else None
        if isinstance(text, str) and STACK_NAME in text:
            yield NameMade(logical_id, text, longest)


def longest_stack_name(template: Mapping[str, Any]) -> int:
    """Return the characters that a stack's name may have, so that none of these names is too long."""
    return min((one.room for one in names_made(template)), default=LONGEST_OF_A_STACK)


def too_long(template: Mapping[str, Any], stack_name: str) -> str | None:
    """Return the sentence that refuses a stack's name, or None where every name made of it fits."""
    longest = longest_stack_name(template)
    if len(stack_name) <= longest:
        return None
    tightest = min(names_made(template), key=lambda one: one.room, default=None)
    said = (
        f"The stack's name {stack_name!r} has {len(stack_name)} characters: this template takes one of "
        f"{longest} at most"
    )
    if tightest is None:
        return f"{said}."
    return f"{said}, because {tightest.logical_id} is named {tightest.text}, in {tightest.longest} at most."
