"""Arbitrary price files, scenario files and files of durations: read, or one sentence on what is wrong."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchbench import cli
from orchbench.evaluation.prices import FOLDER, InvalidPrices, PriceList, price_list
from orchbench.evaluation.workload import InvalidWorkload, from_file
from orchbench.rehearsal.fault import Fault, InvalidFault, Kind
from orchbench.rehearsal.scenario import InvalidScenario, Scenario, load_scenarios, parse_duration
from orchbench.ways.durations import InvalidDuration
from orchbench.ways.durations import parse_duration as read_duration

LONGEST_SENTENCE = 700
one_file = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.dates(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10) | st.integers(), inner, max_size=4)
    ),
    max_leaves=10,
)
times = st.sampled_from(
    ["1h", "1e400h", "nan", "inf", "\N{ARABIC-INDIC DIGIT THREE}h", "9" * 400, "-1", "", " 5 m"]
)
faults = st.fixed_dictionaries(
    {"kind": st.sampled_from(list(map(str, Kind))) | values},
    optional={
        "at": times | values,
        "seconds": times | values,
        "rate": values,
        "calls": values,
        "operation": values,
    },
)
scenarios = st.fixed_dictionaries(
    {},
    optional={
        "duration": times | values,
        "timeout": times | values,
        "queue": times | values,
        "poll": st.sampled_from(["fixed:10s", "adaptive", "fixed:1e9"]) | values,
        "faults": st.lists(faults | values, max_size=3) | values,
        "input": values,
        "rows": values,
        "seed": values,
        "latency": values,
        "name": values,
        "poll_budget": values,
        "inline_sql": values,
        "other": values,
    },
)


def check_sentence(error: Exception) -> None:
    sentence = str(error)
    assert sentence.endswith(".")
    assert len(sentence.splitlines()) == 1
    assert len(sentence) < LONGEST_SENTENCE


def loaded(path: Path) -> tuple[Scenario, ...] | None:
    """Return a file's scenarios, or None after a look at the error's sentence."""
    try:
        return load_scenarios(path)
    except InvalidScenario as error:
        check_sentence(error)
        return None


@pytest.mark.slow
@one_file
@given(document=st.fixed_dictionaries({"scenarios": st.lists(scenarios, max_size=3)}) | values)
def test_any_document_is_scenarios_or_a_sentence(tmp_path: Path, document: Any) -> None:
    path = tmp_path / "scenarios.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    for scenario in loaded(path) or ():
        # What is read is what a process can hand to another, and what a result can store.
        json.dumps(scenario.input, allow_nan=False)
        assert 0 <= scenario.duration_seconds < 1e15


@one_file
@given(
    content=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode(errors="replace"))
)
def test_any_bytes_are_scenarios_or_a_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "scenarios.yaml"
    path.write_bytes(content)
    loaded(path)


def bomb(levels: int) -> str:
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, levels)]
    return "\n".join([*lines, f"scenarios: [{{duration: 1, input: *a{levels - 1}}}]", ""])


WRONG_FILES: dict[str, str | bytes] = {
    "a bomb of aliases": bomb(30),
    "an endless list": "scenarios: &a [*a]",
    "an endless input": "scenarios:\n- &a {duration: 1, input: *a}",
    "deep lists": "[" * 5000,
    "deep mappings": "{\n" * 5000,
    "no UTF-8": b"\xff\xfe",
    "a null": b"\0",
    "a date that is none": "scenarios: [{duration: 2026-13-45}]",
    "an hour that is none": "scenarios: [{duration: 2026-01-01T99:00:00}]",
    "a date": "scenarios: [{duration: 1, input: 2026-01-01}]",
    "bytes": "scenarios: [{duration: 1, input: !!binary aGk=}]",
    "a set": "scenarios: [{duration: 1, input: !!set {a}}]",
    "an object": "!!python/object/apply:os.system ['true']",
    "a key that is a number": "scenarios: [{1: 2, duration: 3}]",
    "two kinds of keys": "scenarios: [{duration: 1, faults: [{kind: stop, 1: 2, a: 3}]}]",
    "a wrong tag": "scenarios: [{duration: !!timestamp x}]",
    "a wrong number": "scenarios: [{duration: !!int x}]",
    "a wrong truth": "scenarios: [{duration: !!bool x}]",
    "400 digits": f"scenarios: [{{duration: {'9' * 400}}}]",
    "5000 digits": f"scenarios: [{{duration: {'9' * 5000}}}]",
    "5000 hexadecimal digits": f"scenarios: [{{duration: 0x{'f' * 5000}}}]",
    "400 digits as text": f"scenarios: [{{duration: '{'9' * 400}'}}]",
    "no number": "scenarios: [{duration: .nan}]",
    "an infinite duration": "scenarios: [{duration: .inf}]",
    "an infinite timeout": "scenarios: [{duration: 1, timeout: .inf}]",
    "an infinite queue": "scenarios: [{duration: 1, queue: .inf}]",
    "a stop at infinity": "scenarios: [{duration: 1, faults: [{kind: stop, at: .inf}]}]",
    "a stop at no time": "scenarios: [{duration: 1, faults: [{kind: stop, at: 'nan'}]}]",
    "infinite calls": "scenarios: [{duration: 1, faults: [{kind: throttle, calls: .inf}]}]",
    "a long key": f"scenarios: [{{duration: 1, ? {'a' * 9000} : 1}}]",
    "a long text": f"scenarios: ['{'a' * 9000}']",
    "a million characters": "#" * 1_000_001,
}


@pytest.mark.slow
@pytest.mark.parametrize("what", WRONG_FILES)
def test_a_wrong_scenario_file_is_a_usage_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], what: str
) -> None:
    path, content = tmp_path / "scenarios.yaml", WRONG_FILES[what]
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    began = time.process_time()
    assert cli.main(["rehearse", "--scenarios", str(path)]) == 2
    assert time.process_time() - began < 20
    told = capsys.readouterr().err
    assert told.startswith(f"orchbench: {path}")
    assert len(told.splitlines()) == 1
    assert len(told) < LONGEST_SENTENCE


def test_a_device_without_an_end_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["rehearse", "--scenarios", "/dev/zero"]) == 2
    assert "/dev/zero" in capsys.readouterr().err


def test_aliases_are_written_out_where_they_end(tmp_path: Path) -> None:
    path = tmp_path / "scenarios.yaml"
    path.write_text(
        "common: &poll {policy: fixed}\nscenarios: [{duration: 1, poll: *poll}, {duration: 2, poll: *poll}]"
    )
    assert [one.input["poll"] for one in load_scenarios(path)] == [{"policy": "fixed"}] * 2


def test_a_poll_mapping_without_a_policy_is_a_fixed_one(tmp_path: Path) -> None:
    path = tmp_path / "scenarios.yaml"
    path.write_text("scenarios: [{duration: 1, poll: {interval_seconds: 5}}]")
    assert load_scenarios(path)[0].poll == "fixed"


@given(text=times | st.text())
def test_any_text_is_a_duration_or_a_sentence(text: str) -> None:
    try:
        assert parse_duration(text) >= 0
    except InvalidScenario as error:
        check_sentence(error)


@given(text=st.from_regex(r"[0-9]{1,15}(\.[0-9]{1,5})?[smhd]?", fullmatch=True))
def test_a_duration_is_read_alike_everywhere(text: str) -> None:
    assert parse_duration(text) == read_duration(text)


@pytest.mark.parametrize(
    "text", ["1e400h", "nan", "inf", "\N{ARABIC-INDIC DIGIT THREE}h", "1_0s", "-1s", "+1s", "1 s s"]
)
def test_what_only_python_takes_for_a_number_is_no_duration(text: str) -> None:
    with pytest.raises(InvalidDuration):
        read_duration(text)


@given(
    text=st.text()
    | st.builds("{}:{}={}".format, st.sampled_from(list(Kind)), st.sampled_from(["at", "calls"]), times)
)
def test_any_text_is_a_fault_or_a_sentence(text: str) -> None:
    try:
        Fault.parse(text)
    except InvalidFault as error:
        check_sentence(error)


GOOD_PRICES = json.loads((FOLDER / "us-east-1.json").read_text())
price_values = st.fixed_dictionaries(
    {},
    optional={
        key: values | st.sampled_from(["NaN", "-1", "1e999", "Infinity", "0.1", "9" * 9000])
        for key in ("usd", "unit", "free_tier", "note", "other")
    },
)


def priced(path: Path) -> PriceList | None:
    try:
        return price_list("us-east-1", path.parent)
    except InvalidPrices as error:
        check_sentence(error)
        return None


@pytest.mark.slow
@one_file
@given(key=st.sampled_from(sorted(GOOD_PRICES["prices"])), change=price_values)
def test_any_price_is_read_or_a_sentence(tmp_path: Path, key: str, change: dict[str, Any]) -> None:
    prices = GOOD_PRICES["prices"] | {key: GOOD_PRICES["prices"][key] | change}
    path = tmp_path / "us-east-1.json"
    path.write_text(json.dumps(GOOD_PRICES | {"prices": prices}, default=str))
    read = priced(path)
    if read is not None:
        assert read[key].usd >= 0
        assert all(isinstance(note, str) for note in read.notes)


@one_file
@given(content=values.map(lambda value: json.dumps(value, default=str, skipkeys=True).encode()) | st.binary())
def test_any_bytes_are_prices_or_a_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "us-east-1.json"
    path.write_bytes(content)
    priced(path)


@pytest.mark.parametrize(
    "content", ["[" * 100_000, "9" * 5000, "{}", '{"prices": {"a": 1}}', '{"prices": [1]}', ""]
)
def test_a_wrong_price_file_is_refused_with_its_name(tmp_path: Path, content: str) -> None:
    path = tmp_path / "us-east-1.json"
    path.write_text(content)
    with pytest.raises(InvalidPrices, match=r"us-east-1\.json"):
        price_list("us-east-1", tmp_path)


@pytest.mark.parametrize("region", ["../secret", "us-east-1\0", "a" * 5000, "", "\ud800"])
def test_a_region_without_prices_is_refused_in_one_sentence(region: str) -> None:
    with pytest.raises(InvalidPrices, match="No prices are known of the region") as refused:
        price_list(region)
    check_sentence(refused.value)


@one_file
@given(
    content=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode(errors="replace")),
    name=st.sampled_from(["past.csv", "past.json"]),
)
def test_any_file_of_durations_is_read_or_a_sentence(tmp_path: Path, content: bytes, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    try:
        from_file(path)
    except InvalidWorkload as error:
        check_sentence(error)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("past.json", "[" * 100_000), ("past.json", "[[" + "1," * 9000 + "1]]"), ("past.json", "9" * 5000),
        ("past.json", "[1e400]"), ("past.csv", "1\n" + "9" * 200_000), ("past.csv", '1\n"' + "a" * 200_000),
        ("past.csv", "1\n\0"),
    ],
)  # fmt: skip
def test_a_wrong_file_of_durations_is_refused_with_its_name(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(InvalidWorkload, match=name) as raised:
        from_file(tmp_path / name)
    check_sentence(raised.value)
