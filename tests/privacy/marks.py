"""Personal data and secrets that are found again wherever they appear: letters and digits, so that no
encoding of URLs or JSON changes them.
"""

import base64

PERSONAL = {
    "the caller's number": "5558675309",
    "the caller's name": "Quackenbush",
    "the caller's e-mail": "zmailbox",
    "a free text": "appendicitis",
    "the worker's name": "Fortescue",
    "the worker's number": "5550199733",
    "the worker's address": "marginalia",
}
API_KEY = "SK" + "0" * 31 + "7"
API_SECRET = "apisecretq7w8e9r0t1y2u3i4o5p6a7s8"
SECRETS = {
    "the auth token": "authtokenq1w2e3r4t5y6u7i8o9p0a1s2",
    "the API secret": API_SECRET,
    "the API key's header": base64.b64encode(f"{API_KEY}:{API_SECRET}".encode()).decode().rstrip("="),
    "the webhook key": "webhooksecretz9x8c7v6b5n4m3",
    "the database's password": "databasepasswordk5j4h3",
    "the metrics' token": "metricstokenm1n2b3v4",
    "the SIP password": "sippasswordp0o9i8u7",
    "another's token": "strangerstokenl1k2j3",
}
MARKS = PERSONAL | SECRETS

CALLER = {
    "from": "+15558675309",
    "caller": "+15558675309",
    "name": "Ada Quackenbush",
    "email": "ada@zmailbox.example",
    "reason": "appendicitis, since Monday",
    "call_sid": "CA" + "0" * 31 + "1",
    # A key may be personal as well.
    "notes": {"Quackenbush +15558675309": ["appendicitis"]},
}
WORKER = {"contact_uri": "sip:marginalia@sip.example.com", "phone": "+15550199733", "name": "Zeb Fortescue"}
NAME = "Zeb Fortescue"


def found(text: str, *, besides: tuple[str, ...] = ()) -> dict[str, str]:
    """What of the marks stands in a text, with its surroundings."""
    folded = text.casefold()
    places = {name: folded.find(mark.casefold()) for name, mark in MARKS.items() if name not in besides}
    return {name: text[max(0, at - 200) : at + 60] for name, at in places.items() if at >= 0}
