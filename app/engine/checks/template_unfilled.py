"""D001 template-unfilled (error): a value that this call does not have.

The attribute that a template reads is missing or null, or a filter cannot be used on it. TaskRouter would
refuse the instruction with the code of the missing parameter, so the default decides instead. Let `when` ask
for the attribute, or give another value with `| default(…)`.

Wrong, for a task that has no call_sid:

    rules:
      - name: voicemail
        reply:
          instruction: redirect
          call_sid: "{{ task.call_sid }}"
          url: https://example.com/voicemail
          accept: true

Right:

    rules:
      - name: voicemail
        when: call_sid != null
        reply:
          instruction: redirect
          call_sid: "{{ task.call_sid }}"
          url: https://example.com/voicemail
          accept: true
"""

from app.engine.catalogue import Check

CHECK = Check.TEMPLATE_UNFILLED
