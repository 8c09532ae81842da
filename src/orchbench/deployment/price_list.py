"""AWS's own price list, asked through boto3: what a region's price file says now.

It changes the prices that it finds and nothing else: a price that AWS's list does not answer for stays as it
is, with its source. The figures stay where they belong, in ``evaluation/prices``.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import boto3

from orchbench.trace import Json

PRICING_REGION = "us-east-1"
"""The price list answers in few regions; this one has it, for every region's prices."""
CURRENCY = "USD"
SOURCE = "AWS Price List API"
LIKELY_FACTOR = 4


class AnotherCurrency(ValueError):
    """AWS's list has a region's prices in a currency that nothing here reckons in: one sentence."""


@dataclass(frozen=True)
class Product:
    """Where a price stands in AWS's list.

    Attributes:
        filters: attributes that AWS's list is asked for.
        usage: the product's ``usagetype`` without the region before it, where that tells it from others.
        operation: the product's ``operation``, likewise.
    """

    service: str
    filters: Mapping[str, str] = field(default_factory=dict)
    usage: str = ""
    operation: str = ""

    def is_it(self, attributes: Mapping[str, str]) -> bool:
        """Tell whether a product of AWS's list is this one."""
        usage, operation = attributes.get("usagetype", ""), attributes.get("operation", "")
        return (not self.usage or usage == self.usage or usage.endswith(f"-{self.usage}")) and (
            not self.operation or operation.lower() == self.operation
        )


PRODUCTS: Mapping[str, Product] = {
    "state_transition": Product("AmazonStates", usage="StateTransition"),
    "lambda_request": Product("AWSLambda", {"group": "AWS-Lambda-Requests"}),
    "lambda_gb_second_x86_64": Product("AWSLambda", {"group": "AWS-Lambda-Duration"}),
    "lambda_gb_second_arm64": Product("AWSLambda", {"group": "AWS-Lambda-Duration-ARM"}),
    "durable_operation": Product("AWSLambda", {"group": "AWS-Lambda-Durable-Execution-Operations"}),
    "durable_data_written": Product("AWSLambda", {"group": "AWS-Lambda-Durable-Execution-Written-Bytes"}),
    "durable_data_retained": Product(
        "AWSLambda", {"group": "AWS-Lambda-Durable-Execution-TimedStorage-ByteHrs"}
    ),
    "logs_ingested": Product("AmazonCloudWatch", usage="DataProcessing-Bytes"),
    "vended_logs_ingested": Product("AmazonCloudWatch", usage="VendedLog-Bytes"),
    "express_request": Product("AmazonStates", usage="StepFunctions-Request"),
    "express_gb_second": Product("AmazonStates", usage="StepFunctions-GB-Second"),
    "glue_dpu_hour": Product("AWSGlue", {"group": "ETL Job run"}, operation="jobrun"),
    "fargate_vcpu_hour_x86_64": Product("AmazonECS", usage="Fargate-vCPU-Hours:perCPU"),
    "fargate_gb_hour_x86_64": Product("AmazonECS", usage="Fargate-GB-Hours"),
    "redshift_rpu_hour": Product("AmazonRedshift", usage="Redshift:ServerlessUsage"),
    "xray_trace": Product("AWSXRay", usage="XRay-TracesStored"),
    "custom_metric": Product("AmazonCloudWatch", usage="CW:MetricMonitorUsage"),
    "alarm": Product("AmazonCloudWatch", usage="CW:AlarmMonitorUsage"),
    "dashboard": Product("AmazonCloudWatch", usage="DashboardsUsageHour"),
}
"""The groups and usage types as price tools of others ask for them (infracost); no AWS page lists them."""


@dataclass(frozen=True)
class Refreshed:
    """A price file with AWS's prices of a day.

    Attributes:
        found: the keys of the prices that AWS's list has.
        unclear: of those that it has no single likely price for: they stay as they are.
        unasked: of those that are not asked for: AWS sells no such thing, or where it stands is not known.
    """

    document: Json
    found: Sequence[str]
    unclear: Sequence[str]
    unasked: Sequence[str]


def pricing_client(profile: str | None = None) -> Any:
    """Return a boto3 client of the price list."""
    return boto3.Session(profile_name=profile).client("pricing", region_name=PRICING_REGION)


def refreshed(document: Json, pattern: Json, client: Any, *, today: date) -> Refreshed:
    """Return a region's price file with AWS's prices of today.

    No answer is clear that is several prices, or one far from the price before: its unit would be another
    one. Several products of one price are one answer.

    Args:
        document: of the region's file; one without prices to begin a file.
        pattern: the prices of a complete list, for the unit, tier and free tier of what the file lacks.
        client: a boto3 client of ``pricing``.
        today: written beside each price that was found.

    Raises:
        AnotherCurrency: the region's prices are not in US dollars.
    """
    prices: Json = dict(document["prices"])
    found: list[str] = []
    unclear: list[str] = []
    for key, product in PRODUCTS.items():
        before: Json = prices.get(key) or pattern[key]
        usd = set(_first_tier_usd(client, product, document["region"]))
        if len(usd) != 1 or not _is_likely(min(usd), Decimal(before["usd"])):
            unclear.append(key)
            continue
        found.append(key)
        prices[key] = before | {
            "usd": f"{min(usd).normalize():f}",
            "source": SOURCE,
            "date": today.isoformat(),
            "confidence": "seen",
            "assumed_from": None,
            "note": "",
        }
    unasked = [key for key in pattern if key not in PRODUCTS]
    return Refreshed(document | {"prices": prices}, found, unclear, unasked)


def _is_likely(new: Decimal, old: Decimal) -> bool:
    return old / LIKELY_FACTOR <= new <= old * LIKELY_FACTOR


def _first_tier_usd(client: Any, product: Product, region: str) -> Iterator[Decimal]:
    """Yield the price of the first tier of each product that answers; one is what is hoped for."""
    wanted = {"regionCode": region, **product.filters}
    filters = [{"Type": "TERM_MATCH", "Field": name, "Value": value} for name, value in wanted.items()]
    pages = client.get_paginator("get_products").paginate(ServiceCode=product.service, Filters=filters)
    for page in pages:
        for text in page["PriceList"]:
            entry: Json = json.loads(text) if isinstance(text, str) else text
            if product.is_it(entry["product"]["attributes"]):
                yield from _first_tiers(entry, region)


def _first_tiers(entry: Json, region: str) -> Sequence[Decimal]:
    """Return the prices per unit that hold from zero on and are not free."""
    dimensions = [
        one
        for term in entry["terms"].get("OnDemand", {}).values()
        for one in term["priceDimensions"].values()
    ]
    other = next((one["pricePerUnit"] for one in dimensions if CURRENCY not in one["pricePerUnit"]), None)
    if other is not None:
        raise AnotherCurrency(
            f"AWS's price list has the prices of {region} in {', '.join(other) or 'no currency'}, and this "
            f"project reckons in {CURRENCY}: nothing is written."
        )
    paid = [one for one in dimensions if Decimal(one["pricePerUnit"][CURRENCY]) > 0]
    paid.sort(key=lambda one: Decimal(one.get("beginRange", "0")))
    return [Decimal(one["pricePerUnit"][CURRENCY]) for one in paid[:1]]
