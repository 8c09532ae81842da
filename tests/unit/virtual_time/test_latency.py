"""The latency profiles: nothing by default, and every assumption says that it is one."""

import json
import random
import statistics
from pathlib import Path
from typing import Any

import pytest

from orchbench.trace import Label
from orchbench.virtual_time.latency import (
    KINDS,
    MEASURED_SCHEMA,
    Distribution,
    Latency,
    UnknownProfile,
    profile_named,
    profiles,
)


def test_nothing_is_added_by_default() -> None:
    latency = Latency(profiles()["zero"], seed=1)
    assert {latency.seconds(kind) for kind in KINDS} == {0.0}


@pytest.mark.parametrize("kind", KINDS)
def test_every_figure_is_labelled_and_has_its_source(kind: str) -> None:
    distribution = profiles()["assumed"].distributions[kind]
    assert distribution.label is Label.ASSUMED
    assert distribution.source.endswith(".")
    assert 0 < distribution.median_seconds < distribution.p95_seconds


def test_a_distribution_has_the_median_and_the_percentile_it_names() -> None:
    distribution = Distribution(0.1, 0.3, Label.ASSUMED, "A test.")
    drawn = sorted(distribution.sample(random.Random(number)) for number in range(20_000))
    assert statistics.median(drawn) == pytest.approx(0.1, rel=0.05)
    assert drawn[int(0.95 * len(drawn))] == pytest.approx(0.3, rel=0.05)


def test_one_more_of_a_kind_does_not_change_those_of_another() -> None:
    first, second = (Latency(profiles()["assumed"], seed=5) for _ in range(2))
    second.seconds("transition")
    assert first.seconds("checkpoint") == second.seconds("checkpoint")


RESUME = {"median_seconds": 0.2, "p95_seconds": 0.5, "label": "measured", "source": "50 samples."}
MEASURED = {"schema": MEASURED_SCHEMA, "target": "aws", "latency": {"resume": RESUME}}


def written(folder: Path, document: Any) -> str:
    file = folder / "probes.json"
    file.write_text(document if isinstance(document, str) else json.dumps(document))
    return str(file)


def test_what_was_measured_takes_the_place_of_what_is_assumed_and_nothing_else(tmp_path: Path) -> None:
    found = profile_named(written(tmp_path, MEASURED)).distributions

    assert (found["resume"].label, found["resume"].median_seconds) == (Label.MEASURED, 0.2)
    assert found["transition"] == profiles()["assumed"].distributions["transition"]
    assert set(found) == set(KINDS)


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        (MEASURED | {"target": "local"}, "holds no latency that was measured on AWS"),
        (MEASURED | {"latency": {}}, "holds no latency that was measured on AWS"),
        (MEASURED | {"schema": "orchbench.summary/1"}, "has the schema 'orchbench.summary/1'"),
        (MEASURED | {"latency": {"resume": {"median_seconds": 1}}}, "does not follow"),
        (MEASURED | {"latency": [1]}, "does not follow"),
        ("no JSON", "is not valid JSON"),
        ([], "has the schema None"),
    ],
)
def test_a_file_that_holds_no_measured_latency_is_refused(
    tmp_path: Path, document: Any, sentence: str
) -> None:
    with pytest.raises(UnknownProfile, match=sentence):
        profile_named(written(tmp_path, document))


def test_a_file_that_is_not_there_is_refused() -> None:
    with pytest.raises(UnknownProfile, match=r"none\.json cannot be read \(No such file"):
        profile_named("none.json")
