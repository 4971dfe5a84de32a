"""What TaskRouter refuses, in the two ways in which it says so.

Exception
├── InstructionError   a mistake in an instruction: an alert when it came inline, HTTP 400 when over REST
└── RequestError       a refused REST request: HTTP status, Twilio error code and sentence
"""

INVALID_PARAMETER = 20001
"""Twilio's code for a parameter that is wrong and has no code of its own."""


class InstructionError(Exception):
    """One mistake of Twilio's error dictionary: `code` (such as 40140) and `text`, a sentence for people."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text


class RequestError(Exception):
    """A REST request that is refused with `status` (HTTP), `code` (Twilio's) and `text` (a sentence)."""

    def __init__(self, status: int, code: int, text: str) -> None:
        super().__init__(f"{status}, {code}: {text}")
        self.status = status
        self.code = code
        self.text = text
