from typing import Any

import pytest

from orchbench.redshift.errors import ServiceError
from orchbench.redshift.model import OPERATIONS, answer_encoder, request_check, service_model, targets

ID = "d9b6c0c9-0747-4bf4-b142-e8883122f766"


@pytest.mark.parametrize(
    ("operation", "request_body", "code", "sentence"),
    [
        ("DescribeStatement", [], "SerializationException", "the request"),
        ("DescribeStatement", {}, "ValidationException", "Member must not be null"),
        ("DescribeStatement", {"Id": None}, "ValidationException", "Member must not be null"),
        ("DescribeStatement", {"Id": 5}, "SerializationException", "JSON string"),
        ("DescribeStatement", {"Id": "5"}, "ValidationException", "regular expression"),
        ("DescribeStatement", {"Id": ID, "Name": "x"}, "ValidationException", "Unknown parameter 'Name'"),
        ("DescribeStatement", {"Id": ID, "WaitTimeSeconds": 0}, "ValidationException", "or equal to 1"),
        ("DescribeStatement", {"Id": ID, "WaitTimeSeconds": 31}, "ValidationException", "or equal to 30"),
        ("DescribeStatement", {"Id": ID, "WaitTimeSeconds": True}, "SerializationException", "integer"),
        ("DescribeStatement", {"Id": ID, "WaitTimeSeconds": "5"}, "SerializationException", "integer"),
        ("ListStatements", {"Status": "DONE"}, "ValidationException", "enum value set"),
        ("ListStatements", {"MaxResults": 101}, "ValidationException", "or equal to 100"),
        ("ListStatements", {"RoleLevel": "yes"}, "SerializationException", "boolean"),
        ("ExecuteStatement", {"Sql": "SELECT 1", "ClientToken": "x" * 65}, "ValidationException", "64"),
        ("ExecuteStatement", {"Sql": "SELECT 1", "WorkgroupName": "A_b"}, "ValidationException", "regular"),
        ("BatchExecuteStatement", {"Sqls": "SELECT 1"}, "SerializationException", "JSON list"),
        ("BatchExecuteStatement", {"Sqls": ["a", 1]}, "SerializationException", "Sqls.2.member"),
        ("BatchExecuteStatement", {"Sqls": ["a"], "ExecutionMode": "x"}, "ValidationException", "enum"),
    ],
)
def test_a_request_outside_the_model_is_refused(
    operation: str, request_body: Any, code: str, sentence: str
) -> None:
    with pytest.raises(ServiceError) as caught:
        request_check(operation)(request_body)
    assert caught.value.code == code
    assert sentence in caught.value.message


def test_a_refusal_does_not_repeat_the_value() -> None:
    with pytest.raises(ServiceError) as caught:
        request_check("ExecuteStatement")({"Sql": ["SELECT secret"]})
    assert "secret" not in caught.value.message


@pytest.mark.parametrize(
    "workgroup", ["orders", "arn:aws:redshift-serverless:eu-west-1:123456789012:workgroup/" + ID]
)
def test_a_workgroup_may_be_a_name_or_an_arn(workgroup: str) -> None:
    request_check("ExecuteStatement")({"Sql": "SELECT 1", "WorkgroupName": workgroup})


@pytest.mark.parametrize(
    "answer",
    [
        {"Id": ID, "Colour": "red"},
        {"Status": "FINISHED"},
        {"Id": ID, "Status": "DONE"},
        {"Id": ID, "Duration": 1.5},
        {"Id": ID, "SubStatements": [{"Id": ID, "Colour": "red"}]},
    ],
)
def test_an_answer_outside_the_model_cannot_leave(answer: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        answer_encoder("DescribeStatement")(answer)


def test_absent_members_are_left_out_and_times_keep_microseconds() -> None:
    encoded = answer_encoder("DescribeStatement")(
        {"Id": ID, "Error": None, "CreatedAt": 1_790_000_000.1234567}
    )
    assert encoded == {"Id": ID, "CreatedAt": 1_790_000_000.123457}


def test_bytes_travel_as_base64() -> None:
    encoded = answer_encoder("GetStatementResult")({"Records": [[{"blobValue": b"\x00\xff"}]]})
    assert encoded == {"Records": [[{"blobValue": "AP8="}]]}


def test_every_operation_has_its_target() -> None:
    assert set(targets().values()) == set(OPERATIONS) <= set(service_model().operation_names)
    assert targets()["RedshiftData.ListStatements"] == "ListStatements"
