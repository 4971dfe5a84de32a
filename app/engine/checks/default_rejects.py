"""R062 default-rejects (note): a default that rejects, beside rules that reject.

A task that was rejected as often as `max_rejections` says gets the default, instead of going round and round.
Where the default rejects as well, it goes on: TaskRouter offers the task to the next worker, up to 1,000
times. It ends sooner if the default's activity takes each worker out of reach; where it does, silence this
note. A default that accepts, redirects or defers ends it at once.

Wrong:

    rules:
      - name: not-today
        reply:
          instruction: reject
          activity_sid: WA0123456789abcdef0123456789abcdef
    default:
      reply:
        instruction: reject
        activity_sid: WA0123456789abcdef0123456789abcdef

Right:

    rules:
      - name: not-today
        reply:
          instruction: reject
          activity_sid: WA0123456789abcdef0123456789abcdef
    default:
      defer: the supervisor looks at it
"""

from collections.abc import Iterator

from app.engine.catalogue import Check
from app.engine.ruleset import DEFAULT
from app.engine.written import Written
from app.model import Level, Problem

CHECK = Check.DEFAULT_REJECTS
MESSAGE = "a task that was rejected as often as max_rejections says is rejected again"
HINT = "defer, or make sure that the activity takes the worker out of reach"


def find(written: Written) -> Iterator[Problem]:
    """The default that rejects, where a rule does."""
    rejecting = [each.rule for each in written.instructions if each.name == "reject"]
    if written.default and DEFAULT in rejecting and set(rejecting) != {DEFAULT}:
        place = written.default.node.location
        yield Problem(CHECK, MESSAGE, place, Level.NOTE, DEFAULT, HINT)
