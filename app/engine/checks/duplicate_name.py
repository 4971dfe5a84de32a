"""R006 duplicate-name (error): two rules, or two vars, of the same name.

All files of a folder make one rule set, in which a name stands for one rule or one var. The message says
where the first one stands. Rename one of the two, or remove it.

Wrong:

    rules:
      - name: support
        when: language == "en"
        defer: the agent accepts it in the browser
      - name: support
        when: language == "fr"
        defer: the agent accepts it on the phone

Right:

    rules:
      - name: support-en
        when: language == "en"
        defer: the agent accepts it in the browser
      - name: support-fr
        when: language == "fr"
        defer: the agent accepts it on the phone
"""

from app.engine.catalogue import Check

CHECK = Check.DUPLICATE_NAME
