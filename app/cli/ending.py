"""Until somebody ends it: Ctrl-C, or SIGTERM."""

import signal
import threading


def ended_by_signal() -> threading.Event:
    """What is set by SIGINT and SIGTERM from now on, instead of ending the process."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    return ended
