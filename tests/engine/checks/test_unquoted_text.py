"""R021: bare names where a text is most probably meant."""

import pytest

from app.engine.catalogue import Check
from tests.builders import problems
from tests.engine.checks.one_rule import told


@pytest.mark.parametrize(
    ("when", "name"),
    [
        ("helpline == Foo", "Foo"),
        ("helpline != Foo", "Foo"),
        ("Foo == worker.line", "Foo"),
        ("skills HAS english", "english"),
        ("worker.skills HAS english", "english"),
        ("helpline CONTAINS Foo", "Foo"),
        ("english IN worker.skills", "english"),
        ("english NOT IN worker.skills", "english"),
        ("taskrouter.dayOfWeek == Mon", "Mon"),
        ("NOT (task.task == taskx)", "taskx"),
    ],
)
def test_a_bare_name_beside_another_reference(when: str, name: str) -> None:
    """Of two bare ones it is that which stands where a text would."""
    [found] = told(when)
    assert (found.check, found.at) == (Check.UNQUOTED_TEXT, when.index(name))
    assert found.message == f"`when`: {name} without quotes is an attribute of the task"
    assert found.hint == f'write "{name}" if it is text, task.{name} if it is an attribute'


@pytest.mark.parametrize("name", ["None", "nil", "undefined"])
def test_what_other_languages_call_null(name: str) -> None:
    """They are names here."""
    [found] = told(f"x == {name}")
    assert found.hint.startswith("write null")


@pytest.mark.parametrize(
    "when",
    [
        "helpline == task.Foo",
        "task.language IN worker.languages",
        "worker.languages HAS task.language",
        "a.b == worker.c",
        "priority > limit",
        "taskrouter.currentTime == opens",
        "callback.TaskAge == limit",
        'helpline == "Foo"',
        "helpline == vars.line",
        "vars.line == Foo",
    ],
)
def test_what_says_that_it_is_an_attribute(when: str) -> None:
    """`task.` does, and so does a side that is no text."""
    used = when.replace("helpline", "task.helpline") + " AND used == vars.line"
    assert told(used, variables="{line: sales}") == []


@pytest.mark.parametrize(
    "other",
    [
        '{when: language == "es", defer: later}',
        "{when: task.language != null, defer: later}",
        "{when: '\"es\" IN language', defer: later}",
        "{reply: {instruction: dequeue, to: 'client:{{ task.language }}'}}",
    ],
)
def test_what_other_rules_show_to_be_an_attribute(other: str) -> None:
    """A name that is compared with a constant, or written with `task.`, is one."""
    rules = """\
        default: {defer: later}
        rules:
          - {name: one, when: worker.mother_tongue == language, reply: {instruction: accept}}
          - {name: other, OTHER}
        """
    [found] = problems(rules.replace("OTHER", "defer: later, when: worker.language == 1"))
    assert found.check == Check.UNQUOTED_TEXT
    assert problems(rules.replace("OTHER", other[1:-1])) == ()


@pytest.mark.parametrize(
    "when",
    [
        "language IN worker.languages",
        "worker.languages HAS language",
        "required_skill IN worker.skills",
        "worker.team == preferredTeam",
        "worker.sid == last_worker_sid",
    ],
)
def test_a_name_that_shares_a_word_with_the_other_side(when: str) -> None:
    """Values are seldom named like what holds them, and attributes often are."""
    assert told(when) == []
