"""R032 missing-parameter (error): an instruction without a parameter that TaskRouter asks for.

TaskRouter would refuse it with a caller waiting. It asks for these, and would report these codes:

    reject in a reply       activity_sid 40100
    dequeue in a post       from 40132
    call                    from 40111, url 40112
    redirect                call_sid 40121, url 40120
    conference              from 40138

Wrong:

    rules:
      - name: support
        reply:
          instruction: call
          from: "+18005550102"
          accept: true

Right:

    rules:
      - name: support
        reply:
          instruction: call
          from: "+18005550102"
          url: https://example.com/twiml
          accept: true
"""

from app.engine.catalogue import Check

CHECK = Check.MISSING_PARAMETER
