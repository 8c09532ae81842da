"""A virtual clock, and callers of the service core, its endpoint and a boto3 client on top of it."""

import itertools
import json
from collections.abc import Callable
from operator import itemgetter
from typing import Any

import boto3
import botocore
import pytest
from botocore.config import Config

from orchbench.redshift.endpoint import Endpoint
from orchbench.redshift.faults import Faults, NoFaults
from orchbench.redshift.in_process import attach
from orchbench.redshift.model import answer_encoder, request_check
from orchbench.redshift.quotas import Quotas
from orchbench.redshift.script import ScriptFor, lasting
from orchbench.redshift.scripted import ScriptedExecutor
from orchbench.redshift.service import DataApi
from orchbench.redshift.warehouse import Warehouse

NOON = 1_790_000_000.0
HOME = {"WorkgroupName": "orders", "Database": "dev"}


class VirtualClock:
    """A clock that moves only when it is slept on, and does what is due on the way."""

    def __init__(self) -> None:
        self.time = NOON
        self._due: list[tuple[float, Callable[[], Any]]] = []

    def now(self) -> float:
        return self.time

    def at(self, moment: float, action: Callable[[], Any]) -> None:
        self._due.append((moment, action))

    def sleep(self, seconds: float) -> None:
        end = self.time + seconds
        for due in sorted((each for each in self._due if each[0] <= end), key=itemgetter(0)):
            self._due.remove(due)
            self.time = due[0]
            due[1]()
        self.time = end


class Service:
    """The service core behind the model's checks of requests and answers, as every transport has them."""

    def __init__(self, api: DataApi) -> None:
        self.api = api

    def call(self, operation: str, **request: Any) -> Any:
        request_check(operation)(request)
        return answer_encoder(operation)(self.api.call(operation, request))

    def submit(self, *sqls: str, **request: Any) -> str:
        answer = self.call("BatchExecuteStatement", Sqls=list(sqls or ["SELECT 1"]), **HOME, **request)
        return str(answer["Id"])

    def describe(self, statement_id: str, **request: Any) -> Any:
        return self.call("DescribeStatement", Id=statement_id, **request)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def make_api(clock: VirtualClock) -> Callable[..., DataApi]:
    def make(script_for: ScriptFor | None = None, **options: Any) -> DataApi:
        limit = {"query_seconds_limit": options.pop("limit")} if "limit" in options else {}
        executor = ScriptedExecutor(clock, script_for or lasting(10), **limit, at=clock.at)
        numbers = itertools.count(1)
        return DataApi(
            executor,
            clock,
            quotas=options.pop("quotas", Quotas(calls_per_second={})),
            warehouse=options.pop("warehouse", Warehouse()),
            new_id=lambda: f"00000000-0000-0000-0000-{next(numbers):012}",
            **options,
        )

    return make


@pytest.fixture
def make_service(make_api: Callable[..., DataApi]) -> Callable[..., Service]:
    return lambda *arguments, **options: Service(make_api(*arguments, **options))


@pytest.fixture
def make_client(make_api: Callable[..., DataApi]) -> Callable[..., Any]:
    def make(
        script_for: ScriptFor | None = None,
        *,
        faults: Faults | None = None,
        read_timeout: float = 60,
        attempts: int = 1,
        **options: Any,
    ) -> Any:
        config = Config(
            signature_version=botocore.UNSIGNED,
            read_timeout=read_timeout,
            retries={"mode": "standard", "total_max_attempts": attempts},
        )
        client = boto3.client("redshift-data", region_name="ap-northeast-1", config=config)
        attach(client, Endpoint(make_api(script_for, **options), faults or NoFaults()))
        return client

    return make


@pytest.fixture
def post() -> Callable[..., Any]:
    def send(endpoint: Endpoint, operation: str, body: Any, **options: Any) -> tuple[int, Any]:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = endpoint.answer(f"RedshiftData.{operation}", raw, **options)
        return answer.status, json.loads(answer.body)

    return send
