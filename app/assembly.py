"""Puts the service together from the environment: the one place that knows every part."""

import gc
import logging
import os
import socket
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any, cast

from flask import Flask
from prometheus_client import CollectorRegistry
from prometheus_client.registry import Collector

from app.delivery.courier import Courier
from app.delivery.metrics import QueueMetrics
from app.delivery.promises import Promises
from app.delivery.rejected import Rejected
from app.delivery.reservations import Reservations
from app.delivery.retention import Retention
from app.delivery.worker import Worker
from app.journal import Journal
from app.journal.metrics import tell_of_journal
from app.metrics import Tally
from app.metrics.place import counting
from app.rulebook import Rulebook, Standing, joining_rules, starting_rules
from app.rulebook.folder import fingerprint
from app.rulebook.metrics import RulesMetrics, tell_of_reloads
from app.rulebook.reloading import Reloader
from app.service import Desk
from app.settings import Settings
from app.storage import Callbacks, Database, GoodRules, Ledger, Rejections
from app.tracing.traced import TracedCourier, TracedDesk
from app.tracing.traces import tracing
from app.web import create_app
from app.web.capturing import Capture, CapturingSignatures
from app.web.signature import Signatures

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

log = logging.getLogger(__name__)

TURN = 0.0005  # seconds until a thread that saves or logs gives way to requests; Python's own is 0.005


@dataclass(frozen=True, slots=True)
class Parts:
    """What both a web process and `desk worker` run: the rules, which follow their folder, and deliveries.

    `registry` holds its metrics. `stop` ends all of it, in order.
    """

    rulebook: Rulebook
    database: Database
    promises: Promises
    worker: Worker
    rejected: Rejected
    tally: Tally
    registry: CollectorRegistry
    tracer: "Tracer | None"
    stop: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Assembly:
    """The application of a web process. `stop` ends what runs beside it, `wind_down` begins with that."""

    app: Flask
    wind_down: Callable[[], None]
    stop: Callable[[], None]


def assemble(
    settings: Settings,
    environment: Mapping[str, str],
    before: Standing | None = None,
    capture: Path | None = None,
) -> Assembly:
    """What a web process serves.

    `before` are the rules that the server began with, where it is one of several processes of a server.
    `capture` is the file that keeps the requests whose signature failed. Raises SettingsError,
    RulesUnreadable or RulesBroken.
    """
    parts = start_parts(settings, environment, before)
    journal = Journal(Callbacks(parts.database), keeps=bool(settings.callback_retention))
    journal.start()
    if settings.rehearsal:
        log.warning("a rehearsal: each callback is decided at the time of its Timestamp")
    desk = _desk(
        parts.tracer,
        rulebook=parts.rulebook,
        database=parts.database,
        promises=parts.promises,
        deliver=parts.worker.deliver,
        holds_back=parts.worker.holds_back,
        rejected=parts.rejected,
        journal=journal,
        account_sid=settings.account_sid,
        reservation_timeout=settings.reservation_timeout,
        by_timestamp=settings.rehearsal,
        note=parts.tally.note,
    )
    given = settings.auth_tokens, settings.webhook_keys, settings.public_url
    kept = Capture(capture) if capture else None
    tell_of_journal(parts.tally, journal)
    app = create_app(
        desk,
        CapturingSignatures(*given, capture=kept) if kept else Signatures(*given),
        trusted_proxies=settings.trusted_proxies,
        registry=parts.registry,
        metrics_token=settings.metrics_token,
        note=parts.tally.note,
    )
    if kept:
        kept.start()
    sys.setswitchinterval(TURN)
    gc.freeze()  # what was made so far is no garbage: no request has to wait while it is searched for some

    def stop() -> None:
        if kept:
            kept.stop()
        journal.stop()
        parts.stop()

    return Assembly(app, parts.worker.wind_down, stop)


def _desk(tracer: "Tracer | None", **named: Any) -> Desk:
    return TracedDesk(tracer, **named) if tracer else Desk(**named)


def _courier(tracer: "Tracer | None", *given: Any) -> Courier:
    return TracedCourier(tracer, *given) if tracer else Courier(*given)


def tell_of_one_machine(database: Database) -> None:
    """Says in the log who can deliver what is taken on here, where that is not everybody."""
    if database.is_of_one_machine:
        log.info(
            "deliveries are kept in SQLite: only processes of this machine, with this disk, pick them up; "
            "with several machines, or a disk that goes with a release, set DATABASE_URL to a PostgreSQL"
        )


def start_parts(settings: Settings, environment: Mapping[str, str], before: Standing | None = None) -> Parts:
    """Reads the rules and begins to follow them, and to deliver what is due."""
    database = Database(settings.database_url.reveal())
    memory, folder = GoodRules(database), settings.rules_dir
    seen = fingerprint(folder)
    if before:
        standing = joining_rules(folder, environment, memory, before)
    else:
        standing = starting_rules(folder, environment, memory, datetime.now(UTC))
    rulebook = Rulebook(standing)
    owner = f"{socket.gethostname()[:40]}:{os.getpid()}:{token_hex(4)}"
    ledger, rejected = Ledger(database), Rejected(Rejections(database))
    promises = Promises(database, owner)
    kept = settings.callback_retention
    retention = Retention(Callbacks(database), ledger, Rejections(database), kept)
    chores = (promises.catch_up, rejected.exchange, retention.keep)
    # Where other rules run than the folder holds, it is looked at as if it had changed.
    reloader = Reloader(rulebook, folder, environment, memory, seen if standing.files else ())
    with ExitStack() as running:
        tally = running.enter_context(counting(settings.metrics_dir))
        tracer = running.enter_context(tracing(environment))
        courier = _courier(tracer, Reservations(settings), lambda: rulebook.ruleset.variables)
        worker = Worker(ledger, courier, owner, chores=chores, delivered=rejected.delivered, note=tally.note)
        running.callback(database.close)
        reloader.start()
        running.callback(reloader.stop)
        worker.start()
        running.callback(worker.stop)
        registry = _registry(tally, rulebook, database)
        return Parts(
            rulebook, database, promises, worker, rejected, tally, registry, tracer, running.pop_all().close
        )


def _registry(tally: Tally, rulebook: Rulebook, database: Database) -> CollectorRegistry:
    tell_of_reloads(tally, rulebook)
    registry = CollectorRegistry(auto_describe=True)  # a name that two collectors use is an error
    # What is counted comes first: no scrape shows a reload without what it brought.
    for each in (tally, RulesMetrics(rulebook), QueueMetrics(database)):
        registry.register(cast("Collector", each))
    return registry
