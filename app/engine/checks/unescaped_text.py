"""R058 unescaped-text (warning): the caller's text in a URL as it came.

Attributes of a task are often what a caller typed or said. In a URL a `&`, a `#` or a `/` in them changes
what is asked for. The filter urlencode makes them plain text: `{{ task.name | urlencode }}`.

Where the text is the URL, or begins it, whoever sets the attribute chooses where the call goes. Begin the
URL with what only you set: `"{{ vars.twiml }}/sales"`.

Wrong:

    rules:
      - name: greeting
        reply:
          instruction: redirect
          call_sid: "{{ task.call_sid }}"
          url: "https://example.com/greeting?name={{ task.name }}"
          accept: true

Right:

    rules:
      - name: greeting
        reply:
          instruction: redirect
          call_sid: "{{ task.call_sid }}"
          url: "https://example.com/greeting?name={{ task.name | urlencode }}"
          accept: true
"""

import re
from collections.abc import Iterator

from app.engine.catalogue import Check
from app.engine.fields import Url
from app.engine.written import Written
from app.model import Problem

CHECK = Check.UNESCAPED_TEXT
CALLERS = frozenset({"task", "worker"})
BEGINS_WITH_IT = re.compile(r"\s*(?:https?://)?\{\{-?[\s(]*(?:task|worker)\b", re.IGNORECASE)


def find(written: Written) -> Iterator[Problem]:
    """Attributes in values that are URLs, without urlencode."""
    for each in written.instructions:
        for blank in each.plan.blanks:
            if not isinstance(blank.parameter, Url) or not blank.template.unescaped & CALLERS:
                continue
            if BEGINS_WITH_IT.match(blank.template.text):
                message = f"`{blank.key}`: whoever sets the attribute chooses where this goes"
                hint = "begin with a URL of yours, and add the attribute to it with | urlencode"
            else:
                roots = " or ".join(sorted(blank.template.unescaped & CALLERS))
                message = f"`{blank.key}`: an attribute of the {roots} could change the URL"
                hint = "write {{ … | urlencode }}"
            yield each.warning(CHECK, blank.key, message, hint)
