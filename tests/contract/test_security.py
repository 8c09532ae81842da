"""What the deployment may do: each role exactly what its code calls, derived from both and compared.

The permissions are read from the translated template for every combination of its conditions. The calls are
read from the code: the imports of each handler, and in them each operation of a client. What no code
calls (the own logs, traces and checkpoints of a runtime, what AWS calls on the caller's behalf) stands here,
with the property or parameter that asks for it.
"""

import ast
import copy
import itertools
import json
import re
from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore import xform_name
from project import FUNCTIONS, ROOT, handler_file, imported, modules, resources, template, transformed

Json = dict[str, Any]
Parameters = Mapping[str, str]
Sources = Mapping[Path, str]

WILDCARDS = {
    "redshift-data:DescribeStatement": "a statement has no ARN; the Data API shows a role its own alone",
    "redshift-data:CancelStatement": "as DescribeStatement",
    "redshift-data:ListStatements": "as DescribeStatement",
    "xray:PutTraceSegments": "X-Ray has no resource to name",
    "xray:PutTelemetryRecords": "X-Ray has no resource to name",
    "xray:GetSamplingRules": "X-Ray has no resource to name",
    "xray:GetSamplingTargets": "X-Ray has no resource to name",
    "logs:CreateLogDelivery": "log deliveries belong to the account",
    "logs:GetLogDelivery": "log deliveries belong to the account",
    "logs:UpdateLogDelivery": "log deliveries belong to the account",
    "logs:DeleteLogDelivery": "log deliveries belong to the account",
    "logs:ListLogDeliveries": "log deliveries belong to the account",
    "logs:PutResourcePolicy": "resource policies of CloudWatch Logs belong to the account",
    "logs:DescribeResourcePolicies": "resource policies of CloudWatch Logs belong to the account",
    "logs:DescribeLogGroups": "asked for all groups of the account",
}
"""The actions that may stand on every resource, and why."""

OF_A_FUNCTION: list[tuple[str, Callable[[Json], bool]]] = [
    ("logs:CreateLogStream", lambda _: True),
    ("logs:PutLogEvents", lambda _: True),
    ("xray:PutTraceSegments", lambda function: function["TracingConfig"]["Mode"] == "Active"),
    ("xray:PutTelemetryRecords", lambda function: function["TracingConfig"]["Mode"] == "Active"),
    ("lambda:CheckpointDurableExecution", lambda function: "DurableConfig" in function),
    ("lambda:GetDurableExecutionState", lambda function: "DurableConfig" in function),
    ("sqs:SendMessage", lambda function: "DeadLetterConfig" in function),
]
"""What Lambda and the durable SDK do in a function's name, and the property that asks for it."""

OF_A_MACHINE: list[tuple[str, Callable[[Json], bool]]] = [
    *(
        (action, lambda machine: "LoggingConfiguration" in machine)
        for action in WILDCARDS
        if "logs:" in action
    ),
    *(
        (action, lambda machine: machine["TracingConfiguration"]["Enabled"])
        for action in WILDCARDS
        if "xray" in action
    ),
]
"""What Step Functions does in a state machine's name, as its documentation lists it."""

ON_BEHALF: list[tuple[str, Callable[[Parameters], bool]]] = [
    ("secretsmanager:GetSecretValue", lambda given: bool(given["SecretArn"])),
    ("kms:Decrypt", lambda given: bool(given["SecretKmsKeyArn"])),
    (
        "redshift-serverless:GetCredentials",
        lambda given: bool(given["WorkgroupArn"]) and not given["SecretArn"],
    ),
    ("redshift:GetClusterCredentials", lambda given: bool(given["DbUser"])),
    (
        "redshift:GetClusterCredentialsWithIAM",
        lambda given: bool(given["ClusterIdentifier"]) and not given["DbUser"] and not given["SecretArn"],
    ),
]
"""What BatchExecuteStatement calls in the caller's name, and the parameters under which it does."""

SAMPLES = {
    "WorkgroupArn": "arn:aws:redshift-serverless:us-east-1:123456789012:workgroup/8d9f4a6e-0001",
    "ClusterIdentifier": "reports",
    "DbUser": "loader",
    "SecretArn": "arn:aws:secretsmanager:us-east-1:123456789012:secret:loader-AbCdEf",
    "SecretKmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/0f1e2d3c-0001",
}
IAM_NAMES = {"lambda:Invoke": "lambda:InvokeFunction"}
"""Where an action is not named as its operation."""


# The template under one combination of its parameters


def holds(condition: Any, document: Json, given: Parameters) -> bool:
    """Evaluate a condition."""
    ((kind, operand),) = condition.items()
    match kind:
        case "Condition":
            return holds(document["Conditions"][operand], document, given)
        case "Fn::Not":
            return not holds(operand[0], document, given)
        case "Fn::And":
            return all(holds(one, document, given) for one in operand)
        case "Fn::Or":
            return any(holds(one, document, given) for one in operand)
        case "Fn::Equals":
            left, right = (str(given[one["Ref"]] if isinstance(one, dict) else one) for one in operand)
            return left == right
    raise AssertionError(f"no condition: {kind}")


NO_VALUE = {"Ref": "AWS::NoValue"}


def resolved(node: Any, document: Json, given: Parameters) -> Any:
    """Return a part of the template with every Fn::If decided, and what has no value left out."""
    if isinstance(node, list):
        return [one for one in (resolved(one, document, given) for one in node) if one != NO_VALUE]
    if not isinstance(node, dict):
        return node
    if "Fn::If" in node:
        condition, then, otherwise = node["Fn::If"]
        chosen = then if holds({"Condition": condition}, document, given) else otherwise
        return resolved(chosen, document, given)
    found = {key: resolved(value, document, given) for key, value in node.items()}
    return {key: value for key, value in found.items() if value != NO_VALUE}


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if "Ref" in node:
            yield node["Ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def values_of(name: str, parameter: Json) -> list[str]:
    """Return values of a parameter between which a condition may tell."""
    bounds = [parameter[key] for key in ("Default", "MinValue", "MaxValue") if key in parameter]
    found = [*parameter.get("AllowedValues", []), *bounds, *filter(None, [SAMPLES.get(name)])]
    return sorted({str(value) for value in found})


def combinations() -> list[Json]:
    """Return the parameters of every combination of conditions that the template's rules admit."""
    document = template()
    parameters = document["Parameters"]
    asked = sorted(set(references(document["Conditions"])) & set(parameters))
    defaults = {name: str(parameter["Default"]) for name, parameter in parameters.items()}
    assertions = [one["Assert"] for rule in document["Rules"].values() for one in rule["Assertions"]]
    found: dict[str, Json] = {}
    for values in itertools.product(*(values_of(name, parameters[name]) for name in asked)):
        given = defaults | dict(zip(asked, values, strict=True))
        if all(holds(one, document, given) for one in assertions):
            told = [name for name, one in document["Conditions"].items() if holds(one, document, given)]
            found[" ".join(told)] = given
    return list(found.values())


COMBINATIONS = combinations()
TOLD = [name for name in COMBINATIONS[0] if len({given[name] for given in COMBINATIONS}) > 1]


def shown(given: Parameters) -> str:
    values = (given[name] if len(given[name]) < 6 else name for name in TOLD)
    return "-".join(value for value in values if value)


every_combination = pytest.mark.parametrize("given", COMBINATIONS, ids=shown)


@cache
def translated() -> Json:
    """Return the template after the SAM transform, the conditions still in it."""
    return transformed(**SAMPLES)


def deployed(given: Parameters, document: Json | None = None) -> Json:
    document = document or translated()
    present = {
        name: resolved(resource, document, given)
        for name, resource in document["Resources"].items()
        if "Condition" not in resource or holds({"Condition": resource["Condition"]}, document, given)
    }
    return {**document, "Resources": present}


# What is granted


def statements_of(document: Json, role: str) -> Iterator[Json]:
    """Yield the statements of a role: its own, and those of policies attached to it."""
    for policy in resources(document, "AWS::IAM::Role")[role].get("Policies", []):
        yield from policy["PolicyDocument"]["Statement"]
    for policy in resources(document, "AWS::IAM::Policy").values():
        if {"Ref": role} in policy["Roles"]:
            yield from policy["PolicyDocument"]["Statement"]


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def granted(document: Json, role: str) -> set[str]:
    return {action for one in statements_of(document, role) for action in listed(one["Action"])}


# What is needed


@cache
def imports_of(path: Path) -> set[Path]:
    """Return a module of the functions and every other one that it imports, directly or not."""
    found: set[Path] = set()
    waiting = [path]
    while waiting:
        module = waiting.pop()
        if module in found:
            continue
        found.add(module)
        for name in imported(module):
            file = FUNCTIONS.joinpath(*name.split(".")).with_suffix(".py")
            waiting.extend([file] if file.exists() else [])
    return found


@cache
def operations(service: str) -> dict[str, str]:
    """Return the actions of a service by the names that a client's methods have."""
    model = botocore.session.get_session().get_service_model(service)
    prefix = model.signing_name
    actions = {xform_name(name): f"{prefix}:{name}" for name in model.operation_names}
    return {method: IAM_NAMES.get(action, action) for method, action in actions.items()}


def services_in(tree: ast.AST) -> set[str]:
    """Return the services that a module makes clients of: what stands in ``client("...", config)``."""
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args)
    return {
        call.args[0].value
        for call in calls
        if ast.unparse(call.func).split(".")[-1] in ("client", "create_client")
        if isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str)
    }


@cache
def calls_in(source: str) -> set[str]:
    """Return the actions behind the methods of clients that a module names."""
    tree = ast.parse(source)
    services = services_in(tree)
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value).split(".")[-1].endswith("client"):
            answers = [operations(one)[node.attr] for one in services if node.attr in operations(one)]
            assert len(answers) == 1, f"{ast.unparse(node)} is no operation of one of {sorted(services)}"
            found.add(answers[0])
    return found


def sources() -> dict[Path, str]:
    """Return the text of every module of the functions."""
    return {path: path.read_text() for path in modules(FUNCTIONS)}


def needed_by_functions(document: Json, role: str, given: Parameters, code: Sources) -> set[str]:
    found: set[str] = set()
    for function in resources(document, "AWS::Lambda::Function").values():
        if function["Role"] == {"Fn::GetAtt": [role, "Arn"]}:
            found.update(*(calls_in(code[path]) for path in imports_of(handler_file(function))))
            found.update(action for action, asks in OF_A_FUNCTION if asks(function))
    if "redshift-data:BatchExecuteStatement" in found:
        found.update(action for action, asks in ON_BEHALF if asks(given))
    return found


@cache
def tasks_of(machine: str) -> list[Json]:
    """Return the Tasks of a state machine, by its name in the template."""
    properties = template()["Resources"][machine]["Properties"]
    states = json.loads((ROOT / properties["DefinitionUri"]).read_text())["States"]
    return [state for state in states.values() if state["Type"] == "Task"]


def called_by(task: Json) -> tuple[str, str | None]:
    """Return the action that a Task calls, and what it takes for a role of its own for that."""
    integration = task["Resource"].removeprefix("arn:aws:states:::").removesuffix(".waitForTaskToken")
    if integration == "lambda:invoke":
        return "lambda:InvokeFunction", None
    sdk, service, action = integration.split(":")
    assert (sdk, service) == ("aws-sdk", "redshiftdata"), "another integration needs its action here"
    return f"redshift-data:{action[0].upper()}{action[1:]}", task["Credentials"]["RoleArn"]


def needed_by_machines(document: Json, role: str, given: Parameters) -> set[str]:
    found: set[str] = set()
    for name, machine in resources(document, "AWS::StepFunctions::StateMachine").items():
        calls = [called_by(task) for task in tasks_of(name)]
        if machine["RoleArn"] == {"Fn::GetAtt": [role, "Arn"]}:
            found.update(action for action, asks in OF_A_MACHINE if asks(machine))
            found.update(action for action, assumed in calls if assumed is None)
            found.update("sts:AssumeRole" for _action, assumed in calls if assumed is not None)
        if role == "DataApiRole":
            found.update(action for action, assumed in calls if assumed == "${DataApiRoleArn}")
    if "redshift-data:BatchExecuteStatement" in found:
        found.update(action for action, asks in ON_BEHALF if asks(given))
    return found


def difference(
    given: Parameters, *, document: Json | None = None, code: Sources | None = None
) -> dict[str, tuple[set[str], set[str]]]:
    """Return what each role has too much and lacks."""
    now = deployed(given, document)
    found = {}
    for role in resources(now, "AWS::IAM::Role"):
        needed = needed_by_functions(now, role, given, code or sources())
        needed |= needed_by_machines(now, role, given)
        have = granted(now, role)
        found[role] = (have - needed, needed - have)
    return found


def test_all_combinations_are_looked_at() -> None:
    document = template()
    for name in document["Conditions"]:
        decided = {holds({"Condition": name}, document, given) for given in COMBINATIONS}
        assert decided == {True, False}, name


@every_combination
def test_each_role_may_do_what_its_functions_call_and_nothing_else(given: Parameters) -> None:
    found = difference(given)
    assert {role: told for role, told in found.items() if told != (set(), set())} == {}


def with_action(document: Json, sid: str, change: Callable[[list[str]], None]) -> Json:
    """Return a copy of the template in which the actions of one statement are changed."""
    changed = copy.deepcopy(document)
    (statement,) = [one for one in everywhere(changed) if one.get("Sid") == sid]
    change(statement["Action"])
    return changed


def everywhere(node: Any) -> Iterator[Json]:
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from everywhere(value)
    elif isinstance(node, list):
        for value in node:
            yield from everywhere(value)


def test_a_permission_that_nothing_uses_is_found() -> None:
    added = "redshift-data:GetStatementResult"
    wider = with_action(translated(), "FollowStatements", lambda actions: actions.append(added))
    assert difference(COMBINATIONS[0], document=wider)["DataApiRole"] == ({added}, set())


@pytest.mark.parametrize(
    "sid", ["SubmitBatches", "FollowStatements", "WriteLogs", "Trace", "InvokeItsFunctions"]
)
def test_a_permission_that_is_missing_is_found(sid: str) -> None:
    document = copy.deepcopy(translated())
    (removed, *_others) = [one for one in everywhere(document) if one.get("Sid") == sid]
    lost = set(removed["Action"])
    removed["Action"] = []
    lacking = set().union(
        *(lacks for _extra, lacks in difference(COMBINATIONS[0], document=document).values())
    )
    assert lacking == lost


def test_a_call_without_a_permission_is_found() -> None:
    code = sources()
    path = FUNCTIONS / "redshift_batch" / "data_api.py"
    code[path] = code[path].replace("self._client.describe_statement", "self._client.get_statement_result")
    # Where no state machine calls the Data API itself.
    pair = next(given for given in COMBINATIONS if given["Ways"] == "pair")
    assert difference(pair, code=code)["DataApiRole"] == (
        {"redshift-data:DescribeStatement"},
        {"redshift-data:GetStatementResult"},
    )


def test_a_client_that_is_used_by_another_name_is_found() -> None:
    with pytest.raises(AssertionError, match="is no operation"):
        calls_in('client = clients.client("s3", CONFIG)\nclient.describe_statement()')


def test_every_module_that_makes_a_client_is_read() -> None:
    makers = {path.name for path, source in sources().items() if services_in(ast.parse(source))}
    assert makers >= {"data_api.py", "executions.py"}
    users = {path.name for path, source in sources().items() if calls_in(source)}
    assert users == makers


# How it is granted


@every_combination
def test_no_action_is_a_wildcard_and_wildcard_resources_have_a_reason(given: Parameters) -> None:
    document = deployed(given)
    used = set()
    for statement in everywhere(document["Resources"]):
        if "Effect" not in statement:
            continue
        assert statement["Effect"] == "Allow"
        assert {"NotAction", "NotResource", "NotPrincipal"} & set(statement) == set()
        actions = listed(statement["Action"])
        assert [action for action in actions if "*" in action] == []
        if "*" in listed(statement.get("Resource", [])):
            assert [action for action in actions if action not in WILDCARDS] == []
            used.update(actions)
    assert used == set(WILDCARDS)


@every_combination
def test_what_ends_in_a_wildcard_names_this_stack_or_what_was_given(given: Parameters) -> None:
    for statement in everywhere(deployed(given)["Resources"]):
        if "Effect" not in statement:
            continue
        for resource in listed(statement.get("Resource", [])):
            text = resource if isinstance(resource, str) else resource.get("Fn::Sub", "")
            if "*" in text and text != "*":
                assert re.match(
                    r"arn:\$\{AWS::Partition\}:[a-z-]+:\$\{AWS::Region\}:\$\{AWS::AccountId\}:", text
                )
                assert "${AWS::StackName}-" in text.partition("*")[0]


@every_combination
def test_a_key_opens_the_one_secret_and_only_through_secrets_manager(given: Parameters) -> None:
    found = [one for one in statements_of(deployed(given), "DataApiRole") if "kms:Decrypt" in one["Action"]]
    assert len(found) == bool(given["SecretKmsKeyArn"])
    for statement in found:
        assert statement["Action"] == ["kms:Decrypt"]
        assert statement["Resource"] == {"Ref": "SecretKmsKeyArn"}
        assert statement["Condition"] == {
            "StringEquals": {
                "kms:ViaService": {"Fn::Sub": "secretsmanager.${AWS::Region}.amazonaws.com"},
                "kms:EncryptionContext:SecretARN": {"Ref": "SecretArn"},
            }
        }


@pytest.mark.parametrize("secret", ["", SAMPLES["SecretArn"]], ids=["no secret", "secret"])
def test_a_key_without_its_secret_is_refused_before_anything_is_deployed(secret: str) -> None:
    document = template()
    given = {"SecretArn": secret, "SecretKmsKeyArn": SAMPLES["SecretKmsKeyArn"]}
    (assertion,) = document["Rules"]["KeyOfASecret"]["Assertions"]
    assert holds(assertion["Assert"], document, given) is bool(secret)


@every_combination
def test_roles_have_no_managed_policies_and_one_service_each_that_assumes_them(given: Parameters) -> None:
    for name, role in resources(deployed(given), "AWS::IAM::Role").items():
        assert role.get("ManagedPolicyArns", []) == [], name
        trust, *others = role["AssumeRolePolicyDocument"]["Statement"]
        assert list(trust["Principal"]) == ["Service"]
        assert isinstance(trust["Principal"]["Service"], str)
        assert trust["Action"] == "sts:AssumeRole"
        assert not others or name == "DataApiRole"


@every_combination
def test_the_role_that_sees_statements_lets_in_this_stacks_state_machines_alone(given: Parameters) -> None:
    document = deployed(given)
    roles = resources(document, "AWS::IAM::Role")
    _service, trust = roles["DataApiRole"]["AssumeRolePolicyDocument"]["Statement"]
    named = trust["Condition"]["ArnLike"]["aws:PrincipalArn"]["Fn::Sub"]
    path = "/${AWS::StackName}/state-machines/"
    assert named == f"arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role{path}*"
    assumes = {name for name in roles if "sts:AssumeRole" in granted(document, name)}
    machines = resources(document, "AWS::StepFunctions::StateMachine")
    asking = {
        machine["RoleArn"]["Fn::GetAtt"][0]
        for name, machine in machines.items()
        if any(assumed for _action, assumed in map(called_by, tasks_of(name)))
    }
    assert assumes == asking == {name for name, one in roles.items() if one.get("Path") == {"Fn::Sub": path}}
    for name, machine in template()["Resources"].items():
        if name in machines and machine["Properties"]["Role"]["Fn::GetAtt"][0] in asking:
            substituted = machine["Properties"]["DefinitionSubstitutions"]["DataApiRoleArn"]
            assert substituted == {"Fn::GetAtt": ["DataApiRole", "Arn"]}


@every_combination
def test_whoever_is_let_in_from_outside_is_named(given: Parameters) -> None:
    """A permission to invoke a function, and to send to a queue, holds for one source."""
    document = deployed(given)
    for permission in resources(document, "AWS::Lambda::Permission").values():
        assert "SourceArn" in permission
    for policy in resources(document, "AWS::SQS::QueuePolicy").values():
        for statement in policy["PolicyDocument"]["Statement"]:
            assert list(statement["Principal"]) == ["Service"]
            assert "aws:SourceArn" in json.dumps(statement["Condition"])


def in_stack(name: str, value: Any) -> str:
    """Return a text of the template as it stands in a stack of this name."""
    given = {"StackName": name, "Partition": "aws", "Region": "us-east-1", "AccountId": "123456789012"}
    text: str = value["Fn::Sub"]
    for parameter, said in given.items():
        text = text.replace(f"${{AWS::{parameter}}}", said)
    return text


def test_a_stack_whose_name_begins_with_anothers_is_out_of_its_reach() -> None:
    """The default of a trial begins with the default of a deployment."""
    document = deployed(next(given for given in COMBINATIONS if given["Ways"] == "all"))
    (logs,) = [
        listed(one["Resource"])
        for one in statements_of(document, "DataApiRole")
        if "logs:PutLogEvents" in listed(one["Action"])
    ]
    (sending,) = resources(document, "AWS::SQS::QueuePolicy").values()
    rules = listed(sending["PolicyDocument"]["Statement"][0]["Condition"]["ArnLike"]["aws:SourceArn"])
    arn = "arn:aws:{}:us-east-1:123456789012:{}"
    functions = {
        one["LoggingConfig"]["LogGroup"]["Ref"]
        for one in resources(document, "AWS::Lambda::Function").values()
        if one["Role"] == {"Fn::GetAtt": ["DataApiRole", "Arn"]}
    }
    groups = resources(document, "AWS::Logs::LogGroup")
    for own, other in (("orchbench", "orchbench-trial"), ("orchbench-trial", "orchbench")):
        allowed = [in_stack(own, one) for one in logs]
        heard = [in_stack(own, one) for one in rules]
        for group in functions:
            for name in (own, other):
                named = arn.format(
                    "logs", f"log-group:{in_stack(name, groups[group]['LogGroupName'])}:a-stream"
                )
                assert any(fnmatchcase(named, one) for one in allowed) is (name == own), named
        for rule in resources(document, "AWS::Events::Rule").values():
            if "DeadLetterConfig" in rule["Targets"][0]:
                for name in (own, other):
                    named = arn.format("events", f"rule/{in_stack(name, rule['Name'])}")
                    assert any(fnmatchcase(named, one) for one in heard) is (name == own), named


# What is kept and shown


@every_combination
def test_every_function_and_machine_logs_to_a_group_that_expires(given: Parameters) -> None:
    document = deployed(given)
    groups = resources(document, "AWS::Logs::LogGroup")
    assert all(group.get("RetentionInDays") for group in groups.values())
    functions = resources(document, "AWS::Lambda::Function").values()
    used = {function["LoggingConfig"]["LogGroup"]["Ref"] for function in functions}
    machines = resources(document, "AWS::StepFunctions::StateMachine").values()
    for machine in machines:
        destinations = machine["LoggingConfiguration"]["Destinations"]
        used |= {one["CloudWatchLogsLogGroup"]["LogGroupArn"]["Fn::GetAtt"][0] for one in destinations}
        assert machine["LoggingConfiguration"]["IncludeExecutionData"] is False
    assert used == set(groups)


@every_combination
def test_no_environment_variable_holds_a_secret(given: Parameters) -> None:
    secret = re.compile("PASSWORD|SECRET|TOKEN|CREDENTIAL|(^|_)KEY")
    parameters = template()["Parameters"]
    for function in resources(deployed(given), "AWS::Lambda::Function").values():
        for name, value in function["Environment"]["Variables"].items():
            if secret.search(name):
                # The secret's address: its value is read by the Data API, and by nothing here.
                assert name.endswith("_ARN")
            for parameter in references(value):
                assert not parameters[parameter].get("NoEcho")
                assert not secret.search(parameter.upper()) or parameter.endswith("Arn")


def test_no_secret_is_resolved_into_the_template() -> None:
    assert "{{resolve:" not in json.dumps(template())
    assert [name for name, one in template()["Parameters"].items() if one.get("NoEcho")] == []
