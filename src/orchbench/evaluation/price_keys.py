"""Which keys of a price list a way is billed at."""

from collections.abc import Iterable

from orchbench.ways.usage import Usage

REQUEST, GB_SECOND, LOGS = "lambda_request", "lambda_gb_second", "logs_ingested"
RPU_HOUR = "redshift_rpu_hour"
"""Of Redshift Serverless, which no way is billed at: it stands beside the bills."""


def price_key(name: str, architecture: str) -> str:
    """Return a price's key; a GB-second has one for each architecture."""
    return f"{name}_{architecture}" if name == GB_SECOND else name


def price_keys(usages: Iterable[Usage], architecture: str) -> list[str]:
    """Return the keys that executions are billed at, each once."""
    names: list[str] = []
    for usage in usages:
        for meter in usage.meters:
            names += [meter.price] if meter.price else []
            names += [meter.retention.price] if meter.retention else []
        names += [REQUEST, GB_SECOND, LOGS] if usage.functions else []
    return list(dict.fromkeys(price_key(name, architecture) for name in names))
