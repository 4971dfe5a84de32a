"""HTTP: `create_app` makes the Flask application, everything it needs is handed to it."""

from prometheus_client import CollectorRegistry

from app.metrics import Note, unnoted
from app.service import Desk
from app.settings import Secret
from app.web.application import Application
from app.web.assignment import add_assignment
from app.web.failures import NOTE, answer_failures
from app.web.health import health_routes
from app.web.incoming import MOST_BODY
from app.web.metrics import metrics_routes
from app.web.proxies import believing
from app.web.signature import Signatures
from app.web.watching import Watched


def create_app(
    desk: Desk,
    signatures: Signatures,
    *,
    trusted_proxies: int = 0,
    registry: CollectorRegistry | None = None,
    metrics_token: Secret | None = None,
    note: Note = unnoted,
) -> Application:
    """The application. `trusted_proxies` tells how many proxies' forwarding headers are to be believed.

    `registry` holds what /metrics shows, by default nothing. Without `metrics_token` that is for clients on
    this machine. `note` counts requests, also those that are refused before the application is asked.
    """
    app = Application(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MOST_BODY
    # A redirect would repeat the request's own URL.
    app.url_map.merge_slashes = False
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    add_assignment(app, desk, signatures)
    app.register_blueprint(health_routes(desk))
    app.register_blueprint(metrics_routes(registry or CollectorRegistry(), metrics_token))
    answer_failures(app)
    app.extensions[NOTE] = note
    if trusted_proxies:
        app.wsgi_app = believing(  # type: ignore[method-assign]  # as Flask documents it
            app.wsgi_app, trusted_proxies
        )
    app.wsgi_app = Watched(app.wsgi_app, note)  # type: ignore[method-assign]
    return app
