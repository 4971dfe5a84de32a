"""How many callbacks a second a process answers, beside what people write by hand.

    python -m tests.bench.serving                       some minutes
    python -m tests.bench.serving --quick               a look, half a minute
    python -m tests.bench.serving --memory 1000000      the memory of a worker over so many callbacks, too

One worker process each, on loopback, loaded by wrk (a Debian package) with 500 distinct signed callbacks, in
short rounds that take turns: a bare WSGI constant, a Flask view that returns a constant, the handler that
Twilio's quickstart leads to, and ours, as `desk serve` ships it: 1,000 rules, signature, journal, metrics and
logs. The others run under gunicorn with 16 threads, as ours does: one at a time (`sync`, its default) they
answer a fifth less, with four threads in one noisy run from 3 % less to 15 % more.

Printed are medians and ratios, and the processor time of the worker process, which other programs on the
machine disturb less; what requests cost that are refused; the times at half of the load; whether all that was
answered was saved.
"""

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from typing import NamedTuple, TypeAlias
from urllib.parse import urlencode
from urllib.request import urlopen

from tests.bench.deciding import table
from tests.bench.replaying import ACTIONS, rules_text
from tests.builders import ACCOUNT, CALL_SID, parameters
from tests.waiting import children, until
from tests.web.conftest import FORM, TOKEN, signature

HANDLERS = Path(__file__).with_name("handlers.py")
CALLBACKS = 500
MANY = 20_000  # distinct ones for the memory: more than a process remembers, so that each is new
CONNECTIONS = 16
SETTLED = 0.5  # seconds until what a round left to other threads is done
REFUSED = 1.3  # of the bare WSGI constant, that a refused request may cost
LATE = 20.0  # milliseconds within which 99 of 100 are to be answered at half of the load
MEMORY = 120  # MB that a worker may take
STEPS = 10  # looks at the memory that are printed
HALF = 32  # connections at half of the load, each of which pauses
MINUTE = 60.0  # seconds
OURS = "desk serve"
FLOORS = {"quickstart": 1.3, "Flask": 0.75}  # what ours must reach of each, at the least
GOALS = {"quickstart": 1.8, "Flask": 1.0}
SEPARATOR = "\x1e"
SCRIPT = """
local requests, next = {{}}, 0
for each in io.open("{file}"):read("*a"):gmatch("[^{separator}]+") do requests[#requests + 1] = each end
request = function()
  next = next % #requests + 1
  return requests[next]
end
{delay}
"""
READY = re.compile(r"[Ll]istening (?:at|on):? (http://127\.0\.0\.1:\d+)")
Sign: TypeAlias = Callable[[str, Mapping[str, str]], str]
UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


def callbacks(count: int = CALLBACKS) -> Iterator[dict[str, str]]:
    """Distinct ones, of which each is decided by another rule; as Twilio sends them, but for the time."""
    for n in range(count):
        task = {
            "type": f"type-{n % 10}", "customer": f"c{n % CALLBACKS}", "call_sid": CALL_SID,
            "priority": n % 9, "from": f"+1415{n:07}", "name": f"Customer {n}", "language": "en",
        }  # fmt: skip
        worker = {"contact_uri": "client:alice", "skills": ["vip", "billing"], "languages": ["en", "fr"]}
        made = parameters(task, worker, ReservationSid=f"WR{n:032}", TaskSid=f"WT{n:032}")
        yield {name: value for name, value in made.items() if name != "Timestamp"}


def signed(address: str, params: Mapping[str, str]) -> str:
    """The signature of a callback, as Twilio makes it."""
    return signature(f"{address}/assignment", params)


def unsigned(_address: str, _params: Mapping[str, str]) -> str:
    """None: nobody signed it."""
    return ""


def wrongly_signed(_address: str, _params: Mapping[str, str]) -> str:
    """One that somebody else made."""
    return "x" * 27 + "="


def requests(address: str, sign: Sign = signed, count: int = CALLBACKS) -> Iterator[str]:
    """Each callback's request."""
    for params in callbacks(count):
        body, made = urlencode(params), sign(address, params)
        lines = [
            "POST /assignment HTTP/1.1",
            f"Host: {address.removeprefix('http://')}",
            *([f"X-Twilio-Signature: {made}"] if made else []),
            f"Content-Type: {FORM}",
            f"Content-Length: {len(body)}",
        ]
        yield "\r\n".join([*lines, "", body])


def script(folder: Path, made: Iterable[str], pause: float = 0) -> Path:
    """What wrk runs: it sends these requests, one after the other, over and over.

    Each connection pauses for `pause` milliseconds between them, on average.
    """
    number = len(list(folder.glob("*.lua")))
    file, lua = folder / f"{number}.requests", folder / f"{number}.lua"
    file.write_text(SEPARATOR.join(made))
    delay = f"delay = function() return math.random(0, {2 * pause:.0f}) end" if pause else ""
    lua.write_text(SCRIPT.format(file=file, separator=SEPARATOR, delay=delay))
    return lua


def handler(name: str) -> list[str]:
    """One of `handlers`, under gunicorn with the threads that `desk serve` has."""
    options = ["-k", "gthread", "--threads", "16", "-b", "127.0.0.1:0", "--no-control-socket"]
    return [sys.executable, "-m", "gunicorn", "--chdir", str(HANDLERS.parent), *options, f"handlers:{name}"]


def ours(folder: Path) -> list[str]:
    """`desk serve` with 1,000 rules that reply."""
    rules = folder / "rules"
    rules.mkdir()
    replies = [action for action in ACTIONS if action.startswith("reply")]
    (rules / "rules.yaml").write_text(rules_text(replies))
    return [sys.executable, "-m", "app.cli", "serve", "--port", "0", "--rules", str(rules)]


class Running(NamedTuple):
    """A server: its address, and the process that answers."""

    address: str
    worker: int

    def cpu(self) -> float:
        """Seconds of processor time that it took so far."""
        fields = Path(f"/proc/{self.worker}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> float:
        """MB that it holds."""
        status = Path(f"/proc/{self.worker}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024

    def dropped(self) -> int:
        """How many callbacks it answered and did not save."""
        with urlopen(f"{self.address}/metrics") as answer:
            said = answer.read().decode()
        return int(float(said.partition("\ndesk_journal_dropped_total ")[2].split()[0]))


@contextmanager
def running(command: Sequence[str], folder: Path) -> Iterator[Running]:
    """A server, while it runs. What it logs is written to a file, as a host would keep it."""
    account = {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN}
    environment = {**os.environ, **account, "DATABASE_URL": f"sqlite:///{folder}/desk.db"}
    with (
        (folder / "log").open("ab") as log,
        subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.PIPE, text=True) as process,
    ):
        assert process.stderr
        found = map(READY.search, process.stderr)
        try:
            address = next(match[1] for match in found if match)
            yield Running(address, until(lambda: children(process.pid))[0])
        finally:
            process.send_signal(signal.SIGTERM)
            process.stderr.read()


class Load(NamedTuple):
    """How a server did under load."""

    rate: float  # answers a second
    late: float  # milliseconds within which 99 of 100 came
    refused: int  # answers that were no 2xx or 3xx
    cpu: float  # microseconds of processor time for each


def load(server: Running, lua: Path, seconds: float, connections: int = CONNECTIONS) -> Load:
    """Loads a server for some seconds."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "--latency", "-s", str(lua)]
    before = server.cpu()
    said = subprocess.run([*command, server.address], capture_output=True, text=True, check=True).stdout
    sleep(SETTLED)
    count = re.search(r"(\d+) requests in", said)
    rate = re.search(r"Requests/sec:\s+([0-9.]+)", said)
    late = re.search(r"99%\s+([0-9.]+)(us|ms|s)", said)
    wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    assert count
    assert rate
    assert late
    cpu = 1e6 * (server.cpu() - before) / max(1, int(count[1]))
    return Load(float(rate[1]), float(late[1]) * UNITS[late[2]], int(wrong[1]) if wrong else 0, cpu)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="short rounds, and few")
    parser.add_argument("--memory", type=int, metavar="N", help="answer so many more, and look at the memory")
    given = parser.parse_args(arguments)
    rounds, seconds = (1, 1.0) if given.quick else (9, 3.0)
    if not shutil.which("wrk"):
        raise SystemExit("wrk is not installed: apt install wrk")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        commands = {
            "bare WSGI": handler("bare"),
            "Flask": handler("flask_constant"),
            "quickstart": handler("quickstart"),
            OURS: ours(folder),
        }
        servers = {name: stack.enter_context(running(each, folder)) for name, each in commands.items()}
        desk = servers[OURS]
        runs = {name: (server, script(folder, requests(server.address))) for name, server in servers.items()}
        for name, sign in (("unsigned", unsigned), ("wrongly signed", wrongly_signed)):
            runs[f"{OURS}, {name}"] = desk, script(folder, requests(desk.address, sign))
        loads: dict[str, list[Load]] = {name: [] for name in runs}
        for _ in range(rounds):
            for name, (server, lua) in runs.items():
                loads[name].append(_loaded(name, server, lua, seconds))
        _print(loads)
        _print_half(desk, folder, median(each.rate for each in loads[OURS]) / 2, seconds)
        print(f"answered and not saved: {desk.dropped()}")  # noqa: T201
        if given.memory:
            _print_memory(desk, script(folder, requests(desk.address, count=MANY)), given.memory, seconds)


def _loaded(name: str, server: Running, lua: Path, seconds: float) -> Load:
    found = load(server, lua, seconds)
    if found.refused and not name.startswith(f"{OURS}, "):
        raise SystemExit(f"{name}: {found.refused} requests were refused")
    return found


def _print(loads: Mapping[str, Sequence[Load]]) -> None:
    rates = {name: median(load.rate for load in each) for name, each in loads.items()}
    rows = [["one process", "a second", "µs", "CPU µs", "ours to it", "floor", "goal"]]
    for name, rate in rates.items():
        ratio = rates[OURS] / rate
        said = [_promise(ratio, bounds.get(name)) for bounds in (FLOORS, GOALS)]
        cpu = median(load.cpu for load in loads[name])
        rows.append([name, f"{rate:,.0f}", f"{1e6 / rate:.0f}", f"{cpu:.0f}", f"{ratio:.2f}", *said])
    table("callbacks answered", rows)
    print()  # noqa: T201
    for name in ("unsigned", "wrongly signed"):
        cost = rates["bare WSGI"] / rates[f"{OURS}, {name}"]
        print(f"a request that is {name} costs {cost:.2f} of the bare WSGI constant (promised: {REFUSED})")  # noqa: T201


def _promise(ratio: float, bound: float | None) -> str:
    return f"{bound:g} {'kept' if ratio >= bound else 'missed'}" if bound else ""


def _print_half(desk: Running, folder: Path, rate: float, seconds: float) -> None:
    """At half of the load: its connections pause so long that they ask for half of what they could."""
    lua = script(folder, requests(desk.address), pause=1000 * HALF / rate)
    found = [load(desk, lua, seconds, HALF) for _ in range(3)]
    rate, late = median(each.rate for each in found), median(each.late for each in found)
    print(f"at half of the load ({rate:,.0f} a second) 99 of 100 within {late:.1f} ms (promised: {LATE:g})")  # noqa: T201


def _print_memory(desk: Running, lua: Path, count: int, seconds: float) -> None:
    """What the worker holds while it answers so many more, looked at every few seconds."""
    held, answered, began = [desk.memory()], 0.0, monotonic()
    while answered < count:
        answered += load(desk, lua, seconds).rate * seconds
        held.append(desk.memory())
    said = ", ".join(f"{each:.0f}" for each in held[:: max(1, len(held) // STEPS)])
    took = f"{answered:,.0f} callbacks in {(monotonic() - began) / MINUTE:.0f} minutes"
    print(f"memory of the worker over {took}: {said} MB, {held[-1]:.0f} in the end (promised: {MEMORY})")  # noqa: T201


if __name__ == "__main__":
    main()
