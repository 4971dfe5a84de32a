"""R033 invalid-parameter (error): a value that the parameter cannot have.

The message says what the parameter takes, and gives an example: a phone number in E.164 (+ and 2 to 15
digits), a contact URI (a phone number, client:name or sip:user@host), a URL with http or https, a SID (its
prefix and 32 hexadecimal digits), a number within its range, or one of a few words. Where the value comes
from a var, mend the var. What TaskRouter would have reported stands in the message: 40100 for an activity,
40111 for a caller ID, and so on.

Wrong:

    rules:
      - name: busy
        reply:
          instruction: reject
          activity_sid: Offline

Right:

    rules:
      - name: busy
        reply:
          instruction: reject
          activity_sid: WA0123456789abcdef0123456789abcdef
"""

from app.engine.catalogue import Check

CHECK = Check.INVALID_PARAMETER
