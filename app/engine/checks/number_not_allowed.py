"""D005 number-not-allowed (error): a number that the caller chose, and that may not be called.

Where `to` holds text of the task or the callback, whoever called may have chosen it, and a call to a far
country is yours to pay. So it must begin with one of `allowed_numbers`; a worker's own contact_uri and
client: names always may be called. The default decides instead. Add the prefix if such numbers are to be
called, or turn the task away sooner.

Wrong, for a task whose `phone` is +442071838750:

    allowed_numbers: ["+1"]
    rules:
      - name: call-back
        reply:
          instruction: call
          to: "{{ task.phone }}"
          from: "+18005550102"
          url: https://example.com/twiml
          accept: true

Right:

    allowed_numbers: ["+1", "+44"]
    rules:
      - name: call-back
        reply:
          instruction: call
          to: "{{ task.phone }}"
          from: "+18005550102"
          url: https://example.com/twiml
          accept: true
"""

from app.engine.catalogue import Check

CHECK = Check.NUMBER_NOT_ALLOWED
