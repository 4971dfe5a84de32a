"""R008 variable (error): a var, or a reference to the environment, that cannot be read.

The environment is read under `vars` alone, as `${NAME}` or, with a value for where it is not set,
`${NAME:-value}`. Everywhere else write `{{ vars.NAME }}`; in `when`, `vars.NAME`. A variable that is not set
and has no default is an error, and so is a reference that lost a brace. The name of a var begins with a
letter and goes on with letters, digits and _.

Wrong:

    rules:
      - name: support
        reply:
          instruction: conference
          from: ${SUPPORT_NUMBER}

Right:

    vars:
      support_number: ${SUPPORT_NUMBER:-+18005550102}
    rules:
      - name: support
        reply:
          instruction: conference
          from: "{{ vars.support_number }}"
"""

from app.engine.catalogue import Check

CHECK = Check.VARIABLE
