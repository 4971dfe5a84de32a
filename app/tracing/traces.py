"""Where spans go: to the exporter that OpenTelemetry's own variables (OTEL_…) name."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Thread

UNREADABLE = "a variable OTEL_… cannot be read"

try:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.trace import Tracer

    LACK = ""
except ImportError:
    LACK = "the extra is not installed (pip install 'desk[otel]')"
except ValueError:  # the library reads some of its variables when it is imported
    LACK = UNREADABLE

log = logging.getLogger(__name__)

FAREWELL = 2.0  # seconds for the last spans
NAME = "assignment-desk"
ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


def wants_traces(environment: Mapping[str, str]) -> bool:
    """Whether an exporter is configured, as OpenTelemetry's specification says."""
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    exporters = environment.get("OTEL_TRACES_EXPORTER", "").strip().lower()
    if exporters:
        return "otlp" in exporters.split(",")
    return any(environment.get(name, "").strip() for name in ENDPOINTS)


@contextmanager
def tracing(environment: Mapping[str, str]) -> "Iterator[Tracer | None]":
    """What makes spans to the block's end; None where nobody wants any, or nothing can send them."""
    if not wants_traces(environment):
        yield None
        return
    _give_to(Complaints())
    provider, lack = _made(environment)
    if provider is None:
        # Callbacks are answered all the same.
        log.error("no traces: %s", lack)
        yield None
        return
    try:
        yield provider.get_tracer("desk")
    finally:
        # Whoever collects them may be gone: the library would wait for half a minute.
        ending = Thread(target=provider.shutdown, name="traces", daemon=True)
        ending.start()
        ending.join(FAREWELL)


class Complaints(logging.Handler):
    """Tells that OpenTelemetry's library complained. Its own texts repeat addresses, which may hold a key."""

    def emit(self, record: logging.LogRecord) -> None:
        log.log(record.levelno, "traces are not sent", extra={"fields": {"by": record.name}})


def lack_of_traces(environment: Mapping[str, str]) -> str:
    """Why none can be made, as far as can be known without a collector; empty where they can."""
    _give_to(logging.NullHandler())  # what the library says is not for terminals
    provider, lack = _made(environment)
    if provider:
        provider.shutdown()
    return lack


def _give_to(handler: logging.Handler) -> None:
    """Lets the library's lines go there alone."""
    library = logging.getLogger("opentelemetry")
    library.propagate = False
    library.handlers = [handler]


def _made(environment: Mapping[str, str]) -> "tuple[TracerProvider | None, str]":
    """What sends spans, or why there is none."""
    if LACK:
        return None, LACK
    try:
        return _provider(environment), ""
    except ValueError:  # it reads the others now
        return None, UNREADABLE


def _provider(environment: Mapping[str, str]) -> "TracerProvider":
    name = {} if environment.get("OTEL_SERVICE_NAME") else {SERVICE_NAME: NAME}
    provider = TracerProvider(resource=Resource.create(name), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider
