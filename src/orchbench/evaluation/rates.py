"""Prices in floating point, to compare and to search with; ``tariff`` prices in Decimal what is shown."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from orchbench.evaluation.polling import Floats
from orchbench.evaluation.prices import PriceList
from orchbench.ways.usage import Usage

Number = float | Floats
REQUEST, GB_SECOND, LOGS = "lambda_request", "lambda_gb_second", "logs_ingested"


@dataclass(frozen=True)
class Rates:
    """Prices by name, each a number or a column; a GB-second is one of the architecture that is asked for."""

    usd: Mapping[str, Number]

    def __getitem__(self, name: str) -> Any:
        return self.usd[name]

    @classmethod
    def of(cls, prices: PriceList, architecture: str) -> "Rates":
        """Return the prices of a region for an architecture."""
        return cls({name: float(prices[key].usd) for name, key in _keys(prices, architecture).items()})


def free_quantities(prices: PriceList, architecture: str) -> dict[str, float]:
    """Return what an account has free each month, by the rates' names."""
    found = {name: prices[key].free_tier for name, key in _keys(prices, architecture).items()}
    return {name: float(free.quantity) for name, free in found.items() if free}


def rate_names(usages: Iterable[Usage]) -> list[str]:
    """Return the names of the prices that executions are billed at, each once."""
    names: list[str] = []
    for usage in usages:
        for meter in usage.meters:
            names += [meter.price] if meter.price else []
            names += [meter.retention.price] if meter.retention else []
        names += [REQUEST, GB_SECOND, LOGS] if usage.functions else []
    return list(dict.fromkeys(names))


def price_key(name: str, architecture: str) -> str:
    """Return the key of a price list for one of the rates."""
    return f"{name}_{architecture}" if name == GB_SECOND else name


def price_keys(usages: Iterable[Usage], architecture: str) -> list[str]:
    """Return the keys of a price list that executions are billed at."""
    return [price_key(name, architecture) for name in rate_names(usages)]


def _keys(prices: PriceList, architecture: str) -> dict[str, str]:
    others = [key for key in prices.prices if not key.startswith(f"{GB_SECOND}_")]
    return {name: price_key(name, architecture) for name in [*others, GB_SECOND]}
