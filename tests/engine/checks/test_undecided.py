"""R023: rules of which nobody can say quickly whether they can be reached."""

from app.engine.catalogue import Check
from app.model import Level
from tests.builders import problems


def test_it_is_said_as_a_note_with_the_reason() -> None:
    """Nothing is wrong; the place is that of the rule."""
    [found] = problems("""\
        default: {defer: later}
        rules:
          - name: only
            when: called MATCHES "^[+]44" AND called MATCHES "0123$"
            defer: it waits
        """)
    assert found.location is not None
    assert (found.check, found.level, found.rule) == (Check.UNDECIDED, Level.NOTE, "only")
    assert (found.location.line, found.location.column) == (3, 5)
    assert found.message.startswith("whether it can be reached is not known: `task.called MATCHES ")


def test_one_regular_expression_is_no_riddle() -> None:
    """Nor are two about two attributes."""
    assert (
        problems("""\
        default: {defer: later}
        rules:
          - {name: a, when: 'called MATCHES "^a"', defer: x}
          - {name: b, when: 'name MATCHES "a" AND town MATCHES "b"', defer: x}
          - {name: c, when: 'called MATCHES "^[+]44"', defer: x}
          - {name: d, when: 'called MATCHES "^[.][*][?]$" AND town MATCHES "^[(]+[0-9]{3}[)]-[.x]"', defer: x}
        """)
        == ()
    )
