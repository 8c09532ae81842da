"""The application as its template deploys it: functions, state machines, durable functions.

Reads the SAM template for what a rehearsal needs, with parameter values in place: handlers, timeouts,
environments, the definition after substitution, and the rules of EventBridge. It is no CloudFormation: roles
and logs are not looked at.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from orchbench.project import project_root
from orchbench.project.templates import load_template
from orchbench.ways.way import Way

REGION = "us-east-1"
ACCOUNT = "123456789012"
STACK = "orchbench"
PARAMETERS = {
    "WorkgroupArn": f"arn:aws:redshift-serverless:{REGION}:{ACCOUNT}:workgroup/"
    "00000000-0000-4000-8000-000000000000"
}


@dataclass(frozen=True)
class Function:
    """A deployed Lambda function.

    Attributes:
        handler: module and name, ``submit.handler.handler``.
        execution_timeout_seconds: of a durable function; None for a plain one.
        retry_attempts: how often an asynchronous invocation that failed is made again.
    """

    arn: str
    name: str
    handler: str
    timeout_seconds: float
    memory_mb: int
    environment: Mapping[str, str] = field(default_factory=dict)
    execution_timeout_seconds: int | None = None
    retry_attempts: int = 2


@dataclass(frozen=True)
class Rule:
    """A rule of EventBridge: what it takes to which functions.

    Attributes:
        pattern: of the events it takes; None for a schedule.
        period_seconds: of a schedule.
    """

    targets: tuple[Function, ...]
    pattern: Mapping[str, Any] | None = None
    period_seconds: float | None = None


@dataclass(frozen=True)
class StateMachine:
    """A deployed state machine; its definition's substitutions are made."""

    arn: str
    name: str
    definition: str


Resource = StateMachine | Function


@dataclass(frozen=True)
class Application:
    """What is deployed, and the folder its functions import from."""

    functions: Mapping[str, Function]
    state_machines: Mapping[str, StateMachine]
    targets: Mapping[str, str]
    code: Path
    rules: tuple[Rule, ...] = ()

    def target(self, way: Way) -> Resource:
        """Return what a start of this way starts.

        Raises:
            LookupError: the template has no such output, or it names nothing that runs.
        """
        name = self.targets.get(way.target_output, "")
        found = self.state_machines.get(name) or self.functions.get(name)
        if found is None:
            raise LookupError(
                f"The template's output {way.target_output}, which {way.name} starts, names no state machine "
                "and no function."
            )
        return found

    def function(self, arn: str) -> Function:
        """Return a function by its ARN, with or without a qualifier.

        Raises:
            KeyError: there is none.
        """
        unqualified = ":".join(arn.split(":")[:7])
        return next(one for one in self.functions.values() if one.arn == unqualified)


def load_application(template: Path | None = None, **parameters: str) -> Application:
    """Read an application from its template.

    Args:
        template: its file; the project's own by default.
        parameters: values of the template's parameters, where a rehearsal needs others than the defaults.
    """
    path = template or project_root() / "template.yaml"
    return _load(path, tuple(sorted((PARAMETERS | parameters).items())))


@cache
def _load(path: Path, parameters: tuple[tuple[str, str], ...]) -> Application:
    document = load_template(path)
    defaults = {name: one["Default"] for name, one in document["Parameters"].items() if "Default" in one}
    reader = _Reader(document, defaults | dict(parameters), path.parent)
    resources: dict[str, dict[str, Any]] = document["Resources"]
    functions = {
        name: reader.function(name)
        for name, one in resources.items()
        if one["Type"] == "AWS::Serverless::Function"
    }
    return Application(
        functions=functions,
        state_machines={
            name: reader.state_machine(name)
            for name, one in resources.items()
            if one["Type"] == "AWS::Serverless::StateMachine"
        },
        targets={
            name: str(one["Value"]["Ref"]).partition(".")[0]
            for name, one in document["Outputs"].items()
            if isinstance(one["Value"], dict) and "Ref" in one["Value"]
        },
        code=path.parent / document["Globals"]["Function"]["CodeUri"],
        rules=tuple(
            reader.rule(name, functions)
            for name, one in resources.items()
            if one["Type"] == "AWS::Events::Rule"
        ),
    )


def _period_seconds(schedule: str) -> float:
    """Read ``rate(15 minutes)``."""
    number, unit = schedule.removeprefix("rate(").removesuffix(")").split()
    return float(number) * {"minute": 60, "hour": 3600, "day": 86_400}[unit.removesuffix("s")]


@dataclass(frozen=True)
class _Reader:
    document: Mapping[str, Any]
    parameters: Mapping[str, Any]
    folder: Path

    def function(self, logical_id: str) -> Function:
        common = self.document["Globals"]["Function"]
        own = self.document["Resources"][logical_id]["Properties"]
        properties = common | own
        variables = {
            name: str(self.value(value))
            for part in (common, own)
            for name, value in part.get("Environment", {}).get("Variables", {}).items()
        }
        durable = properties.get("DurableConfig")
        return Function(
            arn=self.arn(logical_id),
            name=self.value(properties["FunctionName"]),
            handler=properties["Handler"],
            timeout_seconds=float(self.value(properties["Timeout"])),
            memory_mb=int(self.value(properties["MemorySize"])),
            environment=variables,
            execution_timeout_seconds=int(self.value(durable["ExecutionTimeout"])) if durable else None,
            retry_attempts=int(own.get("EventInvokeConfig", {}).get("MaximumRetryAttempts", 2)),
        )

    def rule(self, logical_id: str, functions: Mapping[str, Function]) -> Rule:
        properties = self.document["Resources"][logical_id]["Properties"]
        by_arn = {one.arn: one for one in functions.values()}
        arns = [self.value(target["Arn"]) for target in properties["Targets"]]
        schedule = properties.get("ScheduleExpression")
        pattern = properties.get("EventPattern")
        return Rule(
            targets=tuple(by_arn[arn] for arn in arns if arn in by_arn),
            pattern=None if pattern is None else self.values(pattern),
            period_seconds=None if schedule is None else _period_seconds(self.value(schedule)),
        )

    def values(self, value: Any) -> Any:
        """Do so through lists and mappings."""
        found = self.value(value)
        if found is not value:
            return found
        if isinstance(value, Mapping):
            return {key: self.values(one) for key, one in value.items()}
        return [self.values(one) for one in value] if isinstance(value, list) else value

    def state_machine(self, logical_id: str) -> StateMachine:
        properties = self.document["Resources"][logical_id]["Properties"]
        definition = (self.folder / properties["DefinitionUri"]).read_text()
        for name, value in properties.get("DefinitionSubstitutions", {}).items():
            definition = definition.replace(f"${{{name}}}", str(self.value(value)))
        json.loads(definition)
        return StateMachine(self.arn(logical_id), self.value(properties["Name"]), definition)

    def arn(self, logical_id: str) -> str:
        resource = self.document["Resources"][logical_id]
        if resource["Type"] == "AWS::SNS::Topic":
            return f"arn:aws:sns:{REGION}:{ACCOUNT}:{STACK}-{logical_id}"
        if resource["Type"] == "AWS::Serverless::StateMachine":
            name = self.value(resource["Properties"]["Name"])
            return f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{name}"
        if resource["Type"] == "AWS::IAM::Role":
            return f"arn:aws:iam::{ACCOUNT}:role/{STACK}-{logical_id}"
        name = self.value(resource["Properties"]["FunctionName"])
        return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"

    def value(self, value: Any) -> Any:
        """Put a parameter's value, a name or an ARN in the place of the functions that ask for them."""
        match value:
            case {"Ref": str(name)}:
                return self.parameters[name] if name in self.parameters else self.arn(name)
            case {"Fn::Sub": str(text)}:
                known = {
                    "AWS::StackName": STACK,
                    "AWS::Partition": "aws",
                    "AWS::Region": REGION,
                    "AWS::AccountId": ACCOUNT,
                }
                for name, replacement in (known | dict(self.parameters)).items():
                    text = text.replace(f"${{{name}}}", str(replacement))
                return re.sub(r"\$\{(\w+)\.Arn\}", lambda found: self.arn(found[1]), text)
            case {"Fn::GetAtt": [str(logical_id), "Arn"]}:
                return self.arn(logical_id)
            case {"Fn::If": [str(name), then, otherwise]}:
                return self.value(then if self.holds({"Condition": name}) else otherwise)
            case _:
                return value

    def holds(self, condition: Any) -> bool:
        """Tell whether a condition of the template holds with these parameters."""
        ((kind, operand),) = condition.items()
        match kind:
            case "Condition":
                return self.holds(self.document["Conditions"][operand])
            case "Fn::Not":
                return not self.holds(operand[0])
            case "Fn::And":
                return all(map(self.holds, operand))
            case "Fn::Or":
                return any(map(self.holds, operand))
            case "Fn::Equals":
                left, right = (str(self.value(one)) for one in operand)
                return left == right
        raise NotImplementedError(f"A condition asks for {kind!r}, which rehearsals do not know.")
