"""What `desk demo` plays, and what the sample rules should do with each task."""

from collections.abc import Mapping
from dataclasses import dataclass, field

CALL = "CA0123456789abcdef0123456789abcdef"
INBOUND = {"call_sid": CALL, "from": "+14155550123"}

ALICE = {"skills": ["vip"], "languages": ["en", "es"], "contact_uri": "client:alice"}
BORIS = {"skills": [], "languages": ["en"], "contact_uri": "+14155550188"}

# Around the clock, whenever the demo is run.
ENVIRONMENT = {"OPENS_AT": "0", "CLOSES_AT": "2400", "CLOSED_DAYS": "none"}
EVERY_DAY = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]


@dataclass(frozen=True, slots=True)
class Scene:
    """A task that is offered to a worker, and what is expected of service and TaskRouter.

    `mode` and `instruction` are what TaskRouter gets, `outcome` what it makes of that. `forged` signs the
    callback with another token, which must be refused.
    """

    title: str
    task: Mapping[str, object]
    rule: str
    mode: str
    instruction: str
    outcome: str
    worker: Mapping[str, object] = field(default_factory=lambda: BORIS)
    forged: bool = False


UNAVAILABLE = "rejected, worker moved to WA0123456789abcdef0123456789abcdef"
WRAP_UP = "rejected, worker moved to WAfedcba9876543210fedcba9876543210"

SCENES = (
    Scene(
        "new lead calls sales",
        {"type": "sales", **INBOUND},
        "sales-lead",
        "reply",
        "conference",
        "worker's phone rings (conference with +14155550188)",
    ),
    Scene(
        "customer calls sales",
        {"type": "sales", "customer_id": 7, **INBOUND},
        "sales-customer",
        "reply",
        "dequeue",
        "worker's phone rings (dequeue to +14155550188)",
    ),
    Scene(
        "gold customer calls support",
        {"type": "support", "customer_value": "Gold", **INBOUND},
        "support-vip",
        "post",
        "conference",
        "worker's phone rings (conference with client:alice)",
        ALICE,
    ),
    Scene(
        "customer calls support",
        {"type": "support", **INBOUND},
        "support",
        "post",
        "dequeue",
        "worker's phone rings (dequeue to +14155550188)",
    ),
    Scene(
        "caller speaks French",
        {"type": "support", "language": "fr", **INBOUND},
        "support-other-language",
        "reply",
        "reject",
        WRAP_UP,
    ),
    Scene(
        "question about a bill",
        {"type": "billing", **INBOUND},
        "billing",
        "reply",
        "call",
        "pending: worker's phone rings (call to +14155550188), accept or reject is awaited",
    ),
    Scene(
        "payment in progress",
        {"type": "billing", "payment_id": "p/7", **INBOUND},
        "billing-payment",
        "post",
        "call",
        "worker's phone rings (call to +14155550188)",
    ),
    Scene(
        "caller prefers voicemail",
        {"type": "support", "wants": "voicemail", **INBOUND},
        "caller-chose-voicemail",
        "reply",
        "redirect",
        "accepted, caller redirected to https://example.com/twiml/voicemail?line=support",
    ),
    Scene(
        "queue too long",
        {"type": "sales", "overflow": True, **INBOUND},
        "overflow",
        "post",
        "redirect",
        "accepted, caller redirected to https://example.com/twiml/answering-service",
    ),
    Scene("text message", {"type": "sms"}, "message", "reply", "accept", "accepted"),
    Scene(
        "callback by dialler",
        {"type": "callback", "dialler": True},
        "callback-by-dialler",
        "post",
        "accept",
        "accepted",
    ),
    Scene(
        "callback on another day",
        {"type": "callback", "not_on": EVERY_DAY},
        "callback-not-today",
        "post",
        "reject",
        WRAP_UP,
    ),
    Scene(
        "chat",
        {"type": "chat"},
        "chat",
        "defer",
        "–",
        "pending: {} was answered, an update over REST is awaited",
    ),
    Scene("fax, which no rule knows", {"type": "fax"}, "default", "reply", "reject", UNAVAILABLE),
    Scene(
        "callback without a number",
        {"type": "callback"},
        "callback → default",
        "reply",
        "reject",
        UNAVAILABLE,
    ),
    Scene(
        "forged signature",
        {"type": "sales", **INBOUND},
        "–",
        "refused",
        "–",
        "callback refused with 403",
        forged=True,
    ),
)
