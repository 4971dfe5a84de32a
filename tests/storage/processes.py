"""Other processes that use a database at the same moment."""

import subprocess
import sys
from collections.abc import Sequence

WAIT = "print('ready', flush=True)\nsys.stdin.read()\n"


def outputs(preparing: str, program: str, arguments: Sequence[Sequence[str]]) -> list[list[str]]:
    """The lines that each of several processes prints, which begin the program together; none may fail.

    Both texts find their arguments in `sys.argv`.
    """
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", f"import sys\n{preparing}\n{WAIT}{program}", *each],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for each in arguments
    ]
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin
        process.stdin.close()
        process.stdin = None
    said = [(process.communicate(timeout=60), process.returncode) for process in processes]
    assert [(stderr, status) for (_, stderr), status in said] == [("", 0)] * len(processes)
    return [stdout.splitlines() for (stdout, _), _ in said]
