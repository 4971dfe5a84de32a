"""R007 once-per-rule-set (error): no `default`, or a key twice that the whole rule set has once.

All files of a folder make one rule set. `default`, `max_rejections`, `allowed_numbers` and `task_type_from`
concern all of its rules, so each stands in one file alone. `default` must be there: it answers the calls for
which no rule can be carried out. The others may be left out.

Wrong:

    # 10-sales.yaml
    max_rejections: 20
    default: {defer: a supervisor looks after it}

    # 20-support.yaml
    max_rejections: 50

Right:

    # 10-sales.yaml
    max_rejections: 20
    default: {defer: a supervisor looks after it}

    # 20-support.yaml
    rules:
      - name: support
        defer: the agent accepts it in the browser
"""

from app.engine.catalogue import Check

CHECK = Check.ONCE_PER_RULE_SET
