"""Problems as text, JSON and GitHub annotations: pure functions."""

import json
from collections.abc import Sequence
from datetime import datetime

from app.engine.reachability import Gap, UndecidedGap
from app.model import Level, Problem

# What GitHub calls a problem of each level.
ANNOTATIONS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "notice"}


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


def graver(problems: Sequence[Problem]) -> list[Problem]:
    """Errors and warnings: a note asks nothing."""
    return [problem for problem in problems if problem.level is not Level.NOTE]


def problem_document(problems: Sequence[Problem]) -> dict[str, list[dict[str, object]]]:
    """All problems for programs: errors and warnings under `problems`, what asks nothing under `notes`."""
    notes = [problem for problem in problems if problem.level is Level.NOTE]
    return {
        "problems": [problem_object(problem) for problem in graver(problems)],
        "notes": [problem_object(note) for note in notes],
    }


def gap_line(gap: Gap) -> str:
    """Which tasks get the default, and a call that shows it."""
    call = gap.example
    parts = [("task", call.task), ("worker", call.worker), ("callback", call.callback)]
    shown = [f"{name} {json.dumps(document, ensure_ascii=False)}" for name, document in parts if document]
    which = _of_type(gap.task_type)
    return one_line(f"a task {which} can get the default: {', '.join([*shown, f'{call.at:%a %H:%M} UTC'])}")


def undecided_gap_line(gap: UndecidedGap) -> str:
    """Of which tasks it is not known whether they can get the default, and why."""
    asked = f"whether a task {_of_type(gap.task_type)} can get the default"
    return one_line(f"{asked} is not known: {gap.reason}")


def _of_type(task_type: str | None) -> str:
    return "of a type that no rule names" if task_type is None else f"of type {task_type!r}"


def gap_object(gap: Gap) -> dict[str, object]:
    """The gap for programs; `task_type` is null for all types that no rule names."""
    call = gap.example
    parts = {"task": call.task, "worker": call.worker, "callback": call.callback, "at": call.at.isoformat()}
    return {"task_type": gap.task_type, **parts}


def undecided_gap_object(gap: UndecidedGap) -> dict[str, object]:
    """The same of a type of which it is not known: no call, but why."""
    return {"task_type": gap.task_type, "reason": gap.reason}


def summary(problems: Sequence[Problem], rules: int, files: int) -> str:
    """How much was read, and how many warnings there are, where no problem is an error."""
    warnings = len(graver(problems))
    found = count(warnings, "warning") if warnings else "no problem"
    return f"{count(rules, 'rule')} in {count(files, 'file')}, {found}"


def iso(at: datetime, timespec: str = "auto") -> str:
    """The time in UTC as ISO 8601 has it, to the `timespec` of `datetime.isoformat`."""
    return at.isoformat(timespec=timespec).replace("+00:00", "Z")


def json_text(value: object) -> bytes:
    """The value for programs, in UTF-8."""
    # Not orjson, which refuses large numbers. A half of a surrogate pair has no other form than its escape.
    return json.dumps(value, indent=2, ensure_ascii=False).encode("utf-8", "backslashreplace")


def count(number: int, noun: str) -> str:
    """The number and the noun, in the plural where that fits."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def github_annotation(problem: Problem) -> str:
    """A workflow command that GitHub shows beside the line."""
    place = problem.location
    where = f"file={_property(place.file)},line={place.line},col={place.column}," if place else ""
    return f"::{ANNOTATIONS[problem.level]} {where}title={problem.check}::{_message(sentence(problem))}"


def _message(text: str) -> str:
    """As GitHub's runner reads it back: in a message a colon and a comma stand for themselves."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
