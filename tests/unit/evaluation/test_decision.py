import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from orchbench.cli import main
from orchbench.commands.aws_consent import estimated_usd
from orchbench.commands.estimation import candidates
from orchbench.evaluation.assumptions import default_assumptions
from orchbench.evaluation.decision import Promise, Question, answer
from orchbench.evaluation.decision_document import decision_document
from orchbench.evaluation.estimate import Terms
from orchbench.evaluation.prices import price_list
from orchbench.evaluation.workload import from_distribution
from orchbench.platforms.meters import STATE_TRANSITIONS
from orchbench.report.decision_said import said
from orchbench.trace import Json
from orchbench.ways.usage import Amounts

LABELS = {"measured", "rehearsed", "estimated", "assumed", "quoted", "missing"}


@pytest.fixture
def past(tmp_path: Path) -> Path:
    random = np.random.default_rng(3)
    durations = np.round(np.minimum(random.lognormal(np.log(600), 1.2, 10_000), 86_000), 3)
    path = tmp_path / "durations.csv"
    path.write_text("duration_seconds\n" + "\n".join(map(str, durations)) + "\n")
    return path


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Json]:
    def run_command(*arguments: str) -> Json:
        capsys.readouterr()
        main([*arguments, "--json"])
        printed = capsys.readouterr()
        assert printed.err == ""
        document: Json = json.loads(printed.out)
        return document

    return run_command


def figures_in(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        if "value" in value or "amount_usd" in value:
            yield path, value
            return
        for key, one in value.items():
            yield from figures_in(one, f"{path}.{key}")
    elif isinstance(value, list):
        for one in value:
            yield from figures_in(one, path)
    elif isinstance(value, float):
        yield path, value


@pytest.mark.slow
def test_ten_thousand_durations_are_decided_for_any_end(past: Path, run: Callable[..., Json]) -> None:
    # How long that takes is a benchmark's to say: benchmarks/decide.py.
    answer = run("decide", "--durations", str(past), "--runs-a-month", "3000", "--acceptable-lag", "59s")

    assert answer["recommended"]["detection_lag_worst"]["value"] == 59


@pytest.mark.slow
def test_deciding_imports_nothing_that_it_does_not_need() -> None:
    program = (
        "import sys; from orchbench.cli import main; "
        "main('decide --duration 1207s --runs-a-month 9 --acceptable-lag 60s --json'.split()); "
        "print([name for name in ('altair', 'boto3', 'jinja2', 'moto', 'scipy') if name in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert ended.stdout.splitlines()[-1] == "[]"


@pytest.mark.slow
def test_the_months_bill_is_the_estimated_one(past: Path, run: Callable[..., Json]) -> None:
    arguments = ("--durations", str(past), "--runs-a-month", "3000")
    best = run("decide", *arguments, "--acceptable-lag", "60s")["recommended"]
    again = run("estimate", *arguments, "--poll", best["poll"], "--way", best["way"])["estimates"][0]

    assert again["bill"] == best["bill"]


@pytest.mark.slow
def test_an_assumption_changed_by_the_factor_that_is_told_changes_the_answer(
    run: Callable[..., Json],
) -> None:
    command = "decide --duration 100s --runs-a-month 3000 --acceptable-lag 601s --timeout 1h --memory 1769"
    arguments = command.split()
    answer = run(*arguments)
    turn = next(one for one in answer["turns"] if one["kind"] == "assumption")
    value = default_assumptions()[turn["what"]]

    for step, way in ((0.99, answer["recommended"]["way"]), (1.01, turn["way"])):
        further = step if turn["direction"] == "more" else 1 / step
        factor = Decimal(str(round(turn["factor"]["value"] * further, 6)))
        assumed = ("--assume", f"{turn['what']}={value * factor}")
        assert run(*arguments, *assumed)["recommended"]["way"] == way


def test_where_no_way_keeps_the_lag_it_says_what_each_can(
    run: Callable[..., Json],
) -> None:
    answer = run(
        "decide", "--duration", "20m", "--runs-a-month", "10", "--acceptable-lag", "5s", "--timeout", "24h"
    )

    assert answer["recommended"] is None
    shortest = {one["way"]: one["shortest_lag"]["value"] for one in answer["left_out"]}
    assert shortest["sfn-poll"] == 32
    assert shortest["durable-poll"] == 61
    assert "accept a longer lag, or a shorter timeout" in answer["said"][0]


def test_a_workload_beyond_a_quota_shows_it_first(run: Callable[..., Json]) -> None:
    answer = run(
        "decide",
        "--duration",
        "1h",
        "--runs-a-month",
        "3000000",
        "--acceptable-lag",
        "60s",
        "--way",
        "sfn-poll",
    )

    nearest = answer["limits"][0]
    assert nearest["share"]["value"] > 1
    assert "statements" in nearest["quota"] or "Statement" in nearest["quota"]


@pytest.mark.slow
def test_a_budget_that_is_too_small_is_told_with_the_interval_that_fits(run: Callable[..., Json]) -> None:
    answer = run(
        "decide",
        "--duration",
        "1h",
        "--runs-a-month",
        "1000",
        "--acceptable-lag",
        "30s",
        "--budget-usd",
        "6.8",
    )

    assert answer["within_budget"]["fits"] is False
    interval = answer["within_budget"]["shortest_interval_within_it"]["value"]
    assert interval > answer["recommended"]["interval"]["value"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        (
            "decide",
            "--duration",
            "lognormal:median=20m,p95=2h",
            "--runs-a-month",
            "9",
            "--acceptable-lag",
            "60s",
        ),
        ("estimate", "--duration", "1h", "--redshift-rpus", "8", "--redshift-rpu-hour-usd", "0.375"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_every_figure_of_the_json_carries_its_label_and_its_source(
    arguments: tuple[str, ...], run: Callable[..., Json]
) -> None:
    found = list(figures_in(run(*arguments)))

    assert found
    for path, one in found:
        assert isinstance(one, dict), path
        assert one["label"] in LABELS, path
        assert one["source"], path


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--duration", "soon"), "is not a distribution"),
        (("--durations", "nowhere.csv"), "cannot be read"),
        (("--duration", "1h", "--runs-a-month", "some"), "is not a number from 1 to"),
        (("--duration", "1h", "--way", "other"), "There is no way 'other'"),
        (("--duration", "1h", "--assume", "speed=3"), "There is no assumption 'speed'"),
        (("--duration", "1h", "--timeout", "25h"), "is not from 1 second to 24h"),
        (("--duration", "1h", "--poll", "hourly"), "is not a poll policy"),
    ],
    ids=str,
)
def test_wrong_usage_is_one_sentence_and_exit_code_2(
    arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["estimate", *arguments]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert said in printed.err
    assert len(printed.err.strip().splitlines()) == 1


def test_a_line_that_is_no_duration_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "past.txt"
    path.write_text("10s\n\n1.5h\nlong\n")

    assert main(["estimate", "--durations", str(path)]) == 2
    assert "line 4: 'long' is not a duration" in capsys.readouterr().err


def test_a_plan_beyond_a_quota_is_not_recommended(run: Callable[..., Json]) -> None:
    arguments = [
        "--duration",
        "1h",
        "--runs-a-month",
        "5000000",
        "--acceptable-lag",
        "5s",
        "--region",
        "ap-northeast-1",
    ]
    answer = run("decide", *arguments)

    assert answer["fits"] is False
    assert answer["recommended"] is None
    nearest = answer["beyond_quotas"][0]
    shares = {one["quota"]: one["share"]["value"] for one in nearest["exceeded"]}
    assert round(shares["Redshift Data API: DescribeStatement calls a second"]) == 139
    assert all(share > 1 for share in shares.values())
    for quota in shares:
        assert quota in answer["said"][0]
    # So many statements at once need no poll to be too many.
    assert answer["would_fit"] is None
    assert "A longer interval would not fit" in answer["said"][0]
    assert main(["decide", *arguments]) == 1


@pytest.mark.slow
def test_the_interval_that_would_fit_is_told_to_the_second(run: Callable[..., Json]) -> None:
    arguments = ["decide", "--duration", "1m", "--runs-a-month", "1500000"]
    answer = run(*arguments, "--acceptable-lag", "2s")
    interval = answer["would_fit"]["interval"]["value"]

    assert answer["fits"] is False
    assert interval > 2
    assert f"would fit is {interval} s" in answer["said"][0]
    assert answer["would_fit"]["detection_lag_worst"]["value"] == interval
    # One whose budget stretches it is no poll every so often.
    for one in answer["beyond_quotas"]:
        assert one["detection_lag_worst"]["value"] <= one["interval"]["value"]
    assert run(*arguments, "--acceptable-lag", f"{interval}s")["fits"] is True
    assert run(*arguments, "--acceptable-lag", f"{interval - 1}s")["fits"] is False


def test_a_way_that_does_not_fit_a_quota_is_no_runner_up() -> None:
    prices = price_list("ap-northeast-1")
    workload = from_distribution("67s")
    terms = Terms(prices, "x86_64", 128, default_assumptions())
    question = Question(workload.durations_seconds, Decimal(1_000_000), Promise(10), 3_600, terms)
    durable, machine = candidates(["durable-poll"])[0], candidates(["sfn-poll"])[0]
    # A machine of so many states a poll that Tokyo's 800 transitions a second are too few.
    busy = replace(machine.usage, look=machine.usage.look + Amounts({STATE_TRANSITIONS: 57}))
    ways = [replace(machine, usage=busy), durable]
    found = answer(question, ways)
    document = decision_document(found, ways, workload)

    assert document["recommended"]["way"] == "durable-poll"
    assert document["runner_up"] is None
    (beyond,) = document["beyond_quotas"]
    assert (beyond["way"], beyond["fits"]) == ("sfn-poll", False)
    assert "state transitions" in beyond["exceeded"][0]["quota"]
    assert "No other way keeps the promise and fits" in said(found, len(ways), None, None)[1]


@pytest.mark.slow
def test_runs_that_time_out_under_the_plan_are_told(
    run: Callable[..., Json], capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [
        "decide",
        "--duration",
        "uniform:1m,2h",
        "--timeout",
        "1h",
        "--runs-a-month",
        "9",
        "--acceptable-lag",
        "30s",
    ]
    answer = run(*arguments)

    share = answer["recommended"]["timed_out_share"]["value"]
    assert 0.5 < share < 0.51
    assert f"{share:.2%} of the runs reach the timeout of 1 h" in answer["said"][2]


def test_where_every_run_times_out_nothing_is_recommended(
    run: Callable[..., Json], capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [
        "decide",
        "--duration",
        "1h",
        "--timeout",
        "30m",
        "--runs-a-month",
        "9",
        "--acceptable-lag",
        "30s",
    ]

    assert run(*arguments)["recommended"] is None
    assert main(arguments) == 1
    printed = capsys.readouterr().out
    assert "Every query runs longer than the timeout of 1,800 s" in printed
    assert "nan" not in printed


@pytest.mark.slow
def test_the_budgets_interval_is_exact_and_says_that_it_is_past_the_lag(
    run: Callable[..., Json], capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["decide", "--duration", "61m", "--runs-a-month", "1000", "--way", "durable-poll"]

    def cost_at(interval: int) -> Decimal:
        best = run(*asked, "--acceptable-lag", f"{interval}s")["recommended"]
        return Decimal(best["usd_a_month"]["value"])

    budget = cost_at(318)
    within = run(*asked, "--acceptable-lag", "30s", "--budget-usd", str(budget))["within_budget"]

    shortest = within["shortest_interval_within_it"]["value"]
    assert 30 < shortest <= 318
    assert cost_at(shortest) <= budget < cost_at(shortest - 1)
    assert within["within_acceptable_lag"] is False
    # What is over its budget is no answer that fits: it says so first, and ends like one that there is none.
    assert main([*asked, "--acceptable-lag", "30s", "--budget-usd", "0.1"]) == 1
    assert "which is over the budget of $0.1." in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    "arguments",
    [
        "limits --timeout 0",
        "limits --timeout 0.5s",
        "limits --timeout -1",
        "limits --timeout nan",
        "limits --region=",
        "decide --duration 1h --acceptable-lag 1m --runs-a-month 0",
        "decide --duration 1h --acceptable-lag 1m --runs-a-month nan",
        "decide --duration 1h --acceptable-lag 1m --runs-a-month inf",
        "decide --duration 1h --acceptable-lag 1m --runs-a-month 1e400",
        "decide --duration 1h --acceptable-lag 1m --runs-a-month=-3",
        "decide --duration 1h --acceptable-lag 1m --runs-a-month=",
        "decide --duration 1h --acceptable-lag 1m --runs-a-month 9 --peak-factor 0",
        "decide --duration 1h --acceptable-lag 1m --runs-a-month 9 --budget-usd=",
        "decide --duration 1h --acceptable-lag 1m --runs-a-month 9 --budget-usd=-1",
        "decide --duration 1h --acceptable-lag 0 --runs-a-month 9",
        "decide --duration 1h --acceptable-lag 25h --runs-a-month 9",
        f"decide --duration 1h --acceptable-lag {'9' * 400} --runs-a-month 9",
        "decide --duration 1h --acceptable-lag 1m --runs-a-month 9 --assume full_core_memory_mb=0",
        "decide --duration 1h --acceptable-lag 1m --runs-a-month 9 --assume checkpoint_seconds=1e400",
        "decide --duration 1h --acceptable-lag 1m --runs-a-month 9 --region nowhere",
        "estimate --duration 1h --runs-a-month 0",
        "estimate --duration 1h --timeout=",
        "estimate --duration 1h --redshift-rpus inf --redshift-rpu-hour-usd 1",
        "estimate --duration 1h --poll adaptive:share=0.001m",
        "estimate --duration=",
        f"estimate --duration {'9' * 400}",
        "rehearse --timeout 0",
        "rehearse --timeout=",
        "rehearse --duration=",
        "rehearse --poll=",
        "rehearse --poll fixed:90000s",
        "rehearse --way=",
    ],
)
def test_a_number_that_means_nothing_is_refused(arguments: str, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        code = main(arguments.split())
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    printed = capsys.readouterr()

    assert code == 2
    assert printed.out == ""
    assert "Traceback" not in printed.err


def test_a_bad_distribution_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    for text in ("soon", "lognormal:median=soon,p95=2h", "lognormal:p95=2h", "uniform:1h", "normal:1h,2h"):
        assert main(["estimate", "--duration", text]) == 2
        said = capsys.readouterr().err.strip()
        assert "is not a distribution: it takes" in said
        assert said.endswith(", such as 6h.")
        assert said.count(". ") == 0


@pytest.mark.slow
@pytest.mark.parametrize("command", ["estimate", "decide --runs-a-month 9 --acceptable-lag 1m"])
def test_a_price_that_is_assumed_is_told_once(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    main([*command.split(), "--duration", "1h", "--region", "ap-northeast-1", "--verbose"])

    said = capsys.readouterr().out
    assert (
        said.count("Prices that are not known of ap-northeast-1 are assumed to be those of us-east-1.") == 1
    )


def test_an_unknown_key_of_a_fault_is_told_those_of_its_kind(capsys: pytest.CaptureFixture[str]) -> None:
    kinds = {"stop": "it takes at, work, nth.", "fail": "it takes at, error.", "queue": "it takes seconds."}
    for kind, sentence in kinds.items():
        assert main(["rehearse", "--fault", f"{kind}:when=3"]) == 2
        assert sentence in capsys.readouterr().err


def test_a_comparisons_cost_is_the_estimated_one(run: Callable[..., Json]) -> None:
    arguments = [
        "estimate",
        "--duration",
        "60s",
        "--timeout",
        "60s",
        "--poll",
        "fixed:10s",
        "--region",
        "ap-northeast-1",
    ]
    rows = run(*arguments)["estimates"]
    ways = [row["way"] for row in rows]
    poll = {"policy": "fixed", "interval_seconds": 10}

    assert estimated_usd(ways, "ap-northeast-1", "x86_64", poll) == max(
        Decimal(row["cost"]["value"]) for row in rows
    )
    assert estimated_usd(["durable-poll"], "ap-northeast-1", "x86_64", {"policy": "adaptive"}) > 0


def test_a_list_of_seconds_may_be_written_with_an_exponent(tmp_path: Path, run: Callable[..., Json]) -> None:
    path = tmp_path / "past.json"
    path.write_text("[1e-5, 60, 6e3]")

    assert run("estimate", "--durations", str(path))["workload"]["longest"]["value"] == 6_000
