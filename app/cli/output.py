"""Problems as text, JSON and GitHub annotations: pure functions."""

from app.model import Problem


def problem_line(problem: Problem) -> str:
    """`file:line:column: level: message [check]`, in one line."""
    return one_line(f"{problem.location}: {problem.level}: {sentence(problem)} [{problem.check}]")


def sentence(problem: Problem) -> str:
    """The message with the rule's name, the way out, and what TaskRouter would have reported."""
    parts = [f"{problem.rule}: {problem.message}" if problem.rule else problem.message]
    if problem.twilio_code:
        parts[0] += f" (would be {problem.twilio_code})"
    if problem.hint:
        parts.append(problem.hint)
    return "; ".join(parts)


def one_line(text: str) -> str:
    """The text without whatever a terminal acts on; a rule's name, for instance, may hold it."""
    return "".join(character if character.isprintable() else " " for character in text)


def problem_object(problem: Problem) -> dict[str, object]:
    """The problem for programs."""
    place = problem.location
    return {
        "file": place.file if place else None,
        "line": place.line if place else None,
        "column": place.column if place else None,
        "level": str(problem.level),
        "check": str(problem.check),
        "rule": problem.rule,
        "message": problem.message,
        "hint": problem.hint,
        "twilio_code": problem.twilio_code,
    }


def github_annotation(problem: Problem) -> str:
    """A workflow command that GitHub shows beside the line."""
    place = problem.location
    where = f"file={_property(place.file)},line={place.line},col={place.column}," if place else ""
    return f"::{problem.level} {where}title={problem.check}::{_message(sentence(problem))}"


def _message(text: str) -> str:
    """As GitHub's runner reads it back: in a message a colon and a comma stand for themselves."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
