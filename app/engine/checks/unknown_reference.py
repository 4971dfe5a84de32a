"""R011 unknown-reference (error): a name under `taskrouter` or `vars`, or a time zone, that there is not.

The attributes of tasks and workers are yours, and any name may be one. The clock has four names, currentTime,
currentHour, currentMin and dayOfWeek, and `vars` has those that you define. A time zone is one of the IANA
names, such as Europe/Paris.

Wrong:

    rules:
      - name: evening
        when: taskrouter.currentTiem >= 1800
        defer: nobody is there

Right:

    rules:
      - name: evening
        when: taskrouter.currentTime >= 1800
        defer: nobody is there
"""

from app.engine.catalogue import Check

CHECK = Check.UNKNOWN_REFERENCE
