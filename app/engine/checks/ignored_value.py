"""R051 ignored-value (warning): a value that TaskRouter takes, and then ignores.

`conference_record: true` is legal, and records nothing. Write record-from-start.

Wrong:

    rules:
      - name: support
        reply:
          instruction: conference
          from: "+18005550102"
          conference_record: true

Right:

    rules:
      - name: support
        reply:
          instruction: conference
          from: "+18005550102"
          conference_record: record-from-start
"""

from app.engine.catalogue import Check

CHECK = Check.IGNORED_VALUE
