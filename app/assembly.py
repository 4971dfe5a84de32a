"""Puts the service together from the environment: the one place that knows every part."""

from collections.abc import Mapping
from datetime import UTC, datetime

from flask import Flask

from app.delivery.courier import Courier
from app.delivery.reservations import Reservations
from app.engine.ruleset import RuleSet
from app.rulebook import starting_rules
from app.service import Desk
from app.settings import Settings
from app.storage import Store
from app.web import create_app
from app.web.signature import Signatures


def assemble(settings: Settings, environment: Mapping[str, str], otherwise: RuleSet | None = None) -> Flask:
    """The application that a worker process serves; `otherwise` is its rule set when no good one is found.

    Raises SettingsError, RulesUnreadable or RulesBroken.
    """
    store = Store(settings.database_url.reveal())
    desk = Desk(
        ruleset=starting_rules(settings.rules_dir, environment, store, datetime.now(UTC), otherwise),
        store=store,
        courier=Courier(Reservations(settings)),
        account_sid=settings.account_sid,
        reservation_timeout=settings.reservation_timeout,
    )
    signatures = Signatures(settings.auth_tokens, settings.webhook_keys, settings.public_url)
    return create_app(desk, signatures, trusted_proxies=settings.trusted_proxies)
