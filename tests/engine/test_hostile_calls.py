"""What somebody who can place a call writes into its attributes stays a text."""

from time import process_time
from urllib.parse import SplitResult, parse_qsl, urlsplit

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.callback import read_callback
from app.engine.decide import decide
from app.engine.ruleset import RuleSet
from app.engine.scope import scope_of
from app.engine.templates import read_template
from app.errors import TemplateUnfilled
from app.model import Decision
from tests.builders import CALL_SID, MONDAY_NOON, callback, parameters, ruleset

AT_MOST = 0.5  # seconds of the processor; each of these takes a few milliseconds
MOST = 60_000  # characters: what a body holds
SECRET = "the secret of the rules"
RULES = f"""
    vars: {{secret: "{SECRET}", offline: WA0123456789abcdef0123456789abcdef}}
    default: {{defer: nobody}}
    rules:
      - name: matched
        task_type: matched
        when: text MATCHES "^(a+)+$" OR text MATCHES "(x*)*(x*)*y" OR text MATCHES "(.*)(.*)(.*)[0-9]!"
        defer: found
      - name: called
        task_type: called
        reply:
          instruction: call
          from: "+18005550100"
          to: "{{{{ task.text }}}}"
          url: https://example.com/twiml
      - name: fetched
        task_type: fetched
        reply:
          instruction: redirect
          call_sid: {CALL_SID}
          url: "{{{{ task.text }}}}"
      - name: escaped
        task_type: escaped
        reply:
          instruction: redirect
          call_sid: {CALL_SID}
          url: "https://example.com/twiml?text={{{{ task.text | urlencode }}}}&last=1"
      - name: printed
        task_type: printed
        reply:
          instruction: redirect
          call_sid: {CALL_SID}
          url: "https://example.com/{{{{ (task.text | string | trim | truncate(40) | lower) | urlencode }}}}"
"""
TEMPLATES = [
    "{{ vars.secret }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{% include '/etc/passwd' %}",
    "${SECRET}",
    "{{ task.text }}" * 100,
]
LONG = {
    "letters": "a" * MOST + "!",
    "other letters": "x" * MOST,
    "digits": "+" + "1" * MOST,
    "blanks": " " * MOST,
    "a client": "client:" + "a" * MOST,
    "a SIP address": "sip:" + "a" * MOST,
    "signs of a SIP address": "sip:a@" * (MOST // 6),
    "a host": "https://" + "a" * MOST + "!",
    "dots of a host": "https://" + "a." * (MOST // 2) + "!",
    "percent signs": "https://example.com/" + "%" * MOST,
    "brackets": "[" * MOST,
}


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    return ruleset(RULES)


def decided(rules: RuleSet, kind: str, text: object) -> Decision:
    return decide(rules, callback({"type": kind, "text": text}), MONDAY_NOON)


def url_of(decision: Decision) -> SplitResult:
    assert decision.instruction
    return urlsplit(str(decision.instruction.fields["url"]))


@pytest.mark.parametrize("text", TEMPLATES)
def test_a_callers_template_is_only_text(rules: RuleSet, text: str) -> None:
    """It is never filled in: neither where it stands alone nor within another text."""
    whole = "https://example.com/" + text.replace(" ", "")
    assert url_of(decided(rules, "fetched", whole)).geturl() == whole
    assert parse_qsl(url_of(decided(rules, "escaped", text)).query)[0] == ("text", text)


_RULES = ruleset(RULES)


@given(text=st.text(max_size=50))
def test_an_escaped_text_stays_within_its_parameter(text: str) -> None:
    """With `urlencode` a caller changes neither host, nor path, nor any other parameter of a URL."""
    url = url_of(decided(_RULES, "escaped", text))
    assert (url.scheme, url.netloc, url.path, url.fragment) == ("https", "example.com", "/twiml", "")
    assert parse_qsl(url.query, keep_blank_values=True) == [("text", text), ("last", "1")]


@pytest.mark.parametrize("kind", ["matched", "called", "fetched", "escaped", "printed"])
@pytest.mark.parametrize("name", LONG)
def test_no_text_takes_long(rules: RuleSet, kind: str, name: str) -> None:
    """Neither a regular expression of a rule nor a check of ours is slow for any text that a body holds."""
    began = process_time()
    decided(rules, kind, LONG[name])
    assert process_time() - began < AT_MOST


@pytest.mark.parametrize(
    "template",
    [
        "{{ 1.5 | round(task.number) }}",
        "{{ 1.5 | round(task.number, 'floor') }}",
        "{{ 15 | round(task.negative) }}",
        "{{ task.long | replace('a', task.long) }}",
        "{{ task.long | replace('', task.long) }}",
        "{{ task.items | join(task.long) }}",
    ],
)
def test_no_filter_takes_what_a_caller_likes(template: str) -> None:
    """Arguments of a filter that a caller chose cannot ask for any time or memory."""
    number = 10**9
    task = {"number": number, "negative": -number, "long": "a" * 20_000, "items": [1] * 9_000}
    began = process_time()
    with pytest.raises(TemplateUnfilled):
        read_template(template).fill(scope_of(callback(task), {}, MONDAY_NOON))
    assert process_time() - began < AT_MOST


@pytest.mark.parametrize("depth", [100, 1_000, 4_000, 30_000])
@pytest.mark.parametrize("form", ['{"type":"printed","text":@}', "@"])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_nested_attributes(rules: RuleSet, depth: int, form: str, opening: str, closing: str) -> None:
    """As deep as a body allows: an answer comes, and soon."""
    nested = opening * depth + ("1" if closing == "}" else "") + closing * depth
    params = parameters(TaskAttributes=form.replace("@", nested))
    began = process_time()
    assert decide(rules, read_callback(params), MONDAY_NOON).rules_version
    assert process_time() - began < AT_MOST


@pytest.mark.parametrize("number", ["9" * 4_000, "9" * MOST, "1e" + "9" * MOST, "-" + "0." + "1" * MOST])
def test_huge_numbers(rules: RuleSet, number: str) -> None:
    """A number of any length is no failure."""
    params = parameters(TaskAttributes='{"type":"printed","text":' + number + "}")
    began = process_time()
    assert decide(rules, read_callback(params), MONDAY_NOON).rules_version
    assert process_time() - began < AT_MOST


def test_thousands_of_attributes(rules: RuleSet) -> None:
    """They cost their reading, and nothing else."""
    task = {f"a{n}": n for n in range(6_000)}
    params = parameters(TaskAttributes=orjson.dumps(task).decode())
    began = process_time()
    assert decide(rules, read_callback(params), MONDAY_NOON).rule == "default"
    assert process_time() - began < AT_MOST
