"""Figures of a running site in the form of Prometheus, in a registry of its own."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from broadsheet.serve.models.holder import Holder
from broadsheet.serve.models.parts import batchers

SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """Requests by route and status, how long they took, and what each batcher did."""

    def __init__(self, holder: Holder) -> None:
        self.registry = CollectorRegistry()
        labels = ["method", "route", "status"]
        self._requests = Counter("broadsheet_requests", "Requests that were answered.", labels, registry=self.registry)
        self._seconds = Histogram("broadsheet_request_seconds", "How long an answer took.", ["method", "route"], buckets=SECONDS, registry=self.registry)
        self.registry.register(_Parts(holder))
        ProcessCollector(registry=self.registry)

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request."""
        # A method is whatever was sent; a label for each would fill the memory.
        method = method if method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} else "other"
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def text(self) -> bytes:
        """Return all figures as they are scraped."""
        return generate_latest(self.registry)


class _Parts(Collector):
    """Reads the batchers of the generation that answers."""

    def __init__(self, holder: Holder) -> None:
        self._holder = holder

    def collect(self) -> Iterator[Metric]:
        """Yield what each batcher did."""
        now = self._holder.current
        yield GaugeMetricFamily("broadsheet_generation", "The number of the generation of parts.", now.number)
        answered = CounterMetricFamily("broadsheet_batcher_answered", "Questions that were answered.", labels=["batcher"])
        batches = CounterMetricFamily("broadsheet_batcher_batches", "Passes of the model.", labels=["batcher"])
        refused = CounterMetricFamily("broadsheet_batcher_refused", "Questions that were refused for want of room.", labels=["batcher"])
        waiting = GaugeMetricFamily("broadsheet_batcher_waiting", "Questions that wait.", labels=["batcher"])
        for opened in now.parts.values():
            for one in batchers(opened.part) if opened.part is not None else ():
                for family, value in zip((answered, batches, refused, waiting), one.counts, strict=True):
                    family.add_metric([one.name], value)
        yield from (answered, batches, refused, waiting)
