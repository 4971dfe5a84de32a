"""R052 deprecated-parameter (warning): a parameter that Twilio has given up.

`post_work_activity_sid` of conference is deprecated, and not valid in a workspace with multi-tasking. Set the
activity when the work ends, in the program that learns of its end.

Wrong:

    rules:
      - name: support
        reply:
          instruction: conference
          from: "+18005550102"
          post_work_activity_sid: WA0123456789abcdef0123456789abcdef

Right:

    rules:
      - name: support
        reply:
          instruction: conference
          from: "+18005550102"
"""

from app.engine.catalogue import Check

CHECK = Check.DEPRECATED_PARAMETER
