"""D007 not-inline (error): a post that has to be answered inline, where it lacks something.

The fallback URL is called when an answer came too late or not at all, so it always answers with the
instruction itself, a post included. Inline, reject needs activity_sid, which it does not need over REST:
TaskRouter would report 40100, so the default decides instead. Write activity_sid.

Wrong, at the fallback URL:

    rules:
      - name: busy
        when: worker.busy == true
        post: {instruction: reject}

Right:

    rules:
      - name: busy
        when: worker.busy == true
        post: {instruction: reject, activity_sid: WA0123456789abcdef0123456789abcdef}
"""

from app.engine.catalogue import Check

CHECK = Check.NOT_INLINE
