"""AWS's own price list, asked through boto3: what a region's price file says now.

It changes the prices that it finds and nothing else: a price that AWS's list does not answer for stays as it
is, with its source. The figures stay where they belong, in ``evaluation/prices``.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import boto3

from orchbench.trace import Json

PRICING_REGION = "us-east-1"
"""The price list answers in few regions; this one has it, for every region's prices."""
SOURCE = "AWS Price List API"
LIKELY_FACTOR = 4


@dataclass(frozen=True)
class Product:
    """Where a price stands in AWS's list.

    Attributes:
        group: the product's ``group``, or a part of its ``usagetype`` where there is none.
    """

    service: str
    filters: Mapping[str, str]
    usage_ends: str = ""


PRODUCTS: Mapping[str, Product] = {
    "state_transition": Product("AmazonStates", {}, "StateTransition"),
    "lambda_request": Product("AWSLambda", {"group": "AWS-Lambda-Requests"}),
    "lambda_gb_second_x86_64": Product("AWSLambda", {"group": "AWS-Lambda-Duration"}),
    "lambda_gb_second_arm64": Product("AWSLambda", {"group": "AWS-Lambda-Duration-ARM"}),
    "durable_operation": Product("AWSLambda", {"group": "AWS-Lambda-Durable-Execution-Operations"}),
    "durable_data_written": Product("AWSLambda", {"group": "AWS-Lambda-Durable-Execution-Written-Bytes"}),
    "durable_data_retained": Product(
        "AWSLambda", {"group": "AWS-Lambda-Durable-Execution-TimedStorage-ByteHrs"}
    ),
    "logs_ingested": Product("AmazonCloudWatch", {}, "DataProcessing-Bytes"),
}


def pricing_client(profile: str | None = None) -> Any:
    """Return a boto3 client of the price list."""
    return boto3.Session(profile_name=profile).client("pricing", region_name=PRICING_REGION)


def refreshed(document: Json, client: Any, *, today: date) -> tuple[Json, list[str]]:
    """Return a region's price file with AWS's prices of today, and the keys without one clear answer.

    No answer is clear that is several, or far from the price before: its unit would be another one.

    Args:
        document: of the region's file, or of the one it starts from with another ``region``.
        client: a boto3 client of ``pricing``.
        today: written beside each price that was found.
    """
    prices, missing = dict(document["prices"]), []
    for key, product in PRODUCTS.items():
        found = list(_first_tier_usd(client, product, document["region"]))
        if len(found) != 1 or not _is_likely(found[0], Decimal(prices[key]["usd"])):
            missing.append(key)
            continue
        prices[key] = prices[key] | {
            "usd": f"{found[0]:f}",
            "source": SOURCE,
            "date": today.isoformat(),
            "confidence": "seen",
            "assumed_from": None,
            "note": "",
        }
    return document | {"prices": prices}, missing


def _is_likely(new: Decimal, old: Decimal) -> bool:
    return old / LIKELY_FACTOR <= new <= old * LIKELY_FACTOR


def _first_tier_usd(client: Any, product: Product, region: str) -> Iterator[Decimal]:
    """Yield the price of the first tier of each product that answers; one is what is hoped for."""
    wanted = {"regionCode": region, **product.filters}
    filters = [{"Type": "TERM_MATCH", "Field": field, "Value": value} for field, value in wanted.items()]
    pages = client.get_paginator("get_products").paginate(ServiceCode=product.service, Filters=filters)
    for page in pages:
        for text in page["PriceList"]:
            entry: Json = json.loads(text) if isinstance(text, str) else text
            usage = entry["product"]["attributes"].get("usagetype", "")
            if usage.endswith(product.usage_ends):
                yield from _first_tiers(entry)


def _first_tiers(entry: Json) -> Sequence[Decimal]:
    """Return the prices per unit that hold from zero on and are not free."""
    dimensions = [
        one
        for term in entry["terms"].get("OnDemand", {}).values()
        for one in term["priceDimensions"].values()
        if Decimal(one["pricePerUnit"]["USD"]) > 0
    ]
    dimensions.sort(key=lambda one: Decimal(one.get("beginRange", "0")))
    return [Decimal(one["pricePerUnit"]["USD"]) for one in dimensions[:1]]
