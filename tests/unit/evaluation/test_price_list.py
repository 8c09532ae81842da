import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import jsonschema
import pytest

from orchbench.cli import main
from orchbench.deployment.price_list import refreshed
from orchbench.evaluation.prices import FOLDER, SCHEMA_FILE, prices_from_json

TODAY = date(2026, 11, 21)


class AwsPriceList:
    """Answers get_products as AWS does: JSON texts, filtered, tiers in no order."""

    def __init__(self, durable_usd: str = "0.000009") -> None:
        self.asked: list[dict[str, Any]] = []
        self._durable_usd = durable_usd

    def get_paginator(self, operation: str) -> "AwsPriceList":
        assert operation == "get_products"
        return self

    def paginate(self, **request: Any) -> Iterator[dict[str, Any]]:
        self.asked.append(request)
        values = {one["Field"]: one["Value"] for one in request["Filters"]}
        if values.get("group") == "AWS-Lambda-Durable-Execution-Operations":
            yield {
                "PriceList": [
                    self._product("DurableOperations", {"0": self._durable_usd, "1000": "0.000001"})
                ]
            }
        elif request["ServiceCode"] == "AmazonStates":
            yield {"PriceList": [self._product("APN1-StateTransition", {"0": "0", "4000": "0.000025"})]}
            yield {"PriceList": [self._product("APN1-StepFunctions-Request", {"0": "0.000001"})]}
        else:
            yield {"PriceList": []}

    def _product(self, usage: str, tiers: dict[str, str]) -> str:
        dimensions = {
            f"tier {begin}": {"beginRange": begin, "pricePerUnit": {"USD": usd}}
            for begin, usd in sorted(tiers.items(), reverse=True)
        }
        return json.dumps(
            {
                "product": {"attributes": {"usagetype": usage}},
                "terms": {"OnDemand": {"one": {"priceDimensions": dimensions}}},
            }
        )


def tokyo() -> dict[str, Any]:
    document: dict[str, Any] = json.loads((FOLDER / "ap-northeast-1.json").read_text())
    return document


def test_a_refresh_takes_the_first_paid_tier_and_says_where_it_is_from() -> None:
    aws = AwsPriceList()
    document, missing = refreshed(tokyo(), aws, today=TODAY)

    durable = prices_from_json(document)["durable_operation"]
    assert (durable.usd, durable.confidence, durable.date) == (Decimal("0.000009"), "seen", "2026-11-21")
    assert durable.assumed_from is None
    assert prices_from_json(document)["state_transition"].usd == Decimal("0.000025")
    assert "lambda_request" in missing
    assert all(
        {"Type": "TERM_MATCH", "Field": "regionCode", "Value": "ap-northeast-1"} in one["Filters"]
        for one in aws.asked
    )


def test_what_the_list_does_not_answer_for_stays_as_it_is() -> None:
    before = tokyo()
    document, missing = refreshed(before, AwsPriceList(), today=TODAY)

    for key in (*missing, "glue_dpu_hour"):
        assert document["prices"][key] == before["prices"][key]


def test_a_price_in_another_unit_is_not_taken() -> None:
    document, missing = refreshed(tokyo(), AwsPriceList(durable_usd="8"), today=TODAY)

    assert "durable_operation" in missing
    assert document["prices"]["durable_operation"] == tokyo()["prices"]["durable_operation"]


def test_a_refreshed_file_keeps_the_schema() -> None:
    document, _ = refreshed(tokyo(), AwsPriceList(), today=TODAY)

    jsonschema.validate(document, json.loads(SCHEMA_FILE.read_text()))


def test_prices_shows_sources_and_says_what_is_assumed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prices", "--region", "ap-northeast-1", "--json"]) == 0
    printed = capsys.readouterr()
    document = json.loads(printed.out)

    assert printed.err == ""
    assert all(one["source"] and one["label"] for one in document["prices"].values())
    assert document["prices"]["durable_operation"]["label"] == "assumed"
    assert document["prices"]["durable_operation"]["assumed_from"] == "us-east-1"
    assert any("Tokyo" in note for note in document["notes"])
