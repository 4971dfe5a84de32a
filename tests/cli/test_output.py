"""Problems as text, JSON and GitHub annotations."""

from app.cli.output import (
    github_annotation,
    graver,
    problem_document,
    problem_line,
    problem_object,
    sentence,
    summary,
)
from app.engine.catalogue import Check
from app.model import Level, Location, Problem

PLACE = Location("rules/20.yaml", 12, 5)
FULL = Problem(
    Check.MISSING_PARAMETER,
    "call needs `url`",
    PLACE,
    rule="billing",
    hint="add url: https://example.com/twiml",
    twilio_code=40112,
)
NOTE = Problem(Check.UNDECIDED, "nobody knows", PLACE, Level.NOTE)
BARE = Problem(Check.IGNORED_VALUE, "TaskRouter ignores it", PLACE, Level.WARNING)


def test_a_line_says_where_what_and_the_way_out() -> None:
    """Place, level, rule, message, Twilio's code, hint and check, in this order."""
    assert problem_line(FULL) == (
        "rules/20.yaml:12:5: error: billing: call needs `url` (would be 40112); "
        "add url: https://example.com/twiml [R032]"
    )


def test_what_a_problem_does_not_have_leaves_no_trace() -> None:
    """Neither a rule, nor a hint, nor a code."""
    assert problem_line(BARE) == "rules/20.yaml:12:5: warning: TaskRouter ignores it [R051]"
    assert sentence(BARE) == "TaskRouter ignores it"


def test_a_line_is_one_line() -> None:
    """Whatever a file's author wrote into a name: line ends of any kind, and what a terminal acts on."""
    problem = Problem(Check.ACTION, "a\nb\r\nc\u2028d\x85e\x0cf", PLACE, rule="x\x1b[31m", hint="g\th")
    line = problem_line(problem)
    assert line == "rules/20.yaml:12:5: error: x [31m: a b  c d e f; g h [R009]"
    assert line.splitlines() == [line]


def test_an_object_has_every_key() -> None:
    """Plain values, for whoever reads JSON."""
    assert problem_object(FULL) == {
        "file": "rules/20.yaml",
        "line": 12,
        "column": 5,
        "level": "error",
        "check": "R032",
        "rule": "billing",
        "message": "call needs `url`",
        "hint": "add url: https://example.com/twiml",
        "twilio_code": 40112,
    }


def test_an_object_without_a_place_has_the_same_keys() -> None:
    """They are null."""
    found = problem_object(Problem(Check.NO_CALL, "no call"))
    assert found.keys() == problem_object(FULL).keys()
    assert {found[key] for key in ("file", "line", "column", "rule", "hint", "twilio_code")} == {None}


def test_a_note_is_no_problem() -> None:
    """It is shown, and neither counted nor among the problems; each is an object of the same form."""
    assert problem_line(NOTE) == "rules/20.yaml:12:5: note: nobody knows [R023]"
    assert graver([FULL, NOTE, BARE]) == [FULL, BARE]
    assert problem_document([FULL, NOTE, BARE]) == {
        "problems": [problem_object(FULL), problem_object(BARE)],
        "notes": [problem_object(NOTE)],
    }


def test_the_summary_counts_rules_files_and_warnings() -> None:
    """Each in the singular where it is one; a note is no problem."""
    assert summary([], 15, 7) == "15 rules in 7 files, no problem"
    assert summary([NOTE], 1, 1) == "1 rule in 1 file, no problem"
    assert summary([NOTE, BARE], 1, 1) == "1 rule in 1 file, 1 warning"
    assert summary([BARE, BARE], 0, 2) == "0 rules in 2 files, 2 warnings"


def test_an_annotation_stands_at_its_line() -> None:
    """In a message GitHub's runner reads back percent signs and line ends alone."""
    assert github_annotation(FULL) == (
        "::error file=rules/20.yaml,line=12,col=5,title=R032::"
        "billing: call needs `url` (would be 40112); add url: https://example.com/twiml"
    )
    assert github_annotation(BARE).startswith("::warning ")
    assert github_annotation(NOTE).startswith("::notice ")


def test_an_annotation_escapes_what_would_end_it() -> None:
    """In a property commas and colons too."""
    problem = Problem(Check.YAML, "100%\r\nsure, really", Location("C:/a,b%.yaml", 1, 2))
    assert github_annotation(problem) == (
        "::error file=C%3A/a%2Cb%25.yaml,line=1,col=2,title=R001::100%25%0D%0Asure, really"
    )


def test_an_annotation_without_a_place_has_its_title() -> None:
    """A problem of a decision belongs to no file."""
    assert github_annotation(Problem(Check.NO_CALL, "no call")) == "::error title=D004::no call"
