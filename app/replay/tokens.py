"""What stands for a personal value: a token of the same kind, the same one for the same value.

A token is made with a key that is thrown away, so that nobody can try all phone numbers to find the one that
a token stands for.
"""

import hmac
import re
import secrets
from itertools import count

from app.engine.fields import CLIENT, PHONE_NUMBER, Url, is_contact_uri
from app.engine.plan import is_allowed

SID = re.compile(r"([A-Z]{2})[0-9a-fA-F]{32}")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
CHANNEL = re.compile(r"(whatsapp|messenger|sms|tel|mailto):(?=\S)", re.IGNORECASE)
DIGITS = re.compile(r"[0-9]{1,30}")
NAME = re.compile(r"(?!.*[0-9]{5})[A-Za-z0-9_.$-]{0,64}")
HEX = 12  # digits of a token: among ten million texts, two share one about once in six exports
TRIES = 100

_URL = Url()


class Tokens:
    """The tokens of one export. Of `allowed_numbers` the rules tell what they allow, and tokens keep that."""

    def __init__(self, allowed_numbers: tuple[str, ...] = (), key: bytes | None = None) -> None:
        self._allowed_numbers = sorted(allowed_numbers, key=len, reverse=True)
        self._key = key or secrets.token_bytes(32)

    def text(self, text: str) -> str:
        """The token of a text: an address, a SID, a URL or digits remain one. An empty text remains."""
        if not text.strip():
            return text
        if PHONE_NUMBER.fullmatch(text):
            return self._phone_number(text)
        if is_contact_uri(text):
            return self._contact_uri(text)
        if found := SID.fullmatch(text):
            return found[1] + self._hex(text, 32)
        if found := CHANNEL.match(text):
            return found[0] + self.text(text[found.end() :])
        if EMAIL.fullmatch(text):
            return f"{self._word(text)}@example.com"
        if _URL.read(text):
            return f"{text.partition(':')[0]}://example.com/{self._word(text)}"
        if DIGITS.fullmatch(text):
            return self._digits(text, len(text))
        return self._word(text)

    def number(self, number: float) -> float:
        """The token of a number: a whole one remains whole, and equal numbers remain equal."""
        whole = float(number).is_integer() if isinstance(number, float) else True
        made = 10**8 + self._large(str(int(number) if whole else number)) % (9 * 10**8)
        signed = -made if number < 0 else made
        if not whole:
            return signed + 0.5
        return signed if isinstance(number, int) else float(signed)

    def key(self, key: str) -> str:
        """The same for a key, unless it is a name as programs have them, without a number in it."""
        return key if NAME.fullmatch(key) and not SID.fullmatch(key) else self.text(key)

    def _phone_number(self, number: str) -> str:
        """One of the same length, in the same part of the world, and allowed where the number is."""
        allowed = self._allowed(number)
        prefix = allowed or number[:2]
        if prefix == number:  # it stands in the rules
            return number
        made = number
        for attempt in range(TRIES):
            made = prefix + self._digits(number, len(number) - len(prefix), attempt)
            if made != number and self._allowed(made) == allowed:
                break
        return made

    def _contact_uri(self, address: str) -> str:
        scheme, _, rest = address.partition(":")
        if CLIENT.fullmatch(address):
            return f"{scheme}:{self.text(rest)}"
        allowed = self._allowed(address)
        host = allowed.partition(":")[2] if allowed else f"{self._word(address)}.example.com"
        return f"{scheme}:{self.text(rest.partition('@')[0])}@{host}"

    def _allowed(self, address: str) -> str:
        """The longest of `allowed_numbers` that allows it; empty where none does."""
        return next((prefix for prefix in self._allowed_numbers if is_allowed(address, prefix)), "")

    def _word(self, text: str) -> str:
        return f"x{self._hex(text, HEX)}"

    def _digits(self, text: str, length: int, attempt: int = 0) -> str:
        for more in count(attempt):
            made = str(self._large(f"{more}:{text}") % 10**length).zfill(length)
            if made != text:
                break
        return made

    def _hex(self, text: str, length: int) -> str:
        return f"{self._large(text):064x}"[-length:]

    def _large(self, text: str) -> int:
        return int.from_bytes(hmac.digest(self._key, text.encode(errors="surrogatepass"), "sha256"))
