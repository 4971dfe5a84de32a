"""R020 template (error): a value with `{{ … }}` that cannot be filled in for any call.

A template looks into task, worker, callback, reservation and vars, joins texts with ~, compares, chooses with
if and else, and uses the filters default, lower, upper, trim, replace, first, last, join, length, int, float,
string, round, truncate and urlencode. Calls, arithmetic, `{% … %}` and names that begin with an underscore
are refused, and so is a name under `vars` that there is not.

Wrong:

    rules:
      - name: voicemail
        reply:
          instruction: redirect
          call_sid: "{{ task.call_sid | strip }}"
          url: https://example.com/voicemail
          accept: true

Right:

    rules:
      - name: voicemail
        reply:
          instruction: redirect
          call_sid: "{{ task.call_sid | trim }}"
          url: https://example.com/voicemail
          accept: true
"""

from app.engine.catalogue import Check

CHECK = Check.TEMPLATE
