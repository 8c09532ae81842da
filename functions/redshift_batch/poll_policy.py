"""Poll policies as an execution's input writes them.

Apart from ``batch``, because that loads what splits SQL: a wait for an event begins before the submit.
"""

from typing import Any

from .errors import InvalidPollPolicy
from .model import FALLBACK, AdaptivePoll, FixedPoll, Json, PollPolicy
from .refusals import is_number, is_whole, kind_of, shown
from .schedule import next_delay_seconds

DEFAULT_TIMEOUT_SECONDS = 3600


def policy_from_input(document: Any, key: str = "poll", default: FixedPoll | None = None) -> PollPolicy:
    """Read a policy.

    Args:
        document: as JSON gave it; ``{}`` is the default.
        key: the input's member that it comes from.
        default: what a fixed policy is without its own interval.

    Raises:
        InvalidPollPolicy: with a sentence that names the member, what is wrong and what would be right.
    """
    if not isinstance(document, dict):
        raise InvalidPollPolicy(f"{key!r} is {kind_of(document)}: it takes an object with a 'policy'.")
    name = document.get("policy", "fixed")
    if name not in ("fixed", "adaptive"):
        raise InvalidPollPolicy(f"'{key}.policy' is {shown(name)}: it takes 'fixed' or 'adaptive'.")
    policy: PollPolicy = AdaptivePoll() if name == "adaptive" else default or FixedPoll()
    known = policy.to_json()
    unknown = sorted(set(document) - set(known))
    if unknown:
        raise InvalidPollPolicy(
            f"{shown(f'{key}.{unknown[0]}')} does not go with the {name} policy: it takes "
            f"{', '.join(sorted(known))}."
        )
    values = known | document
    _check_values(key, values)
    fields = {name: value for name, value in values.items() if name != "policy"}
    return AdaptivePoll(**fields) if name == "adaptive" else FixedPoll(**fields)


def fallback_from_input(document: Any) -> PollPolicy:
    """Read the slow poll behind an event, which ``policy_from_input`` refuses alike."""
    return policy_from_input(document, "fallback", FALLBACK)


def first_wait_seconds(event: Any, longest_timeout_seconds: int) -> int:
    """Return how long the first wait for an event lasts that begins before the submit.

    Args:
        event: an execution's input. Where it is wrong the default stands in: the submit refuses it.
        longest_timeout_seconds: that the deployment allows.
    """
    document = event if isinstance(event, dict) else {}
    try:
        fallback = fallback_from_input(document.get("fallback", {}))
    except InvalidPollPolicy:
        fallback = FALLBACK
    timeout = document.get("timeout_seconds")
    given = int(timeout) if timeout and is_whole(timeout) and timeout > 0 else DEFAULT_TIMEOUT_SECONDS
    return next_delay_seconds(
        fallback,
        elapsed_seconds=0,
        polls=0,
        time_left_seconds=min(given, longest_timeout_seconds),
        # Of a first wait no quota is near.
        poll_budget=10**6,
    )


def _check_values(key: str, values: Json) -> None:
    for name in ("interval_seconds", "minimum_seconds", "maximum_seconds"):
        if name in values and not (is_whole(values[name]) and 1 <= values[name] <= 86_400):
            raise InvalidPollPolicy(
                f"'{key}.{name}' is {shown(values[name])}: it takes a whole number of seconds from 1 to "
                "86400."
            )
    if "share" in values and not (is_number(values["share"]) and 0 < values["share"] <= 1):
        raise InvalidPollPolicy(
            f"'{key}.share' is {shown(values['share'])}: it takes a number above 0, and 1 at most."
        )
    if not isinstance(values["budget"], bool):
        raise InvalidPollPolicy(f"'{key}.budget' is {shown(values['budget'])}: it takes true or false.")
    if "share" in values and values["minimum_seconds"] > values["maximum_seconds"]:
        raise InvalidPollPolicy(
            f"'{key}.minimum_seconds' is {values['minimum_seconds']}, above '{key}.maximum_seconds' "
            f"{values['maximum_seconds']}: the minimum is the smaller one."
        )
