"""Puts the service together from the environment: the one place that knows every part."""

import gc
from collections.abc import Mapping
from datetime import UTC, datetime

from flask import Flask
from prometheus_client import CollectorRegistry

from app.delivery.courier import Courier
from app.delivery.reservations import Reservations
from app.rulebook import Rulebook, Standing, joining_rules, starting_rules
from app.rulebook.folder import fingerprint
from app.rulebook.metrics import RulesMetrics
from app.rulebook.reloading import Reloader
from app.service import Desk
from app.settings import Settings
from app.storage import Database, GoodRules
from app.web import create_app
from app.web.signature import Signatures


def assemble(settings: Settings, environment: Mapping[str, str], before: Standing | None = None) -> Flask:
    """The application that a worker process serves, which takes over what changes in the rules folder.

    `before` are the rules that the server began with, where it is one of several processes of a server.
    Raises SettingsError, RulesUnreadable or RulesBroken.
    """
    database = Database(settings.database_url.reveal())
    memory = GoodRules(database)
    folder = settings.rules_dir
    seen = fingerprint(folder)
    if before:
        standing = joining_rules(folder, environment, memory, before)
    else:
        standing = starting_rules(folder, environment, memory, datetime.now(UTC))
    rulebook = Rulebook(standing)
    desk = Desk(
        rulebook=rulebook,
        database=database,
        courier=Courier(Reservations(settings)),
        account_sid=settings.account_sid,
        reservation_timeout=settings.reservation_timeout,
    )
    signatures = Signatures(settings.auth_tokens, settings.webhook_keys, settings.public_url)
    registry = CollectorRegistry(auto_describe=True)  # a name that two collectors use is an error
    registry.register(RulesMetrics(rulebook))
    app = create_app(
        desk,
        signatures,
        trusted_proxies=settings.trusted_proxies,
        registry=registry,
        metrics_token=settings.metrics_token,
    )
    gc.freeze()  # what was made so far is no garbage: no request has to wait while it is searched for some
    # Where other rules run than the folder holds, it is looked at as if it had changed.
    Reloader(rulebook, folder, environment, memory, seen if standing.files else ()).start()
    return app
