"""D006 too-many-rejections (error): a task that was rejected as often as `max_rejections` allows.

TaskRouter offers a rejected task to the next worker, or to the same one again, and cancels it after 1,000
rejections. So from `max_rejections` on (20 unless you write another number) no rule is asked and the default
decides. Mostly a rule rejects what no worker can ever take; a default that rejects as well goes on rejecting.

Wrong, for a task in a language that no worker speaks:

    rules:
      - name: not-my-language
        when: task.language NOT IN worker.languages
        reply: {instruction: reject, activity_sid: WA0123456789abcdef0123456789abcdef}
    default:
      reply: {instruction: reject, activity_sid: WA0123456789abcdef0123456789abcdef}

Right:

    rules:
      - name: not-my-language
        when: task.language NOT IN worker.languages
        reply: {instruction: reject, activity_sid: WA0123456789abcdef0123456789abcdef}
    default:
      defer: a supervisor looks after it
"""

from app.engine.catalogue import Check

CHECK = Check.TOO_MANY_REJECTIONS
