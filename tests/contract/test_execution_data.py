"""No call leaves it to AWS whether an answer holds payloads: its documents contradict each other on that."""

import ast
from collections.abc import Iterator
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name
from project import FUNCTIONS, ROOT, SOURCE, modules

SERVICES = ("lambda", "stepfunctions")


def switches() -> dict[str, str]:
    """Return the methods that take the switch, and how each spells it, by botocore's own models."""
    found = {}
    for service in SERVICES:
        model = botocore.session.get_session().get_service_model(service)
        for operation in model.operation_names:
            shape = model.operation_model(operation).input_shape
            for member in shape.members if shape else ():
                if member.lower() == "includeexecutiondata":
                    found[xform_name(operation)] = member
    return found


SWITCHES = switches()


def unsaid(source: str) -> Iterator[str]:
    """Yield the uses of these operations that do not say it, as ``keyword=value`` of the call itself.

    A method may be called, be handed to a function that calls it, or be named for a paginator.
    """
    tree = ast.parse(source)
    said = {
        id(part)
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        for part in (call.func, *call.args, *_paginated(call))
        if _operation(part) and SWITCHES[_operation(part)] in {one.arg for one in call.keywords}
    }
    for node in ast.walk(tree):
        if _operation(node) and id(node) not in said:
            yield f"line {node.lineno}: {ast.unparse(node)}"  # type: ignore[attr-defined]


def unsaid_in_tables(source: str) -> Iterator[str]:
    """Yield the tuples that name such an operation and do not say it beside the name."""
    for row in ast.walk(ast.parse(source)):
        if isinstance(row, ast.Tuple):
            beside = {one.arg for call in row.elts if isinstance(call, ast.Call) for one in call.keywords}
            for named in row.elts:
                if isinstance(named, ast.Constant) and SWITCHES.get(str(named.value), "") not in {
                    "",
                    *beside,
                }:
                    yield f"line {row.lineno}: {ast.unparse(row)}"


def _operation(node: ast.AST) -> str:
    """Return the operation that a node means: ``client.operation``, or ``get_paginator("operation")``."""
    if isinstance(node, ast.Attribute) and node.attr in SWITCHES and not _is_of_the_testing_sdk(node):
        return node.attr
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        named = node.args[0] if node.func.attr == "get_paginator" and node.args else None
        if isinstance(named, ast.Constant) and named.value in SWITCHES:
            return str(named.value)
    return ""


def _is_of_the_testing_sdk(node: ast.Attribute) -> bool:
    """Tell its executor's method of the same name, which spells the switch in Python's way."""
    return ast.unparse(node.value) == "executor"


def _paginated(call: ast.Call) -> list[ast.AST]:
    is_pages = isinstance(call.func, ast.Attribute) and call.func.attr == "paginate"
    return [call.func.value] if is_pages and isinstance(call.func, ast.Attribute) else []


def test_the_models_name_the_operations_that_take_the_switch() -> None:
    assert SWITCHES == {
        "get_durable_execution": "IncludeExecutionData",
        "get_durable_execution_history": "IncludeExecutionData",
        "get_execution_history": "includeExecutionData",
    }


OURS = [*modules(FUNCTIONS), *modules(SOURCE)]
FILES = [*OURS, *modules(ROOT / "tests")]


@pytest.mark.parametrize("operation", SWITCHES)
def test_every_operation_is_used_somewhere(operation: str) -> None:
    assert any(operation in path.read_text() for path in FILES if path != Path(__file__))


@pytest.mark.slow
def test_every_call_says_whether_it_wants_payloads() -> None:
    # Only what names one is read as code.
    texts = {str(path.relative_to(ROOT)): path.read_text() for path in FILES}
    naming = {path: text for path, text in texts.items() if any(name in text for name in SWITCHES)}
    found = {path: list(unsaid(text)) for path, text in naming.items()}
    assert len(found) > len(SWITCHES)
    assert {path: calls for path, calls in found.items() if calls} == {}


def test_every_table_of_calls_says_whether_it_wants_payloads() -> None:
    found = {str(path.relative_to(ROOT)): list(unsaid_in_tables(path.read_text())) for path in OURS}
    assert {path: rows for path, rows in found.items() if rows} == {}


def test_a_row_that_leaves_it_out_is_found() -> None:
    row = "('lambda', 'get_durable_execution', named('DurableExecutionArn'{}))"
    assert len(list(unsaid_in_tables(row.format("")))) == 1
    assert list(unsaid_in_tables(row.format(", IncludeExecutionData=False"))) == []


@pytest.mark.parametrize(
    "source",
    [
        "client.get_durable_execution(DurableExecutionArn=arn)",
        "answer(self._client.get_execution_history, 'gone', **request)",
        "client.get_paginator('get_durable_execution_history').paginate(DurableExecutionArn=arn)",
        "pages = client.get_paginator('get_execution_history')",
        "stack.client('lambda').get_durable_execution(DurableExecutionArn=arn, includeExecutionData=True)",
    ],
)
def test_a_call_that_leaves_it_out_is_found(source: str) -> None:
    assert len(list(unsaid(source))) == 1


@pytest.mark.parametrize(
    "source",
    [
        "client.get_durable_execution(DurableExecutionArn=arn, IncludeExecutionData=False)",
        "answer(self._client.get_execution_history, 'gone', includeExecutionData=True, **request)",
        "client.get_paginator('get_durable_execution_history').paginate(IncludeExecutionData=True)",
    ],
)
def test_a_call_that_says_it_is_not(source: str) -> None:
    assert list(unsaid(source)) == []
