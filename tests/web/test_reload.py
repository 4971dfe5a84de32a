"""Rules change while `desk serve` answers: real processes, real files, real requests."""

import json
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from itertools import count
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.waiting import children, until
from tests.web.conftest import samples
from tests.web.serving import PLAIN, Serve, connected, headers_for, request, started, write_rules

RELOADS = 20
BROKEN = "ruels: []\n"
NUMBERS = count(1)


def rules_of(number: int) -> str:
    """Rules whose one answer holds a number, from 0 to 9, twice."""
    return f"""
    default: {{defer: nobody}}
    rules:
      - name: only
        reply:
          instruction: call
          from: "+1800555010{number}"
          to: "+18005550109"
          url: https://example.com/{number}
    """


def answer_of(number: int) -> dict[str, str]:
    """What the rules of a number answer."""
    number_of_ours, url = f"+1800555010{number}", f"https://example.com/{number}"
    return {"instruction": "call", "from": number_of_ours, "to": "+18005550109", "url": url}


def ask(serve: Serve) -> Any:
    """The answer to a callback of a reservation that was not seen before."""
    params = PLAIN | {"ReservationSid": f"WR{next(NUMBERS):032x}"}
    headers = headers_for(f"{serve.url}/assignment", params)
    status, answer = request(serve, "/assignment", urlencode(params).encode(), headers=headers)
    assert status == 200
    return answer


def ready(serve: Serve) -> dict[str, Any]:
    """What readiness says of the rules."""
    status, document = request(serve, "/readyz", method="GET")
    assert status == 200
    rules: dict[str, Any] = document["rules"]
    return rules


def logged(serve: Serve, event: str) -> list[dict[str, Any]]:
    return [each for each in serve.events() if each["event"] == event]


def slow_rules(folder: Path) -> None:
    """Puts rules into the folder whose check takes a while."""
    many = "".join(f"  - {{name: rule-{number}, defer: nobody}}\n" for number in range(5000))
    (folder / "many.yaml").write_text("rules:\n" + many)


def watches(worker: int) -> bool:
    """Whether a worker process has begun to watch, which it does in a thread of its own."""
    return len(list(Path(f"/proc/{worker}/task").iterdir())) > 1


def checks_of(worker: int) -> list[int]:
    """The processes that check rules for a worker process."""
    with suppress(FileNotFoundError, ProcessLookupError):  # it may end while it is looked at
        return children(worker)
    return []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_rules(tmp_path / "rules", rules_of(1))


@pytest.fixture
def serve(folder: Path) -> Iterator[Serve]:
    with started(folder) as serve:
        yield serve


def test_no_request_falls_between_two_rule_sets(serve: Serve, folder: Path) -> None:
    """While rules change again and again, each answer is whole and one of the two sets', and none fails."""
    stop, answers = Event(), list[Any]()

    def answers_by(number: int) -> bool:
        return bool(ask(serve) == answer_of(number))

    def hammer() -> None:
        while not stop.is_set():
            answers.append(ask(serve))

    with ThreadPoolExecutor(2) as threads:
        hammering = [threads.submit(hammer) for _ in range(2)]
        try:
            for number in range(RELOADS):
                write_rules(folder, rules_of(2 - number % 2))
                until(partial(answers_by, 2 - number % 2))
        finally:
            stop.set()
        for each in hammering:
            each.result()
    until(lambda: len(logged(serve, "rules reloaded")) == RELOADS)
    assert {each["from"] for each in answers} == {"+18005550101", "+18005550102"}
    assert [each for each in answers if each not in (answer_of(1), answer_of(2))] == []


def test_broken_rules_while_it_serves(serve: Serve, folder: Path) -> None:
    """The last good ones answer on, readiness says since when and why, and the log says it once."""
    good = ready(serve)
    write_rules(folder, BROKEN)
    failing = until(lambda: ready(serve).get("failing"))
    assert failing["error"] == f"the rules in {folder} hold errors: mend them (desk check {folder})"
    assert failing["since"].endswith("Z")
    assert {name: value for name, value in ready(serve).items() if name != "failing"} == good
    assert ask(serve) == answer_of(1)
    write_rules(folder, rules_of(2))
    until(lambda: "failing" not in ready(serve))
    assert ask(serve) == answer_of(2)
    (line,) = logged(serve, "rules not reloaded")
    assert line["level"] == "error"
    assert any(problem.startswith(f"{folder}/rules.yaml:1:1 ") for problem in line["problems"])
    assert serve.remarks == []


def test_every_worker_process_changes_over(folder: Path) -> None:
    """Each by itself; whichever answers, it answers by the new rules."""
    with started(folder, WEB_CONCURRENCY="2") as serve:
        until(lambda: [watches(worker) for worker in children(serve.process.pid)] == [True, True])
        write_rules(folder, rules_of(2))
        until(lambda: len(logged(serve, "rules reloaded")) == 2)
        assert [ask(serve) for _ in range(8)] == [answer_of(2)] * 8


def test_a_new_start_runs_the_last_rules_that_were_taken_over(folder: Path) -> None:
    """Those that came while it served, not those that it once began with; and readiness says so."""
    with started(folder) as serve:
        write_rules(folder, rules_of(2))
        until(lambda: ask(serve) == answer_of(2))
        until(lambda: logged(serve, "rules reloaded"))
        version = ready(serve)["version"]
        write_rules(folder, BROKEN)
        until(lambda: "failing" in ready(serve))
    with started(folder) as serve:
        assert ready(serve)["version"] == version
        assert "failing" in ready(serve)
        assert ask(serve) == answer_of(2)
        write_rules(folder, rules_of(1))
        until(lambda: ask(serve) == answer_of(1))
        assert "failing" not in ready(serve)


def test_hang_up_reads_the_folder_again(serve: Serve, folder: Path) -> None:
    """kill -HUP replaces the worker processes, which watch the folder like those before them."""
    serve.process.send_signal(signal.SIGHUP)
    exiting = "Worker exiting"
    serve.wait_until(lambda: any(each["event"].startswith(exiting) for each in serve.events()))
    write_rules(folder, rules_of(2))
    until(lambda: ask(serve) == answer_of(2))


def test_a_stop_does_not_wait_for_a_check(serve: Serve, folder: Path) -> None:
    """The process that checks ends with the one that serves; nothing is said about it."""
    (worker,) = until(lambda: children(serve.process.pid))
    slow_rules(folder)
    (check,) = until(lambda: checks_of(worker))
    began = monotonic()
    serve.process.send_signal(signal.SIGTERM)
    assert serve.wait() == 0
    assert monotonic() - began < 5
    assert not Path(f"/proc/{check}").exists()
    assert serve.remarks == []
    assert logged(serve, "rules not reloaded") == []


def test_a_check_does_not_outlive_a_killed_worker(serve: Serve, folder: Path) -> None:
    """It ends by itself when nobody waits for it."""
    (worker,) = until(lambda: children(serve.process.pid))
    slow_rules(folder)
    (check,) = until(lambda: checks_of(worker))
    os.kill(worker, signal.SIGKILL)
    until(lambda: not Path(f"/proc/{check}").exists(), patience=5)


def scraped(serve: Serve, **headers: str) -> tuple[int, str]:
    """The status and the text of a scrape."""
    with connected(serve) as connection:
        connection.request("GET", "/metrics", headers=headers)
        response = connection.getresponse()
        return response.status, response.read().decode()


def metrics(serve: Serve) -> dict[str, float]:
    """What a scrape shows, by name and labels."""
    status, text = scraped(serve)
    assert status == 200
    return samples(text)


def metrics_after(serve: Serve, outcome: str) -> dict[str, float]:
    """What a scrape shows after the first reload with this outcome."""

    def found() -> dict[str, float] | None:
        shown = metrics(serve)
        return shown if shown[f'desk_rules_reloads_total{{outcome="{outcome}"}}'] == 1 else None

    return until(found)


def test_metrics_of_refused_and_mended_rules(serve: Serve, folder: Path) -> None:
    """A refusal shows while it lasts, and is counted; version and time change when rules are taken over."""
    began, before = metrics(serve), ready(serve)["version"]
    assert began[f'desk_rules_info{{version="{before}"}}'] == 1
    assert began["desk_rules_last_reload_success"] == 1
    write_rules(folder, BROKEN)
    refused = metrics_after(serve, "refused")
    assert refused["desk_rules_last_reload_success"] == 0
    loaded = "desk_rules_last_reload_success_timestamp_seconds"
    assert refused["desk_rules_failing_since_timestamp_seconds"] > began[loaded]
    assert (refused[loaded], refused[f'desk_rules_info{{version="{before}"}}']) == (began[loaded], 1)
    write_rules(folder, rules_of(2))
    mended = metrics_after(serve, "taken")
    assert mended["desk_rules_last_reload_success"] == 1
    assert "desk_rules_failing_since_timestamp_seconds" not in mended
    assert mended[f'desk_rules_info{{version="{ready(serve)["version"]}"}}'] == 1
    assert f'desk_rules_info{{version="{before}"}}' not in mended
    assert mended[loaded] > refused["desk_rules_failing_since_timestamp_seconds"]


def test_metrics_with_a_token(folder: Path) -> None:
    """METRICS_TOKEN of the environment is the one that opens; it stands in no log."""
    with started(folder, METRICS_TOKEN="the-token-of-metrics") as serve:
        status, text = scraped(serve)
        assert (status, json.loads(text)["status"]) == (401, 401)
        status, text = scraped(serve, Authorization="Bearer the-token-of-metrics")
        assert (status, samples(text)["desk_rules"]) == (200, 1)
        assert scraped(serve, Authorization="Bearer another")[0] == 401
    assert "the-token-of-metrics" not in "".join(serve.out + serve.err)
