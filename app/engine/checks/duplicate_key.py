"""R002 duplicate-key (error): a key that stands twice in the same place.

YAML would keep one of the two and drop the other without a word. Remove one, or write a list where the key
takes several values.

Wrong:

    rules:
      - name: after-sales
        task_type: support
        task_type: billing
        defer: the agent accepts it in the browser

Right:

    rules:
      - name: after-sales
        task_type: [support, billing]
        defer: the agent accepts it in the browser
"""

from app.engine.catalogue import Check

CHECK = Check.DUPLICATE_KEY
