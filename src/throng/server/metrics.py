"""Figures for Prometheus: requests, the live stream, and the people in every zone."""

import json
import time
from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from throng.server.context import Context
from throng.server.live.items import Item, Kind

BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
VALIDITY = {"unknown": 0.0, "degraded": 1.0, "live": 2.0}


class LiveFigures(Collector):
    """Reads the live state when it is asked. A zone that is unknown or overdue has no people figure at all."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def collect(self) -> Iterable[Metric]:
        """Give all figures."""
        hub = self._context.hub
        yield GaugeMetricFamily("throng_live_listeners", "Who watches the live stream.", value=hub.listeners)
        yield GaugeMetricFamily("throng_live_behind", "Who of them reads too slowly.", value=hub.behind)
        yield from self._zones(hub.items(Kind.ZONE))

    def _zones(self, items: list[Item]) -> Iterator[Metric]:
        labels = ["site", "zone", "camera"]
        people = GaugeMetricFamily("throng_zone_people", "People in the zone.", labels=labels)
        density = GaugeMetricFamily("throng_zone_density_per_m2", "People per square metre.", labels=labels)
        validity = GaugeMetricFamily("throng_zone_validity", "0 unknown, 1 degraded, 2 live.", labels=labels)
        age = GaugeMetricFamily("throng_zone_age_seconds", "Since the newest reading came in.", labels=labels)
        now_s = self._context.clock.monotonic_s()
        for item in items:
            reading = json.loads(item.body or b"{}").get("reading", {})
            names = [str(item.site_id), *map(str, item.ids)]
            known = item.overdue_since is None
            age.add_metric(names, now_s - item.received_s)
            validity.add_metric(names, VALIDITY.get(reading.get("validity"), 0.0) if known else 0.0)
            for family, column in ((people, "count"), (density, "density_mean_per_m2")):
                if known and reading.get(column) is not None:
                    family.add_metric(names, reading[column])
        yield from (people, density, validity, age)


class RequestFigures:
    """ASGI middleware that counts and times requests by route, method and status."""

    def __init__(self, app: ASGIApp, *, registry: CollectorRegistry) -> None:
        self._app = app
        labels = ["route", "method", "status"]
        self._count = Counter("throng_requests", "Requests answered.", labels, registry=registry)
        self._time = Histogram(
            "throng_request_seconds", "Time to answer.", ["route"], buckets=BUCKETS_S, registry=registry
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and note how it went."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started_s = time.perf_counter()
        status = 500

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._time.labels(_route(scope)).observe(time.perf_counter() - started_s)
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            self._count.labels(_route(scope), scope["method"], str(status)).inc()


def _route(scope: Scope) -> str:
    """Return the pattern of the route, so that ids do not become labels without end."""
    route = scope.get("route")
    return getattr(route, "path", "(none)")
