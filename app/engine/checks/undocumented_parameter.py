"""R050 undocumented-parameter (warning): a parameter that Twilio's documentation does not have.

`room_name` stands in examples of conference and in no reference. It may cease to work on any day, and a post
cannot hold it. Remove it: TaskRouter names the conference after the task.

Wrong:

    rules:
      - name: support
        reply:
          instruction: conference
          from: "+18005550102"
          room_name: support

Right:

    rules:
      - name: support
        reply:
          instruction: conference
          from: "+18005550102"
"""

from app.engine.catalogue import Check

CHECK = Check.UNDOCUMENTED_PARAMETER
