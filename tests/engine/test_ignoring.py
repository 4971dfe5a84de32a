"""Comments that silence warnings and notes: what they are about, and what is said of idle ones."""

from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.ignoring import silenced
from app.engine.loading import read_rules
from app.engine.source import SourceFile
from app.model import Level, Location, Problem
from tests.builders import problems

LEVELS = {"R001": Level.ERROR, "R012": Level.WARNING, "R013": Level.WARNING, "R023": Level.NOTE}
FILE = "rules.yaml"

# R012 for the time compared with text; R051 for conference_record: true.
LATE = 'taskrouter.currentTime >= "1800"'


def said(text: str) -> list[str]:
    """What is found, each as line and id."""
    return [f"{found.location.line} {found.check}" for found in problems(text) if found.location]


def sieved(text: str, *found: tuple[str, int], level: Level = Level.WARNING) -> list[tuple[str, int]]:
    """What is left of problems by id and line, and what comes of the comments in the text."""
    return left(text, *(Problem(check, "", Location(FILE, line), level) for check, line in found))


def left(text: str, *given: Problem) -> list[tuple[str, int]]:
    kept = silenced(given, [SourceFile(FILE, dedent(text))], LEVELS)
    return [(str(each.check), each.location.line) for each in kept if each.location]


def of_rule(rule: str, line: int) -> Problem:
    return Problem("R012", "", Location(FILE, line), Level.WARNING, rule)


def message(text: str, *given: Problem) -> str:
    """The one thing that is said about the comments in a text."""
    (found,) = silenced(given, [SourceFile(FILE, dedent(text))], LEVELS)
    return f"{found.location}: {found.message}; {found.hint}"


@pytest.mark.parametrize(
    "rule",
    [
        f"- name: late  # desk: ignore[R012]\n    when: {LATE}\n    defer: x",
        f"- name: late\n    when: {LATE}  # desk: ignore[R012]\n    defer: x",
        f"- name: late\n    when: {LATE}\n    defer: x  # desk: ignore[R012]",
        f"# desk: ignore[R012]\n  - name: late\n    when: {LATE}\n    defer: x",
        f"# desk: ignore[R012]\n  # it is text there\n  - name: late\n    when: {LATE}\n    defer: x",
        f"- name: late\n    # desk: ignore[R012]\n    when: {LATE}\n    defer: x",
        f"- name: late\n    when: {LATE}\n    defer: x\n\n    # desk: ignore[R012]\n",
        f"- # desk: ignore[R012]\n    name: late\n    when: {LATE}\n    defer: x",
        f"-\n\n    # desk: ignore[R012]\n    name: late\n    when: {LATE}\n    defer: x",
        f"- name: late\n    when: >  # desk: ignore[R012]\n      {LATE}\n    defer: x",
        f"- name: late\n    when:\n      - {LATE}\n      # text # desk: ignore[R012]\n    defer: x",
    ],
)
def test_a_comment_on_any_line_of_a_rule_or_right_above_it_is_about_the_rule(rule: str) -> None:
    """From the line of its dash to the line before the next rule or key."""
    assert said(f"rules:\n  {rule}\ndefault: {{defer: later}}\n") == []


@pytest.mark.parametrize(
    "comment",
    [
        "# desk: ignore[R012,R013]",
        "#desk:ignore[R012,R013]",
        "# desk: ignore [ R013 , R012 ]  it is text there",
        "# desk: ignore[r012 r013]",
        "# DESK: Ignore[R012, R013]",
        "# as agreed # desk: ignore[R012] # desk: ignore[R013]",
    ],
)
def test_spaces_case_and_remarks_are_as_one_likes(comment: str) -> None:
    """Several ids stand between commas or spaces."""
    text = f"rules:\n  - name: late  {comment}\n    defer: x\n"
    assert sieved(text, ("R012", 3), ("R013", 2)) == []


def test_a_rule_is_silenced_alone() -> None:
    """Not the ones before and after, nor what another check says of it."""
    text = """\
        rules:
          - name: one
            defer: x
          # desk: ignore[R012]
          - name: two
            defer: x
          - name: three
            defer: x
        """
    found = [("R012", 3), ("R012", 5), ("R012", 6), ("R013", 6), ("R012", 7)]
    assert sieved(text, *found) == [("R012", 3), ("R013", 6), ("R012", 7)]


def test_a_blank_line_parts_a_comment_from_the_rule_below() -> None:
    """It belongs to the rule above then."""
    text = "rules:\n  - name: one\n    defer: x\n  # desk: ignore[R012]\n\n  - name: two\n    defer: x\n"
    assert sieved(text, ("R012", 2), ("R012", 6)) == [("R012", 6)]


def test_a_problem_belongs_to_the_rule_that_it_names() -> None:
    """Wherever it stands: an alias brings a rule what is written in another."""
    text = "rules:\n  - name: one\n    defer: x\n  - name: two  # desk: ignore[R012]\n    defer: x\n"
    assert left(text, of_rule("two", 3), of_rule("one", 3)) == [("R012", 3)]


def test_rules_on_one_line_share_its_comment() -> None:
    """In JSON's form there is no telling them apart."""
    text = "rules: [{name: one, defer: x}, {name: two, defer: x}]  # desk: ignore[R012]\n"
    assert left(text, of_rule("one", 1), of_rule("two", 1)) == []


def test_rules_in_brackets_have_their_lines() -> None:
    """A line without a dash above is none of theirs."""
    text = "rules: [\n  # desk: ignore[R012]\n  {name: one, defer: x},\n  {name: two, defer: x}]\n"
    assert sieved(text, ("R012", 3), ("R012", 4)) == [("R012", 4)]


def test_the_default_is_silenced_like_a_rule() -> None:
    """On its lines, or right above it."""
    assert said("default:\n  reply: {instruction: dequeue}\n") == ["2 R054"] * 2
    for text in (
        "# desk: ignore[R054]\ndefault:\n  reply: {instruction: dequeue}\n",
        "default:  # desk: ignore[R054]\n  reply: {instruction: dequeue}\n",
        "default:\n  reply:\n    instruction: dequeue  # desk: ignore[R054]\n",
    ):
        assert said(text) == []


def test_elsewhere_a_comment_is_about_its_own_line_or_the_one_below() -> None:
    """Vars, tests and the other keys of a file belong to no rule."""
    text = """\
        max_rejections: 5  # desk: ignore[R012]
        vars:
          # desk: ignore[R012]
          # used elsewhere
          one: 1
          two: 2  # desk: ignore[R012,R013]
          three: 3
        """
    found = [("R012", 1), ("R012", 2), ("R012", 5), ("R012", 6), ("R013", 6), ("R012", 7)]
    assert sieved(text, *found) == [("R012", 2), ("R012", 7)]


def test_other_files_are_not_concerned() -> None:
    """A rule's name is the rule set's, a line is the file's own."""
    file = SourceFile("a.yaml", "vars: {one: 1}  # desk: ignore[R012]\n")
    other = Problem("R012", "", Location("b.yaml", 1), Level.WARNING)
    own = Problem("R012", "", Location("a.yaml", 1), Level.WARNING)
    nowhere = Problem("R012", "", None, Level.WARNING)
    assert silenced([own, other, nowhere], [file], LEVELS) == [other, nowhere]


def test_notes_are_silenced_too() -> None:
    """As warnings are."""
    text = "rules:\n  - name: one  # desk: ignore[R023]\n    defer: x\n"
    assert sieved(text, ("R023", 2), level=Level.NOTE) == []


def test_errors_are_not_silenced() -> None:
    """The rules would not work; what the comment asks is said to be impossible."""
    text = "rules:\n  - name: one  # desk: ignore[R001]\n    defer: x\n"
    assert sieved(text, ("R001", 2), level=Level.ERROR) == [("R001", 2), ("R060", 2)]
    assert message(text) == (
        "rules.yaml:2:31: R001 is an error, and errors cannot be silenced; remove it here"
    )


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        ("# desk: ignore[R12]", "19: there is no check 'R12'; did you mean 'R012'?"),
        ("# desk: ignore[late]", "19: there is no check 'LATE'; write # desk: ignore[R012], with the id"),
        ("# desk: ignore[R012, XX]", "25: there is no check 'XX'; write # desk: ignore[R012], with the id"),
        ("# desk: ignore", "4: the comment names no check to ignore; write # desk: ignore[R012]"),
        ("#  desk: ignore[]", "4: the comment names no check to ignore; write # desk: ignore[R012]"),
        ("# desk: ignore R012", "4: the comment names no check to ignore; write # desk: ignore[R012]"),
        ("# desk: ignore[R013]", "19: nothing here is R013; remove it"),
    ],
)
def test_a_comment_that_silences_nothing_is_found(comment: str, expected: str) -> None:
    """With its place, and what to write instead."""
    text = f"a: {comment}\nrules: []\n"
    used = [Problem("R012", "", Location(FILE, 1), Level.WARNING)] if "R012," in comment else []
    assert message(text, *used).startswith(f"{FILE}:1:{expected}")


def test_what_is_said_of_a_comment_names_its_rule() -> None:
    """As a warning, so that --strict sees it."""
    text = "rules:\n  - name: one  # desk: ignore[R012]\n    defer: x\n"
    (found,) = silenced([], [SourceFile(FILE, text)], LEVELS)
    assert (found.check, found.level, found.rule) == ("R060", Level.WARNING, "one")


def test_a_comment_cannot_silence_what_is_said_of_comments() -> None:
    """It would keep itself."""
    text = "rules:\n  - name: one  # desk: ignore[R012, R060]\n    defer: x\ndefault: {defer: later}\n"
    assert said(text) == ["2 R060", "2 R060"]


def test_a_comment_may_wait_while_there_are_errors() -> None:
    """Some things are looked for in whole rule sets alone."""
    text = "rules:\n  - name: one  # desk: ignore[R012]\n    defer: x\n  - name: two\n"
    assert said(text + "default: {defer: later}\n") == ["4 R009"]


def test_a_comment_may_wait_in_a_rule_that_is_switched_off() -> None:
    """Such a rule is not looked at."""
    rule = "- name: one  # desk: ignore[R012]\n    enabled: {}\n    defer: x"
    text = f"rules:\n  {rule}\ndefault: {{{{defer: later}}}}\n"
    assert said(text.format("false")) == []
    assert said(text.format('"false"')) == []
    assert said(text.format("true")) == ["2 R060"]


@pytest.mark.parametrize(
    "line",
    [
        'description: "see # desk: ignore[R012]"',
        "description: 'see # desk: ignore[R012]'",
        "description: |\n      see\n      # desk: ignore[R012]\n      above",
        "description: >-\n      see # desk: ignore[R012]",
        'description: "see\n      # desk: ignore[R012]\n      above"',
        "description: see#desk:ignore[R012]",
    ],
)
def test_a_text_is_no_comment(line: str) -> None:
    """In quotes or in a block, a # is one of its characters."""
    text = f"rules:\n  - name: late\n    {line}\n    when: {LATE}\n    defer: x\ndefault: {{defer: later}}\n"
    assert [each.partition(" ")[2] for each in said(text)] == ["R012"]


def test_a_key_is_no_comment() -> None:
    """In quotes it may hold a # too."""
    text = 'tests:\n  - task: {"the # desk: ignore[R012]": 1}\n'
    assert sieved(text, ("R012", 2)) == [("R012", 2)]


def test_a_comment_behind_a_text_is_one() -> None:
    """Behind the closing quote, below a block, beside a block's header or an anchor."""
    for line in (
        'description: "a # b"  # desk: ignore[R012]',
        "description: |\n      a # b\n    # desk: ignore[R012]",
        "description: |  # desk: ignore[R012]\n      a",
        'description: &text  # desk: ignore[R012]\n      "a"',
    ):
        text = f"rules:\n  - name: one\n    {line}\n    defer: x\n"
        assert sieved(text, ("R012", 2)) == []


def test_line_ends_and_a_byte_order_mark_change_nothing() -> None:
    """As files from other systems have them."""
    text = "\ufeffrules:\r\n  - name: one\r\n    # desk: ignore[R012]\r\n    defer: x\r\n"
    assert sieved(text, ("R012", 2)) == []


def test_what_is_found_while_rules_are_read_is_silenced_as_well() -> None:
    """Not only what lints find."""
    text = """\
        rules:
          - name: recorded
            reply:
              instruction: conference
              from: "+14155551212"
              conference_record: true{}
        default: {{defer: later}}
        """
    assert said(text.format("")) == ["6 R051"]
    assert said(text.format("  # desk: ignore[R051]")) == []


def test_without_lints_comments_are_not_read() -> None:
    """Only errors matter then."""
    text = "rules:\n  - name: one  # desk: ignore[R012]\n    defer: x\ndefault: {defer: later}\n"
    assert read_rules([SourceFile(FILE, text)], {}, lint=False)[1] == ()


@pytest.mark.parametrize(
    "text", ["# desk: ignore[R012]\n- a\n", "# desk: ignore[R012]\n", "rules: [ # desk: ignore[R012]"]
)
def test_a_file_that_is_no_rules_file_silences_nothing(text: str) -> None:
    """What is wrong with it is said elsewhere."""
    assert sieved(text, ("R012", 2)) == [("R012", 2)]


LINES = st.lists(
    st.sampled_from(
        [
            "rules:",
            "  - name: one",
            "  -",
            "    name: two",
            "    when: |",
            "      a # desk: ignore[R012]",
            "    # desk: ignore[R012]",
            "# desk: ignore[R012, R013]",
            "    defer: x  # desk: ignore[R023]",
            "default: {defer: later}",
            "vars: {a: 1, 'b # desk: ignore[R013]': 2}",
            "",
        ]
    ),
    max_size=12,
)


@given(LINES, st.sampled_from(["R012", "R013", "R023"]), st.integers(1, 13))
def test_whatever_a_file_holds_a_problem_is_either_kept_or_named_in_a_comment(
    lines: list[str], check: str, line: int
) -> None:
    """And errors are always kept."""
    files = [SourceFile(FILE, "\n".join(lines))]
    warning = Problem(check, "", Location(FILE, line), Level.WARNING)
    kept = silenced([warning], files, LEVELS)
    assert warning in kept or any(check in each for each in lines)
    error = Problem("R001", "", Location(FILE, line))
    assert error in silenced([error], files, LEVELS)
