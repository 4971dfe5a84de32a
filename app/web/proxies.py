"""What TRUSTED_PROXIES means."""

from typing import TYPE_CHECKING

from werkzeug.middleware.proxy_fix import ProxyFix

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


def believing(application: "WSGIApplication", proxies: int) -> ProxyFix:
    """The application, which gets the address that so many proxies' headers tell."""
    return ProxyFix(
        application, x_for=proxies, x_proto=proxies, x_host=proxies, x_port=proxies, x_prefix=proxies
    )
