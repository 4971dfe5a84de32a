"""R060 ignores-nothing (warning): a comment that is to silence a check, and silences nothing.

`# desk: ignore[R012]` silences the warnings and notes of that check; several ids stand between commas. On any
line of a rule or of the default, or alone directly above it, the comment is about that rule. Elsewhere it is
about its own line, or, alone on its line, about the next. Errors cannot be silenced, since the rules would
not work.

A comment that silences nothing is left over from a mistake that was mended, or its id is misspelt: remove it,
or correct it. While the folder holds errors, and in a rule that is switched off, a comment may wait.

Wrong:

    rules:
      - name: evening
        when: taskrouter.currentTime >= 1800  # desk: ignore[R012]
        defer: nobody is there

Right:

    rules:
      - name: evening
        when: taskrouter.currentTime >= "1800"  # desk: ignore[R012]
        defer: nobody is there
"""

from app.engine.catalogue import Check

CHECK = Check.IGNORES_NOTHING
