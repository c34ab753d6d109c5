"""Reaching Temporal: the client and the namespace."""

import logging
import os
import socket
from collections.abc import Sequence
from datetime import timedelta
from functools import cache

from google.protobuf.duration_pb2 import Duration
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.namespace.v1 import NamespaceConfig
from temporalio.api.operatorservice.v1 import (
    AddSearchAttributesRequest,
    ListSearchAttributesRequest,
)
from temporalio.api.workflowservice.v1 import UpdateNamespaceRequest
from temporalio.client import Client, HeaderCodecBehavior, Interceptor
from temporalio.common import SearchAttributeIndexedValueType, SearchAttributeKey
from temporalio.envconfig import ClientConfig, ClientConnectConfig
from temporalio.runtime import (
    LogForwardingConfig,
    LoggingConfig,
    PrometheusConfig,
    Runtime,
    TelemetryConfig,
    TelemetryFilter,
)
from temporalio.service import RetryConfig, RPCError, RPCStatusCode

from throughcare.errors import ThroughcareError
from throughcare.temporal.codec import data_converter
from throughcare.temporal.keys import KeyRing

TASK_QUEUE = "throughcare"
NIGHTLY_QUEUE = "throughcare-nightly"

HEARTBEAT_EVERY = timedelta(seconds=3)
"""How often a worker tells the server that it lives; a killed one is missed soon after (throughcare.temporal.liveness)."""

CASE_KIND = SearchAttributeKey.for_keyword("CaseKind")
STEP = SearchAttributeKey.for_keyword("Step")
SEAT_ROLES = SearchAttributeKey.for_keyword_list("SeatRoles")
PROGRAM = SearchAttributeKey.for_keyword("Program")
PACK_VERSION = SearchAttributeKey.for_keyword("PackVersion")
DUE_AT = SearchAttributeKey.for_datetime("DueAt")
OPENED_AT = SearchAttributeKey.for_datetime("OpenedAt")
LEVEL = SearchAttributeKey.for_int("Level")
OVERDUE = SearchAttributeKey.for_bool("Overdue")
LINKED_IDS = SearchAttributeKey.for_keyword_list("LinkedIds")

# A namespace on SQL holds ten Keyword attributes and three of each other type.
SEARCH_ATTRIBUTES = (
    CASE_KIND,
    STEP,
    SEAT_ROLES,
    PROGRAM,
    PACK_VERSION,
    DUE_AT,
    OPENED_AT,
    LEVEL,
    OVERDUE,
    LINKED_IDS,
)


class MetricsNotServed(ThroughcareError):
    status = 500

    def __init__(self, address: str, reason: str) -> None:
        super().__init__(
            f"Metrics cannot be served on {address}: {reason}. Choose another address and port for them, or none."
        )


class SearchAttributeConflict(ThroughcareError):
    status = 500

    def __init__(self, name: str, found: str, wanted: str) -> None:
        super().__init__(
            f"The search attribute {name} is {found} in this Temporal namespace and must be {wanted}. "
            "Use another namespace, or rename the attribute there."
        )


async def connect(
    keys: KeyRing,
    *,
    service: str,
    target_host: str | None = None,
    namespace: str | None = None,
    lazy: bool = False,
    give_up_after: timedelta | None = None,
    metrics: str | None = None,
    interceptors: Sequence[Interceptor] = (),
) -> Client:
    """A client that encrypts, known to Temporal as `throughcare-<service>@<host>-<pid>`.

    A `target_host` given here is all there is to know; else the TEMPORAL_* environment
    says where and with what certificates. A call is retried for `give_up_after`,
    10 s by default. Lazy clients raise RuntimeError on the first call they cannot make.
    `metrics` is the IP address and port to serve the SDK's own metrics on. Raises `MetricsNotServed`.
    """
    where = (
        _named(target_host, namespace) if target_host else _from_environment(namespace)
    )
    return await Client.connect(
        **where,
        identity=f"throughcare-{service}@{socket.gethostname()}-{os.getpid()}",
        data_converter=data_converter(keys),
        header_codec_behavior=HeaderCodecBehavior.CODEC,
        retry_config=_retry(give_up_after),
        lazy=lazy,
        runtime=_runtime(metrics),
        interceptors=interceptors,
    )


async def prepare_namespace(client: Client, retention: timedelta) -> None:
    """Register the search attributes and set how long closed histories are kept.

    May be called at every start. Raises `SearchAttributeConflict` where an attribute
    exists with another type: Temporal answers OK to that and changes nothing.
    """
    await _register_search_attributes(client)
    try:
        await _check_search_attributes(client)
        await _set_retention(client, retention)
    except RPCError as error:
        # The time-skipping test server knows neither call, and keeps nothing anyway.
        if error.status is not RPCStatusCode.UNIMPLEMENTED:
            raise


@cache
def _runtime(metrics: str | None) -> Runtime:
    """One for the process. What the SDK's core has to say goes through our logs, which withhold what they must."""
    telemetry = TelemetryConfig(
        logging=LoggingConfig(
            filter=TelemetryFilter(core_level="WARN", other_level="ERROR"),
            forwarding=LogForwardingConfig(logger=logging.getLogger("temporalio")),
        ),
        metrics=_prometheus(metrics) if metrics else None,
    )
    try:
        return Runtime(telemetry=telemetry, worker_heartbeat_interval=HEARTBEAT_EVERY)
    except ValueError as error:
        raise MetricsNotServed(metrics or "", str(error)) from error


def _prometheus(address: str) -> PrometheusConfig:
    # Names and units as Prometheus has them: seconds, and `_total` for what only grows.
    return PrometheusConfig(
        bind_address=address, counters_total_suffix=True, durations_as_seconds=True
    )


def _named(target_host: str, namespace: str | None) -> ClientConnectConfig:
    return {"target_host": target_host, "namespace": namespace or "default"}


def _from_environment(namespace: str | None) -> ClientConnectConfig:
    where = ClientConfig.load_client_connect_config()
    where.setdefault("target_host", "localhost:7233")
    if namespace:
        where["namespace"] = namespace
    return where


def _retry(give_up_after: timedelta | None) -> RetryConfig | None:
    if give_up_after is None:
        return None
    return RetryConfig(
        max_elapsed_time_millis=give_up_after // timedelta(milliseconds=1)
    )


async def _register_search_attributes(client: Client) -> None:
    request = AddSearchAttributesRequest(namespace=client.namespace)
    for key in SEARCH_ATTRIBUTES:
        request.search_attributes[key.name] = IndexedValueType.ValueType(
            key.indexed_value_type
        )
    try:
        await client.operator_service.add_search_attributes(request)
    except RPCError as error:
        # So says the test server the second time; others answer OK. All are added in
        # one call, so where one exists there all do.
        if error.status is not RPCStatusCode.ALREADY_EXISTS:
            raise


async def _check_search_attributes(client: Client) -> None:
    answer = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=client.namespace)
    )
    for key in SEARCH_ATTRIBUTES:
        wanted = int(key.indexed_value_type)
        found = answer.custom_attributes.get(key.name)
        if found != wanted:
            raise SearchAttributeConflict(
                key.name, _type_name(found), _type_name(wanted)
            )


def _type_name(value_type: int | None) -> str:
    if value_type is None:
        return "missing"
    return SearchAttributeIndexedValueType(value_type).name.lower()


async def _set_retention(client: Client, retention: timedelta) -> None:
    keep = Duration()
    keep.FromTimedelta(retention)
    await client.workflow_service.update_namespace(
        UpdateNamespaceRequest(
            namespace=client.namespace,
            config=NamespaceConfig(workflow_execution_retention_ttl=keep),
        )
    )
