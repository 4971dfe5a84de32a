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

    `status` is the reservation's in the end; `forged` signs the callback with another token, which must be
    refused.
    """

    title: str
    task: Mapping[str, object]
    rule: str
    mode: str
    instruction: str
    status: str
    worker: Mapping[str, object] = field(default_factory=lambda: BORIS)
    forged: bool = False


SCENES = (
    Scene(
        "new lead calls sales", {"type": "sales", **INBOUND}, "sales-lead", "reply", "conference", "accepted"
    ),
    Scene(
        "customer calls sales",
        {"type": "sales", "customer_id": 7, **INBOUND},
        "sales-customer",
        "reply",
        "dequeue",
        "accepted",
    ),
    Scene(
        "gold customer calls support",
        {"type": "support", "customer_value": "Gold", **INBOUND},
        "support-vip",
        "post",
        "conference",
        "accepted",
        ALICE,
    ),
    Scene("customer calls support", {"type": "support", **INBOUND}, "support", "post", "dequeue", "accepted"),
    Scene(
        "caller speaks French",
        {"type": "support", "language": "fr", **INBOUND},
        "support-other-language",
        "reply",
        "reject",
        "rejected",
    ),
    Scene("question about a bill", {"type": "billing", **INBOUND}, "billing", "reply", "call", "pending"),
    Scene(
        "payment in progress",
        {"type": "billing", "payment_id": "p/7", **INBOUND},
        "billing-payment",
        "post",
        "call",
        "accepted",
    ),
    Scene(
        "caller prefers voicemail",
        {"type": "support", "wants": "voicemail", **INBOUND},
        "caller-chose-voicemail",
        "reply",
        "redirect",
        "accepted",
    ),
    Scene(
        "queue too long",
        {"type": "sales", "overflow": True, **INBOUND},
        "overflow",
        "post",
        "redirect",
        "accepted",
    ),
    Scene("text message", {"type": "sms", "from": "+14155550123"}, "message", "reply", "accept", "accepted"),
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
        "rejected",
    ),
    Scene("chat", {"type": "chat"}, "chat", "defer", "–", "pending"),
    Scene("fax, which no rule knows", {"type": "fax"}, "default", "reply", "reject", "rejected"),
    Scene(
        "callback without a number", {"type": "callback"}, "callback → default", "reply", "reject", "rejected"
    ),
    Scene("forged signature", {"type": "sales", **INBOUND}, "–", "refused", "–", "pending", forged=True),
)
