"""The actions that code calls on AWS, read from its text.

A call is the name of a boto3 operation or of a paginator in a module that works against an account, whatever
its client is called there.
"""

import ast
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import botocore.session
from botocore import xform_name

IAM_NAMES = {"lambda:Invoke": "lambda:InvokeFunction"}
IAM_SERVICES = {"monitoring": "cloudwatch"}
"""What IAM calls a service that signs under another name."""


@cache
def named_in(text: str) -> tuple[frozenset[str], Mapping[str, frozenset[str]]]:
    """Return the attributes of a module, and the literals that calls of some functions have in front."""
    nodes = list(ast.walk(ast.parse(text)))
    literals: dict[str, set[str]] = {"client": set(), "get_paginator": set(), "get_waiter": set()}
    for node in nodes:
        if isinstance(node, ast.Call) and node.args:
            function, first = ast.unparse(node.func).split(".")[-1], node.args[0]
            if function in literals and isinstance(first, ast.Constant) and isinstance(first.value, str):
                literals[function].add(first.value)
    attributes = frozenset(node.attr for node in nodes if isinstance(node, ast.Attribute))
    return attributes, {function: frozenset(found) for function, found in literals.items()}


@cache
def actions_by_operation(service: str) -> Mapping[str, str]:
    """Return the action behind each operation of a service, by the operation's name in Python."""
    model = botocore.session.get_session().get_service_model(service)
    service = IAM_SERVICES.get(model.signing_name, model.signing_name)
    actions = {name: f"{service}:{name}" for name in model.operation_names}
    return {xform_name(name): IAM_NAMES.get(action, action) for name, action in actions.items()}


def actions_called(code: Mapping[Path, str]) -> set[str]:
    """Return the actions behind every operation that is named in the code."""
    modules_named = [named_in(text) for text in code.values()]
    operations: dict[str, set[str]] = {}
    for service in {one for _attributes, literals in modules_named for one in literals["client"]}:
        for name, action in actions_by_operation(service).items():
            operations.setdefault(name, set()).add(action)
    found: set[str] = set()
    for attributes, literals in modules_named:
        names = attributes | literals["get_paginator"] | literals["get_waiter"]
        for name in names & operations.keys():
            assert len(operations[name]) == 1, f"{name} is an operation of several services"
            found |= operations[name]
    return found
