"""R001 yaml (error): a file that cannot be read as YAML.

Nothing is known of the rules in such a file. Mostly the indentation is uneven, or a quote or bracket is never
closed; the place is where the reader gave up, so look just above it too. Indent with spaces, not with tabs.

A file is also refused when it is not UTF-8 or larger than 16 MB, when it holds a second document or a tag
such as `!!set`, when it nests more than 50 deep, and when its aliases stand for more than a million values.

Wrong:

    rules:
      - name: evening
        when: taskrouter.currentTime >= 1800
       defer: nobody is there

Right:

    rules:
      - name: evening
        when: taskrouter.currentTime >= 1800
        defer: nobody is there
"""

from app.engine.catalogue import Check

CHECK = Check.YAML
