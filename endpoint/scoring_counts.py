"""What the scoring endpoint counts, for Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector

from services.served_model import ServedModel

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 90)
_SIZES = (1, 2, 4, 8, 16, 32, 64)


class ScoringCounts:
    """Counters of one server; a `services.served_model.Watches`."""

    def __init__(self) -> None:
        disable_created_metrics()
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        GCCollector(registry=self._registry)
        self._requests = Counter(
            "relook_requests", "Requests by path and status.", ["path", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "relook_request_seconds", "From the first byte to the answer.", ["path"], buckets=_SECONDS,
            registry=self._registry,
        )  # fmt: skip
        self._images = Counter(
            "relook_images", "Images by what came of them: answered or refused.", ["outcome"], registry=self._registry
        )
        self._batch = Histogram(
            "relook_batch_images", "Images of one forward pass.", buckets=_SIZES, registry=self._registry
        )
        self._forward = Histogram(
            "relook_forward_seconds", "One forward pass.", buckets=_SECONDS, registry=self._registry
        )
        self._waiting = Gauge(
            "relook_waiting_images", "Images in line, for scores and for explanations.", ["queue"],
            registry=self._registry,
        )  # fmt: skip

    def saw_batch(self, images: int, seconds: float) -> None:
        self._batch.observe(images)
        self._forward.observe(seconds)

    def saw_request(self, path: str, status: int, seconds: float) -> None:
        """Count one answer; `path` is one of the server's own, so that nobody can make up labels."""
        self._requests.labels(path, str(status)).inc()
        self._seconds.labels(path).observe(seconds)

    def saw_images(self, *, answered: int, refused: int) -> None:
        self._images.labels("answered").inc(answered)
        self._images.labels("refused").inc(refused)

    def render(self, served: ServedModel) -> bytes:
        """All counters, in Prometheus' text format."""
        scoring, explaining = served.waiting
        self._waiting.labels("score").set(scoring)
        self._waiting.labels("explain").set(explaining)
        return generate_latest(self._registry)
