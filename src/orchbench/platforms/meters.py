"""What services count: each meter has a unit, most have a price, and some have a quota of one execution.

A way uses meters of several services; bills, limits and tables go through them and name none.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Retention:
    """What it costs to keep what was metered, during the execution and for so many days after it.

    Attributes:
        billed_as: its line on a bill.
        price: the key of its price, which is for a month.
        days: the assumption that says for how long after the execution.
        told: what is kept, as a sentence begins.
    """

    billed_as: str
    price: str
    days: str
    told: str


@dataclass(frozen=True)
class Meter:
    """Something that a service counts of an execution.

    Attributes:
        key: as figures and JSON documents name it.
        unit: as a person says it, in the plural.
        price: the key of its price in a price list; None where it costs nothing.
        units_a_price: how many of its units the price is for: data is priced per gigabyte of 10^9 bytes.
        billed_as: its line on a bill; its unit where it is empty.
        is_size: bytes, which estimates take from rehearsals; anything else is counted.
        retention: what keeping it costs; None where nothing is kept, or it costs nothing.
    """

    key: str
    unit: str
    price: str | None = None
    units_a_price: int = 1
    billed_as: str = ""
    is_size: bool = False
    retention: Retention | None = None

    def __hash__(self) -> int:
        return hash(self.key)

    @property
    def line(self) -> str:
        """Its line on a bill."""
        return self.billed_as or self.unit

    @property
    def column(self) -> str:
        """What it is called where there is room for one word."""
        return self.key if self.is_size else self.unit.split()[-1]


STATE_TRANSITIONS = Meter("state_transitions", "state transitions", "state_transition")
HISTORY_EVENTS = Meter("history_events", "history events")
DURABLE_OPERATIONS = Meter("durable_operations", "durable operations", "durable_operation")
WRITTEN_BYTES = Meter(
    "written_bytes",
    "bytes written",
    "durable_data_written",
    10**9,
    billed_as="data written",
    is_size=True,
    retention=Retention("data retained", "durable_data_retained", "retention_days", "Durable data"),
)
CHECKPOINTS = Meter("checkpoints", "checkpoints")
"""Results and waits that a durable invocation stores and waits for."""
WAKES = Meter("wakes", "wakes")
"""Calls that end the wait of an execution, by a token or a callback."""
HISTORY_READS = Meter("history_reads", "history reads")
"""Calls that read an execution's history, to find what it waits for."""


@dataclass(frozen=True)
class ExecutionQuota:
    """A quota of one execution that polling can run into.

    Attributes:
        key: of the quota in ``evaluation/quotas.json``.
        limit: the most that one execution may use.
        reserve: what a poll budget leaves unused of it, for retries.
        kept_for_the_end: units that only the execution's own end may use.
    """

    key: str
    meter: Meter
    limit: int
    reserve: int
    kept_for_the_end: int = 0
