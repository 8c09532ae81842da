import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orchbench.cli import main
from orchbench.commands.estimation import candidates
from orchbench.commands.failure import UsageError
from orchbench.commands.prices import refresh
from orchbench.deployment.price_list import PRODUCTS
from orchbench.evaluation.price_keys import price_keys
from orchbench.evaluation.prices import (
    FOLDER,
    InvalidPrices,
    known_regions,
    price_list,
    price_list_in,
    prices_from_json,
)

TODAY = date(2026, 11, 21)
USAGE = {
    "state_transition": "StateTransition",
    "logs_ingested": "DataProcessing-Bytes",
    "vended_logs_ingested": "VendedLog-Bytes",
    "express_request": "StepFunctions-Request",
    "express_gb_second": "StepFunctions-GB-Second",
    "fargate_vcpu_hour_x86_64": "Fargate-vCPU-Hours:perCPU",
    "fargate_gb_hour_x86_64": "Fargate-GB-Hours",
    "redshift_rpu_hour": "Redshift:ServerlessUsage",
    "xray_trace": "XRay-TracesStored",
    "custom_metric": "CW:MetricMonitorUsage",
    "alarm": "CW:AlarmMonitorUsage",
    "dashboard": "DashboardsUsageHour",
}
"""The usage types of services whose products have no group."""


class AwsPriceList:
    """Answers get_products as AWS does: JSON texts, filtered, tiers in no order, products beside the one.

    Args:
        usd: another price than the project's own by its key; several for several SKUs, none for none.
        region: whose prices it has.
        currency: that they are in.
    """

    def __init__(
        self,
        usd: Mapping[str, list[str]] | None = None,
        region: str = "ap-northeast-1",
        currency: str = "USD",
    ) -> None:
        self.asked: list[dict[str, Any]] = []
        self._usd = usd or {}
        self._region = region
        self._currency = currency
        self._usual = price_list("us-east-1").prices

    def get_paginator(self, operation: str) -> "AwsPriceList":
        assert operation == "get_products"
        return self

    def paginate(self, **request: Any) -> Iterator[dict[str, Any]]:
        self.asked.append(request)
        asked = {one["Field"]: one["Value"] for one in request["Filters"]}
        if asked.pop("regionCode") != self._region:
            yield {"PriceList": []}
            return
        for key, product in PRODUCTS.items():
            if product.service == request["ServiceCode"] and dict(product.filters) == asked:
                usd = self._usd.get(key, [f"{self._usual[key].usd:f}"])
                attributes = {"usagetype": f"APN1-{USAGE.get(key, 'Any')}", "operation": "Jobrun"}
                yield {"PriceList": [self._product(attributes, one) for one in usd]}
        flex = {"usagetype": "APN1-ETL-Flex-DPU-Hour", "operation": "FlexJobrun"}
        yield {"PriceList": [self._product(flex, "0.29")] if request["ServiceCode"] == "AWSGlue" else []}

    def _product(self, attributes: Mapping[str, str], usd: str) -> str:
        tiers = {"1000": f"{Decimal(usd) / 2:f}", "4": usd, "0": "0"}
        dimensions = {
            f"tier {begin}": {"beginRange": begin, "pricePerUnit": {self._currency: one}}
            for begin, one in tiers.items()
        }
        terms = {"OnDemand": {"one": {"priceDimensions": dimensions}}}
        return json.dumps({"product": {"attributes": attributes}, "terms": terms})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the price files, which a refresh may change."""
    for file in FOLDER.glob("*.json"):
        (tmp_path / file.name).write_text(file.read_text())
    return tmp_path


def test_a_refresh_reads_every_price_that_it_can_find_and_names_the_four_that_it_cannot(folder: Path) -> None:
    aws = AwsPriceList()
    said = refresh("ap-northeast-1", aws, TODAY, folder)
    prices = price_list("ap-northeast-1", folder)

    assert said == (
        "ap-northeast-1.json: 19 of 23 prices are AWS's of today. Not asked for, as nothing is known of them "
        "in AWS's list: eventbridge service event, redshift data api call, scheduler invocation, airflow "
        "small environment hour."
    )
    assert {(prices[key].confidence, prices[key].date) for key in PRODUCTS} == {("seen", "2026-11-21")}
    assert {prices[key].assumed_from for key in PRODUCTS} == {None}
    assert prices["glue_dpu_hour"].usd == Decimal("0.44")


def test_several_products_of_one_price_are_one_clear_answer_and_of_two_none(folder: Path) -> None:
    aws = AwsPriceList(
        {"lambda_request": ["0.0000003", "0.00000030"], "state_transition": ["0.00002", "0.00003"]}
    )
    before = price_list("ap-northeast-1", folder)
    said = refresh("ap-northeast-1", aws, TODAY, folder)
    prices = price_list("ap-northeast-1", folder)

    assert prices["lambda_request"].usd == Decimal("0.0000003")
    assert prices["state_transition"] == before["state_transition"]
    assert "AWS's list has no single likely price: state transition." in said


def test_a_price_in_another_unit_is_not_taken(folder: Path) -> None:
    refresh("ap-northeast-1", AwsPriceList({"durable_operation": ["8"]}), TODAY, folder)

    assert price_list("ap-northeast-1", folder)["durable_operation"].confidence == "assumed"


def test_a_region_that_aws_does_not_know_is_refused_and_no_file_is_written(folder: Path) -> None:
    with pytest.raises(UsageError, match="AWS's price list has no price of 'xx-north-1'"):
        refresh("xx-north-1", AwsPriceList(), TODAY, folder)
    assert not (folder / "xx-north-1.json").exists()


def test_a_region_whose_prices_are_not_in_dollars_is_refused_in_one_sentence(folder: Path) -> None:
    aws = AwsPriceList(region="cn-north-1", currency="CNY")
    with pytest.raises(UsageError, match=r"has the prices of cn-north-1 in CNY.*reckons in USD"):
        refresh("cn-north-1", aws, TODAY, folder)
    assert not (folder / "cn-north-1.json").exists()


def test_a_region_that_is_new_here_gets_a_file_that_says_what_it_did_not_find(folder: Path) -> None:
    aws = AwsPriceList({"durable_operation": []}, region="me-south-1")
    refresh("me-south-1", aws, TODAY, folder)
    prices = price_list("me-south-1", folder)

    assert prices["lambda_request"].confidence == "seen"
    assert prices["durable_operation"].assumed_from == "us-east-1"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda one: one["prices"]["durable_operation"].update(unit="million operations"),
            "its prices.durable_operation.unit is 'million operations', where 'operation' belongs",
        ),
        (lambda one: one.update(currency="EUR"), "its currency is 'EUR', where 'USD' belongs"),
        (
            lambda one: one.update(region="eu-west-1"),
            "holds the prices of eu-west-1, where those of us-east-1",
        ),
        (
            lambda one: one["prices"]["state_transition"].update(confidence="sure"),
            "is 'sure', where one of seen, quoted, assumed belongs",
        ),
        (
            lambda one: one["prices"]["state_transition"].update(confidence="assumed"),
            "its prices.state_transition.note is ''",
        ),
        (lambda one: one["prices"]["state_transition"].pop("source"), "state_transition has no 'source'"),
        (lambda one: one["prices"]["state_transition"].pop("usd"), "state_transition has no 'usd'"),
        (lambda one: one["prices"].pop("durable_operation"), "its prices has no 'durable_operation'"),
        (lambda one: one["prices"].update(durable={}), "its prices has 'durable', which is not known"),
        (
            lambda one: one["prices"]["state_transition"]["free_tier"].update(unit="request"),
            "free_tier.unit is 'request', where 'transition' belongs",
        ),
        (lambda one: one["prices"]["state_transition"].update(usd="-1"), "usd is '-1', which is not as"),
    ],
)
def test_a_price_file_that_breaks_its_schema_is_refused_in_one_sentence(
    change: Callable[[Any], object], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = json.loads((FOLDER / "us-east-1.json").read_text())
    change(document)
    file = tmp_path / "prices.json"
    file.write_text(json.dumps(document))

    asked = "decide --duration 1h --runs-a-month 9 --acceptable-lag 1m --prices"
    assert main([*asked.split(), str(file)]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert said in printed.err
    assert printed.err.count("\n") == 1


@pytest.mark.parametrize("region", known_regions())
def test_a_regions_list_is_whole_and_every_price_that_is_not_its_own_says_whose_it_is(region: str) -> None:
    prices = price_list(region)
    listed = prices_from_json(json.loads((FOLDER / f"{region}.json").read_text()))

    assert list(prices.prices) == list(price_list("us-east-1").prices)
    assert "state_transition" in listed
    usual = price_list("us-east-1")
    for key in prices.prices.keys() - listed.keys() - {"redshift_data_api_call"}:
        if usual[key].confidence == "assumed":
            # It is known of no region: it stays what it is assumed from.
            assert prices[key] == usual[key]
            continue
        assert (prices[key].confidence, prices[key].assumed_from) == ("assumed", "us-east-1")
        assert region in prices[key].note


@pytest.mark.parametrize(
    ("region", "usd"),
    [
        ("eu-west-1", "0.000025"),
        ("eu-west-3", "0.0000297"),
        ("sa-east-1", "0.0000375"),
        ("us-west-1", "0.0000279"),
    ],
)
def test_a_region_has_its_own_price_of_a_transition(region: str, usd: str) -> None:
    assert price_list(region)["state_transition"].usd == Decimal(usd)


def test_a_headline_names_what_is_another_regions_price(capsys: pytest.CaptureFixture[str]) -> None:
    asked = "decide --duration 1h --runs-a-month 9 --acceptable-lag 1m --region"
    assert main([*asked.split(), "ap-northeast-1", "--verbose"]) == 0
    headline = capsys.readouterr().out.splitlines()[0]
    ways = price_keys((one.usage for one in candidates(None)), "x86_64")

    assert headline.endswith("at list prices of ap-northeast-1 (durable prices assumed from us-east-1).")
    assert main(["estimate", "--duration", "1h", "--region", "ap-northeast-1"]) == 0
    estimated = " ".join(capsys.readouterr().out.split())
    assert "ap-northeast-1 (durable prices assumed from us-east-1). way poll" in estimated
    assert price_list("eu-west-3").told(ways) == (
        "eu-west-3 (all but state transition assumed from us-east-1)"
    )
    assert price_list("us-east-1").told(ways) == "us-east-1"


@pytest.mark.parametrize("command", ["estimate", "decide --runs-a-month 9 --acceptable-lag 1m", "prices"])
def test_a_region_without_prices_is_refused_and_told_where_there_are_some(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    duration = [] if command == "prices" else ["--duration", "1h"]
    assert main([*command.split(), *duration, "--region", "xx-north-1"]) == 2
    printed = capsys.readouterr()

    assert printed.out == ""
    assert printed.err.startswith(
        "orchbench: No prices are known of the region 'xx-north-1': name one of ap-northeast-1"
    )
    assert printed.err.count("\n") == 1


def test_a_price_is_old_when_it_was_read_more_than_a_year_before() -> None:
    prices = price_list("ap-northeast-1")
    keys = ["state_transition", "lambda_request", "logs_ingested"]

    assert prices.old(keys, date(2026, 9, 24)) == [
        "Read more than a year ago, and so perhaps out of date: the price of state transition (2019) and "
        "logs ingested (2025-09-23)."
    ]
    assert "logs" not in prices.old(keys, date(2026, 9, 23))[0]
    assert prices.old(["lambda_request"], date(2027, 9, 19)) == []


def test_a_month_or_a_year_is_as_old_as_its_end(tmp_path: Path) -> None:
    document = json.loads((FOLDER / "us-east-1.json").read_text())
    document["prices"]["state_transition"]["date"] = "2025-06"
    (tmp_path / "us-east-1.json").write_text(json.dumps(document))
    price = price_list_in(tmp_path / "us-east-1.json", "us-east-1")["state_transition"]

    assert not price.is_old(date(2026, 6, 30))
    assert price.is_old(date(2026, 7, 1))


def test_a_free_tier_of_logs_is_taken_off(capsys: pytest.CaptureFixture[str]) -> None:
    asked = "estimate --duration 1h --poll fixed:10s --way sfn-poll --runs-a-month 100 --free-tier --json"
    main(asked.split())
    lines = json.loads(capsys.readouterr().out)["estimates"][0]["bill"]["lines"]
    logs = next(line for line in lines if line["what"] == "logs ingested")

    assert (logs["quantity"], logs["amount_usd"]) == ("0", "0")
    assert Decimal(logs["free_quantity"]) > 0


def test_prices_shows_sources_and_says_what_is_assumed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prices", "--region", "ap-northeast-1", "--json"]) == 0
    printed = capsys.readouterr()
    document = json.loads(printed.out)

    assert printed.err == ""
    assert all(one["source"] and one["label"] for one in document["prices"].values())
    assert document["prices"]["durable_operation"]["label"] == "assumed"
    assert document["prices"]["durable_operation"]["assumed_from"] == "us-east-1"
    assert document["prices"]["state_transition"]["old"]
    assert any("not known of ap-northeast-1" in note for note in document["notes"])


def test_a_list_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidPrices, match=r"gone\.json cannot be read: No such file"):
        price_list_in(tmp_path / "gone.json", "us-east-1")


@pytest.mark.parametrize(
    ("changed", "said"),
    [({"source": " "}, "source is ' '"), ({"date": "2999-01"}, "dated 2999-01, after today")],
    ids=["source", "date"],
)
def test_a_price_that_nobody_can_have_read_is_refused(
    changed: dict[str, str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = json.loads((FOLDER / "us-east-1.json").read_text())
    document["prices"]["state_transition"] |= changed
    path = tmp_path / "prices.json"
    path.write_text(json.dumps(document))
    asked = "decide --duration 1h --runs-a-month 9 --acceptable-lag 1m --prices"

    assert main([*asked.split(), str(path)]) == 2
    assert said in capsys.readouterr().err


def test_a_share_that_is_more_than_the_whole_is_not_assumed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["estimate", "--duration", "1h", "--assume", "failed_runs_share=5"]) == 2
    assert "'failed_runs_share=5' is not a number from 0 to 1." in capsys.readouterr().err


@pytest.mark.slow
def test_one_run_is_told_as_one(capsys: pytest.CaptureFixture[str]) -> None:
    main("decide --duration 1h --runs-a-month 1 --acceptable-lag 1m".split())  # noqa: SIM905
    assert " a month (assumed) for 1 run at " in " ".join(capsys.readouterr().out.split())
