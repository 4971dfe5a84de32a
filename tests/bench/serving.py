"""How many callbacks a second a process answers, beside what people write by hand.

    python -m tests.bench.serving             some minutes
    python -m tests.bench.serving --quick     a look, half a minute

One worker process each, on loopback, loaded by wrk (a Debian package) with 500 distinct signed callbacks, in
short rounds that take turns: a bare WSGI constant, a Flask view that returns a constant, the handler that
Twilio's quickstart leads to, and ours, as `desk serve` ships it: 1,000 rules, signature, journal, metrics and
logs. Printed are medians and ratios, then what an unsigned request costs, and the times at half of the load.
"""

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from urllib.parse import urlencode

from tests.bench.deciding import table
from tests.bench.replaying import ACTIONS, rules_text
from tests.builders import ACCOUNT, CALL_SID, parameters
from tests.web.conftest import FORM, TOKEN, signature

HANDLERS = Path(__file__).with_name("handlers.py")
CALLBACKS = 500
CONNECTIONS = 16
FLOORS = {"quickstart": 1.3, "Flask": 0.75}  # what ours must reach of each, at the least
GOALS = {"quickstart": 1.8, "Flask": 1.0}
READY = re.compile(r"[Ll]istening (?:at|on):? (http://127\.0\.0\.1:\d+)")
UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


def callbacks() -> Iterator[dict[str, str]]:
    """Distinct ones, of which each is decided by another rule; as Twilio sends them, but for the time."""
    for n in range(CALLBACKS):
        task = {
            "type": f"type-{n % 10}", "customer": f"c{n}", "call_sid": CALL_SID, "priority": n % 9,
            "from": f"+1415555{n:04}", "name": f"Customer {n}", "language": "en",
        }  # fmt: skip
        worker = {"contact_uri": "client:alice", "skills": ["vip", "billing"], "languages": ["en", "fr"]}
        made = parameters(task, worker, ReservationSid=f"WR{n:032}", TaskSid=f"WT{n:032}")
        yield {name: value for name, value in made.items() if name != "Timestamp"}


def script(address: str, *, is_signed: bool = True) -> str:
    """What wrk runs: each request is the next of these."""
    requests = []
    for params in callbacks():
        signed = signature(f"{address}/assignment", params) if is_signed else "x" * 28
        headers = {"Content-Type": FORM, "X-Twilio-Signature": signed}
        requests.append(f"  {{{_lua(headers)}, {json.dumps(urlencode(params))}}},")
    return "\n".join(
        [
            "local requests = {",
            *requests,
            "}",
            "local next = 0",
            "request = function()",
            "  next = next % #requests + 1",
            '  return wrk.format("POST", "/assignment", requests[next][1], requests[next][2])',
            "end",
        ]
    )


def _lua(values: Mapping[str, str]) -> str:
    return (
        "{" + ", ".join(f"[{json.dumps(name)}] = {json.dumps(value)}" for name, value in values.items()) + "}"
    )


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


@contextmanager
def running(command: Sequence[str], folder: Path) -> Iterator[str]:
    """The address of a server, while it runs. What it logs is written to a file, as a host would keep it."""
    account = {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN}
    environment = {**os.environ, **account, "DATABASE_URL": f"sqlite:///{folder}/desk.db"}
    with (
        (folder / "log").open("ab") as log,
        subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.PIPE, text=True) as process,
    ):
        assert process.stderr
        found = (
            re.search(r"[Ll]istening (?:at|on):? (http://127\.0\.0\.1:\d+)", line) for line in process.stderr
        )
        try:
            yield next(match[1] for match in found if match)
        finally:
            process.send_signal(signal.SIGTERM)
            process.stderr.read()


def load(address: str, lua: Path, seconds: float, connections: int = CONNECTIONS) -> tuple[float, float, int]:
    """Answers a second, milliseconds within which 99 of 100 came, and how many were no 2xx or 3xx."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "--latency", "-s", str(lua), address]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rate = re.search(r"Requests/sec:\s+([0-9.]+)", said)
    late = re.search(r"99%\s+([0-9.]+)(us|ms|s)", said)
    wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    assert rate
    assert late
    return float(rate[1]), float(late[1]) * UNITS[late[2]], int(wrong[1]) if wrong else 0


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="short rounds, and few")
    rounds, seconds = (2, 1.0) if parser.parse_args(arguments).quick else (9, 3.0)
    if not shutil.which("wrk"):
        raise SystemExit("wrk is not installed: apt install wrk")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        commands = {
            "bare WSGI": handler("bare"),
            "Flask": handler("flask_constant"),
            "quickstart": handler("quickstart"),
            "desk serve": ours(folder),
        }
        addresses = {name: stack.enter_context(running(each, folder)) for name, each in commands.items()}
        scripts = {name: folder / f"{number}.lua" for number, name in enumerate(addresses)}
        for name, address in addresses.items():
            scripts[name].write_text(script(address))
        unsigned = folder / "unsigned.lua"
        unsigned.write_text(script(addresses["desk serve"], is_signed=False))
        rates: dict[str, list[float]] = {name: [] for name in (*addresses, "desk serve, unsigned")}
        for _ in range(rounds):
            for name, address in addresses.items():
                rate, _, wrong = load(address, scripts[name], seconds)
                if wrong:
                    raise SystemExit(f"{name}: {wrong} requests were refused")
                rates[name].append(rate)
            rates["desk serve, unsigned"].append(load(addresses["desk serve"], unsigned, seconds)[0])
        _print(rates)
        rate, late, _ = load(addresses["desk serve"], scripts["desk serve"], seconds, 2)
    print(f"with two connections: {rate:,.0f} a second, 99 of 100 within {late:.1f} ms")  # noqa: T201


def _print(rates: Mapping[str, Sequence[float]]) -> None:
    medians = {name: median(each) for name, each in rates.items()}
    ours_ = medians["desk serve"]
    rows = [["one process", "a second", "µs", "ours to it", "floor", "goal"]]
    for name, rate in medians.items():
        ratio = ours_ / rate
        floor, goal = FLOORS.get(name), GOALS.get(name)
        said = [
            f"{bound:g} {'kept' if ratio >= bound else 'missed'}" if bound else "" for bound in (floor, goal)
        ]
        rows.append([name, f"{rate:,.0f}", f"{1e6 / rate:.0f}", f"{ratio:.2f}", *said])
    table("callbacks answered", rows)
    cost = medians["bare WSGI"] / medians["desk serve, unsigned"]
    print(f"\nan unsigned request costs {cost:.2f} of the bare WSGI constant (promised: 1.3)")  # noqa: T201


def _promise(ratio: float, bound: float | None) -> str:
    return f"{bound:g} {'kept' if ratio >= bound else 'missed'}" if bound else ""


if __name__ == "__main__":
    main()
