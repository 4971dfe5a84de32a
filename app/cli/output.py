"""Problems as text, JSON and GitHub annotations: pure functions."""

from app.model import Level, Problem


def problem_line(problem: Problem) -> str:
    """`file:line:column: level: message [check]`, in one line."""
    return f"{problem.location}: {problem.level}: {sentence(problem)} [{problem.check}]"


def sentence(problem: Problem) -> str:
    """The message with the rule's name, the way out, and what TaskRouter would have reported."""
    parts = [f"{problem.rule}: {problem.message}" if problem.rule else problem.message]
    if problem.twilio_code:
        parts[0] += f" (would be {problem.twilio_code})"
    if problem.hint:
        parts.append(problem.hint)
    return "; ".join(parts).replace("\n", " ")


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
    where = f"file={_escaped(place.file)},line={place.line},col={place.column}" if place else ""
    level = "error" if problem.level is Level.ERROR else "warning"
    return f"::{level} {where},title={problem.check}::{_escaped(sentence(problem))}"


def _escaped(text: str) -> str:
    for character, code in (("%", "%25"), ("\r", "%0D"), ("\n", "%0A"), (":", "%3A"), (",", "%2C")):
        text = text.replace(character, code)
    return text
