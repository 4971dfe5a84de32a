"""Of a request that was refused: which URL, secret and body would have fitted, and what to set."""

import re
from collections.abc import Iterable, Mapping
from itertools import product
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.doctor.addresses import addresses
from app.doctor.diagnosis import diagnose
from app.doctor.findings import Finding, Verdict
from app.settings import read_settings
from app.web.captured import Captured, read_captured
from app.web.form import MOST
from tests.builders import ACCOUNT, parameters
from tests.web.conftest import Params, signature

TOKEN = "0123456789abcdef" * 2
OLD = "fedcba9876543210" * 2
SECRET = "the secret of the shared key"
KEYS = {"TWILIO_WEBHOOK_KEYS": f"key1:{SECRET}"}
BASE = "https://desk.example.com"
URL = f"{BASE}/assignment"
LED_ASTRAY = "Twilio calls /assignment/fallback, and the proxy leads it to /assignment: mend that"
INNER = "10.0.0.7:8080"
PARAMS = parameters({"from": "+14155550123", "note": "one\ntwo"})
ADD_TOKEN = "add it to TWILIO_AUTH_TOKEN, with a comma between"
MOST_ADDRESSES = 2_500
NOTHING: Mapping[str, str] = MappingProxyType({})


def captured(
    signed: str = URL,
    *,
    secret: str = TOKEN,
    params: Params = PARAMS,
    as_signed: Params | None = None,
    key: str = "",
    headers: Mapping[str, str] = NOTHING,
    host: str = INNER,
    query: str = "",
    path: str = "/assignment",
) -> Captured:
    """A request that Twilio sent to one URL, and that came in at another; `headers` by their own names."""
    made = signature(signed, PARAMS if as_signed is None else as_signed, secret, "sha256" if key else "sha1")
    told = {"X-Twilio-Signature": made, "Host": host, **headers}
    if key:
        told["X-Twilio-Webhooks-Signature-Settings"] = f"key={key},algorithm=HMAC_SHA256"
    place = {"scheme": "http", "host": host, "port": "8080", "path": path, "query": query}
    return read_captured(orjson.dumps({**place, "headers": told, "params": params}))


def diagnosed(request: Captured, urls: Iterable[str] = (), **environment: str) -> list[Finding]:
    known = {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN, **environment}
    found = [*diagnose(request, read_settings(known), known, urls)]
    for finding, secret in product(found, (TOKEN, OLD, SECRET, "+14155550123")):
        assert secret not in repr(finding)
    return found


def told(request: Captured, urls: Iterable[str] = (), **environment: str) -> tuple[str, str]:
    """The one error: what is wrong, and what mends it."""
    [finding] = diagnosed(request, urls, **environment)
    assert (finding.examination, finding.verdict) == ("request", Verdict.ERROR)
    return finding.what, finding.remedy


PROXY = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "desk.example.com"}


@pytest.mark.parametrize(
    ("headers", "host", "environment", "remedy"),
    [
        (PROXY, "", {}, "set TRUSTED_PROXIES=1"),
        ({name: f"{value}, inner" for name, value in PROXY.items()}, "", {}, "set TRUSTED_PROXIES=2"),
        (PROXY, "", {"PUBLIC_URL": "https://old.example.com"}, "unset PUBLIC_URL and set TRUSTED_PROXIES=1"),
        (PROXY, "", {"PUBLIC_URL": "https://old.com", "TRUSTED_PROXIES": "1"}, "unset PUBLIC_URL"),
        ({"X-Forwarded-Proto": "https"}, "desk.example.com", {}, "set TRUSTED_PROXIES=1"),
        ({}, "desk.example.com", {}, f"set PUBLIC_URL={BASE}"),
        ({}, "desk.example.com:8080", {}, f"set PUBLIC_URL={BASE}"),
        ({}, "", {"PUBLIC_URL": "http://desk.example.com"}, f"set PUBLIC_URL={BASE}"),
        ({"Forwarded": 'for=1.2.3.4;host="desk.example.com";proto=https'}, "", {}, f"set PUBLIC_URL={BASE}"),
        ({"X-Original-Host": "desk.example.com"}, "", {}, f"set PUBLIC_URL={BASE}"),
    ],
)
def test_a_url_that_was_not_the_one_seen(
    headers: dict[str, str], host: str, environment: dict[str, str], remedy: str
) -> None:
    """The setting that takes the least from what the proxy tells, else PUBLIC_URL."""
    what, found = told(captured(headers=headers, host=host or INNER), **environment)
    assert found == remedy
    assert what.startswith("Twilio signed ")
    assert what.endswith(" with TWILIO_AUTH_TOKEN")


@pytest.mark.parametrize(
    ("signed", "headers", "remedy"),
    [
        (f"{BASE}:8443/assignment", {"X-Forwarded-Port": "8443", **PROXY}, "set TRUSTED_PROXIES=1"),
        (
            f"{BASE}:8443/assignment",
            {"X-Original-Host": "desk.example.com:8443"},
            f"set PUBLIC_URL={BASE}:8443",
        ),
        (f"{BASE}:443/assignment", {"X-Original-Host": "desk.example.com"}, f"set PUBLIC_URL={BASE}"),
        (
            f"{BASE}/desk/assignment",
            {"X-Original-Host": "desk.example.com", "X-Forwarded-Prefix": "/desk/"},
            f"set PUBLIC_URL={BASE}/desk",
        ),
        (
            f"{BASE}/a/b/assignment",
            {"X-Original-Host": "desk.example.com", "X-Original-Uri": "/a/b/assignment"},
            f"set PUBLIC_URL={BASE}/a/b",
        ),
        (f"{BASE}/a/assignment", {"X-Original-Url": f"{BASE}/a/assignment"}, f"set PUBLIC_URL={BASE}/a"),
    ],
)
def test_ports_and_prefixes(signed: str, headers: dict[str, str], remedy: str) -> None:
    """As far as any header tells of them."""
    assert told(captured(signed, headers=headers))[1] == remedy


SLASH = "remove the slash from the end of the Workflow's URL"
ANOTHER_PATH = "let the Workflow's URL end in /assignment, its fallback in /assignment/fallback"
ADDED = "something on the way adds a query (utm, x): let it pass the URL on as it is"
KEEP_QUERY = "let the proxy pass the query on as it is"
SETTING = re.compile(r"set (PUBLIC_URL|TRUSTED_PROXIES)=(\S+)")


def is_mended(signed: str, came: Mapping[str, Any], environment: Mapping[str, str], remedy: str) -> bool:
    """Whether the same request is taken when everything is done that a remedy says, and nothing else."""
    came, environment = dict(came), dict(environment)
    for part in re.split("; | and (?=set )", remedy):
        place = urlsplit(signed)
        if setting := SETTING.fullmatch(part):
            environment[setting[1]] = setting[2]
        elif part == "unset PUBLIC_URL":
            del environment["PUBLIC_URL"]
        elif part == SLASH:
            signed = place._replace(path=place.path.rstrip("/")).geturl()
        elif part == ANOTHER_PATH:
            signed = place._replace(path="/assignment").geturl()
        elif part == LED_ASTRAY:
            came["path"] = "/assignment/fallback"
        else:
            assert part in {ADDED, KEEP_QUERY}
            came["query"] = place.query
    [finding] = diagnosed(captured(signed, **came), **environment)
    return finding.verdict is Verdict.OK


HERE = {"host": "desk.example.com"}
SET = f"set PUBLIC_URL={BASE}"


@pytest.mark.parametrize(
    ("came", "environment", "setting"),
    [
        (HERE, {}, SET),
        ({}, {"PUBLIC_URL": BASE}, ""),
        ({}, {"PUBLIC_URL": "http://desk.example.com"}, SET),
        ({"headers": PROXY}, {}, "set TRUSTED_PROXIES=1"),
        ({"headers": PROXY}, {"TRUSTED_PROXIES": "1"}, ""),
        ({"headers": PROXY}, {"PUBLIC_URL": "https://old.com"}, "unset PUBLIC_URL and set TRUSTED_PROXIES=1"),
    ],
)
@pytest.mark.parametrize(
    ("signed", "query", "told_url", "place"),
    [
        (f"{URL}/", "", "", SLASH),
        (f"{URL}/fallback", "", "", LED_ASTRAY),
        (URL, "utm=1&x=2", "", ADDED),
        (f"{URL}/", "utm=1&x=2", "", f"{SLASH}; {ADDED}"),
        (f"{BASE}/hooks/tr", "", f"{BASE}/hooks/tr", ANOTHER_PATH),
        (f"{BASE}/hooks/tr?a=1", "", f"{BASE}/hooks/tr?a=1", f"{ANOTHER_PATH}; {KEEP_QUERY}"),
        (f"{URL}?b=2&a=1", "a=1&b=2", f"{URL}?b=2&a=1", KEEP_QUERY),
        (f"{URL}/?a=1", "a=1", f"{URL}/?a=1", SLASH),
        (f"{URL}/fallback?a=1", "", f"{URL}/fallback?a=1", f"{LED_ASTRAY}; {KEEP_QUERY}"),
    ],
)
def test_what_no_setting_mends(
    came: Mapping[str, Any],
    environment: Mapping[str, str],
    setting: str,
    signed: str,
    query: str,
    told_url: str,
    place: str,
) -> None:
    """The proxy, or the Workflow's URL - and the setting too where one is missing, and none where none is."""
    arrived = {**came, "query": query}
    _, remedy = told(captured(signed, **arrived), [told_url], **environment)
    assert remedy == "; ".join(filter(None, (setting, place)))
    assert is_mended(signed, arrived, environment, remedy)
    for part in remedy.split("; ") if "; " in remedy else ():
        assert not is_mended(signed, arrived, environment, part)


def test_a_query_in_another_order_needs_no_setting() -> None:
    """The URL that was seen is the one that was called, but for it."""
    url = f"http://{INNER}/assignment?b=2&a=1"
    assert told(captured(url, query="a=1&b=2"), [url])[1] == KEEP_QUERY


@pytest.mark.parametrize(
    "host", ["Desk.Example.com", "Desk.example.com", "Desk.Example.Com", "DESK.EXAMPLE.COM"]
)
@pytest.mark.parametrize("environment", [{"PUBLIC_URL": BASE}, {}])
def test_a_host_in_other_letters(host: str, environment: dict[str, str]) -> None:
    """The Workflow's own count: they are guessed, wherever nothing tells of them."""
    signed = f"https://{host}/assignment"
    came: dict[str, Any] = {"host": "desk.example.com"}
    _, remedy = told(captured(signed, **came), **environment)
    assert remedy == f"set PUBLIC_URL=https://{host}"
    assert is_mended(signed, came, environment, remedy)


def test_a_hosts_letters_are_believed() -> None:
    """Those of a header, of PUBLIC_URL and of --url, and small ones instead."""
    signed = "https://dESK.example.com/assignment"
    remedy = "set PUBLIC_URL=https://dESK.example.com"
    assert told(captured(signed, host="dESK.example.com"))[1] == remedy
    assert told(captured(signed), [signed], PUBLIC_URL=BASE)[1] == remedy
    assert told(captured(), PUBLIC_URL="https://dESK.example.com")[1] == SET


@pytest.mark.parametrize(
    ("url", "remedy"),
    [
        (f"{BASE}/x/assignment", f"set PUBLIC_URL={BASE}/x"),
        (
            f"{BASE}/x/assignment?env=a",
            f"set PUBLIC_URL={BASE}/x; let the proxy pass the query on as it is",
        ),
        (f"{BASE}/twilio", f"set PUBLIC_URL={BASE}; {ANOTHER_PATH}"),
        (f"{BASE}/x/assignment/fallback", f"set PUBLIC_URL={BASE}/x; {LED_ASTRAY}"),
        (f"{BASE}/x/assignment/", f"set PUBLIC_URL={BASE}/x; {SLASH}"),
        (
            "https://user:pass@desk.example.com/assignment",
            "set PUBLIC_URL=https://USER:PASSWORD@desk.example.com",
        ),
    ],
)
def test_a_url_that_is_told(url: str, remedy: str) -> None:
    """What cannot be guessed is tried as it is; a password in it is not shown."""
    assert told(captured(url), [url])[1] == remedy
    assert "no URL that can be guessed" in told(captured(url))[0]


@pytest.mark.parametrize("url", ["nonsense", "ftp://x/y", "https://[/assignment", "https:///assignment"])
def test_a_told_url_that_is_none(url: str) -> None:
    """It fits nothing, and fails nothing."""
    assert "no URL that can be guessed" in told(captured(), [url])[0]


def test_a_prefix_that_public_url_lacks() -> None:
    """It is added, and one that it has stays where the path is another."""
    url = f"{BASE}/x/assignment"
    assert told(captured(url), [url], PUBLIC_URL=BASE)[1] == f"set PUBLIC_URL={BASE}/x"
    url = f"{BASE}/x/hooks/tr"
    assert told(captured(url), [url], PUBLIC_URL=f"{BASE}/x")[1] == ANOTHER_PATH


def test_what_is_looked_up_is_tried_last() -> None:
    """Only where nothing else fits."""
    asked = []

    def look_up() -> list[str]:
        asked.append(1)
        return [URL]

    known = {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN}
    ours = read_settings(known)
    [found] = diagnose(captured(), ours, known, looked_up=look_up)
    assert (found.remedy, len(asked)) == (f"set PUBLIC_URL={BASE}", 1)
    [found] = diagnose(captured(headers=PROXY), ours, known, looked_up=look_up)
    assert (found.remedy, len(asked)) == ("set TRUSTED_PROXIES=1", 1)


def test_settings_that_fit_by_now() -> None:
    """Nothing is wrong any more."""
    [found] = diagnosed(captured(), PUBLIC_URL=BASE)
    assert found.verdict is Verdict.OK
    assert found.what == f"Twilio signed {URL} with TWILIO_AUTH_TOKEN: with these settings it is taken"


@pytest.mark.parametrize(
    ("environment", "secret", "name", "remedy"),
    [
        ({"TWILIO_AUTH_TOKEN": f"{TOKEN},{OLD}"}, OLD, "number 2 of TWILIO_AUTH_TOKEN", ""),
        ({"OLD_TWILIO_TOKEN": OLD}, OLD, "what OLD_TWILIO_TOKEN holds", ADD_TOKEN),
        (
            {"TWILIO_AUTH_TOKEN": f"'{OLD}'"},
            OLD,
            "what TWILIO_AUTH_TOKEN holds",
            "write TWILIO_AUTH_TOKEN without quotes, and several tokens with commas between",
        ),
        (
            {"TWILIO_AUTH_TOKEN": f"{TOKEN};{OLD}"},
            OLD,
            "what TWILIO_AUTH_TOKEN holds",
            "write TWILIO_AUTH_TOKEN without quotes, and several tokens with commas between",
        ),
        (KEYS, SECRET, "what TWILIO_WEBHOOK_KEYS holds", ADD_TOKEN),
    ],
)
def test_another_secret_signed(environment: dict[str, str], secret: str, name: str, remedy: str) -> None:
    """One of several, or one that lies about in the environment."""
    [found] = diagnosed(captured(secret=secret), PUBLIC_URL=BASE, **environment)
    assert found.what.startswith(f"Twilio signed {URL} with {name}")
    assert found.remedy == remedy
    assert (found.verdict is Verdict.OK) == (not remedy)


def test_a_secret_and_a_url_at_once() -> None:
    """Both are named."""
    what, remedy = told(captured(secret=OLD, headers=PROXY), OTHER_TOKEN=OLD)
    assert what == "Twilio signed the URL that 1 trusted proxy tells with what OTHER_TOKEN holds"
    assert remedy == f"{ADD_TOKEN}; set TRUSTED_PROXIES=1"


def test_the_token_that_is_set_stays() -> None:
    """While they are rotated callbacks are signed with either, and both are taken once that is done."""
    ours = {"PUBLIC_URL": BASE, "TWILIO_OLD_TOKEN": OLD}
    assert told(captured(secret=OLD), **ours)[1] == ADD_TOKEN
    ours["TWILIO_AUTH_TOKEN"] = f"{TOKEN},{OLD}"
    for secret in (TOKEN, OLD):
        [finding] = diagnosed(captured(secret=secret), **ours)
        assert finding.verdict is Verdict.OK


def test_the_keys_that_are_set_stay() -> None:
    """One more stands behind a comma; one with another secret gets the right one."""
    ours = {"PUBLIC_URL": BASE, "A_SECRET": OLD}
    remedy = "add key2:… with it to TWILIO_WEBHOOK_KEYS"
    request = captured(secret=OLD, key="key2")
    assert told(request, **ours)[1] == remedy
    assert told(request, **ours, **KEYS)[1] == f"{remedy}, with a comma between"
    remedy = "give it to key1 in TWILIO_WEBHOOK_KEYS"
    assert told(captured(secret=OLD, key="key1"), **ours, **KEYS)[1] == remedy


@pytest.mark.parametrize(
    ("key", "secret", "environment", "what", "remedy"),
    [
        (
            "key1",
            SECRET,
            KEYS,
            f"Twilio signed {URL} with the key key1 of TWILIO_WEBHOOK_KEYS",
            "TRUSTED_PROXIES=1",
        ),
        (
            "key2",
            SECRET,
            KEYS,
            f"Twilio signed {URL} with the secret of the key key1",
            "give it to key2 in TWILIO_WEBHOOK_KEYS; set TRUSTED_PROXIES=1",
        ),
        (
            "key2",
            OLD,
            {"KEY2_SECRET": OLD},
            f"Twilio signed {URL} with what KEY2_SECRET holds",
            "add key2:… with it to TWILIO_WEBHOOK_KEYS; set TRUSTED_PROXIES=1",
        ),
        (
            "key2",
            OLD,
            KEYS,
            "it is signed with the key key2, which TWILIO_WEBHOOK_KEYS lacks",
            "add key2:SECRET to TWILIO_WEBHOOK_KEYS",
        ),
        (
            "key1",
            OLD,
            KEYS,
            "no URL that can be guessed fits a secret that is set: another signed, or the body was changed",
            "compare the secret of key1 in TWILIO_WEBHOOK_KEYS with the Twilio Console, then name the",
        ),
    ],
)
def test_webhook_keys(key: str, secret: str, environment: dict[str, str], what: str, remedy: str) -> None:
    """A key that is not set, is set under another name, or has another secret."""
    found = told(captured(secret=secret, key=key, headers=PROXY), **environment)
    assert found[0] == what.replace(URL, "the URL that 1 trusted proxy tells")
    assert remedy in found[1]


@pytest.mark.parametrize(
    ("as_signed", "seen", "what"),
    [
        ({}, PARAMS, "the body was no form when Twilio sent it"),
        (PARAMS, PARAMS | {"_": "1"}, "the parameter _ was added to the body"),
        (PARAMS, PARAMS | {"a": "", "b": ""}, "empty parameters were added to the body"),
        (
            PARAMS,
            {name: value.replace("+", " ") for name, value in PARAMS.items()},
            "the body was decoded twice, so that + became a space",
        ),
        ({"a": "1\r\n2"}, {"a": "1\n2"}, "the ends of lines were changed"),
        ({"a": "1\n2"}, {"a": "1\r\n2"}, "the ends of lines were changed"),
    ],
)
def test_a_body_that_was_changed(as_signed: dict[str, str], seen: dict[str, str], what: str) -> None:
    """What happened to it on the way."""
    said, remedy = told(captured(params=seen, as_signed=as_signed), PUBLIC_URL=BASE)
    assert said == f"Twilio signed {URL} with TWILIO_AUTH_TOKEN, and {what} on the way"
    assert remedy == "let the proxy pass the body on as it is"


def test_a_repeated_parameter_is_signed_too() -> None:
    """Its values stay together."""
    twice = {"a": ["1 2", "3"]}
    [found] = diagnosed(captured(params=twice, as_signed=twice), PUBLIC_URL=BASE)
    assert found.verdict is Verdict.OK
    [found] = diagnosed(captured(params={"a": ["1 2", "4"]}, as_signed=twice), PUBLIC_URL=BASE)
    assert found.verdict is Verdict.ERROR


@pytest.mark.parametrize(
    ("value", "said"),
    [("", "there is no X-Twilio-Signature"), ("nonsense", "X-Twilio-Signature holds no signature")],
)
def test_what_is_not_signed(value: str, said: str) -> None:
    """Nothing is guessed then."""
    what, remedy = told(captured(headers={"X-Twilio-Signature": value}))
    assert what.startswith(said)
    assert remedy.startswith("let the proxy pass X-Twilio-Signature on")


def test_nothing_fits() -> None:
    """Another token, a body that was changed otherwise, or a URL that nobody can guess."""
    what, remedy = told(captured(secret=OLD))
    assert what == (
        "no URL that can be guessed fits a secret that is set: another signed, or the body was changed"
    )
    assert (
        remedy == "compare TWILIO_AUTH_TOKEN with the Twilio Console, then name the Workflow's URL with --url"
    )


def test_another_accounts_callback() -> None:
    """Its token is another one as well."""
    params = PARAMS | {"AccountSid": "AC" + "9" * 32}
    found = diagnosed(captured(secret=OLD, params=params, as_signed=params))
    assert [each.where for each in found] == ["/assignment", "TWILIO_ACCOUNT_SID"]
    assert found[1].remedy.startswith("set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN of the account")


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-Host": "[", "X-Forwarded-Port": "x", "X-Forwarded-Prefix": "["},
        {"X-Original-Host": "a:99999", "X-Original-Uri": "http://[", "Forwarded": "host="},
        {"X-Original-Host": "[::1]:80", "X-Forwarded-Host": ",,,"},
    ],
)
def test_nonsense_in_headers(headers: dict[str, str]) -> None:
    """Anybody may have written them: they lead nowhere, and fail nothing."""
    assert "no URL that can be guessed" in told(captured(headers=headers))[0]


LISTED = {
    "X-Forwarded-Host": "h{}.example.com:{}",
    "X-Original-Host": "g{}.example.com:1{}",
    "X-Forwarded-Prefix": "/p{}",
    "X-Forwarded-Port": "2{}",
    "Forwarded": "host=f{}.example.com:3{}",
}


def listed(number: int) -> dict[str, str]:
    """Headers with so many entries, no two the same."""
    return {
        name: ",".join(entry.format(each, 1000 + each) for each in range(number))
        for name, entry in LISTED.items()
    }


@pytest.mark.parametrize("number", [20, 80, 700])
def test_long_lists_in_headers(number: int) -> None:
    """Anybody may have written them: the guesses stay few, however many entries there are."""
    request = captured(headers={**listed(number), "X-Original-Uri": "/a/assignment"}, query="a=1")
    ours = read_settings({"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN})
    assert sum(1 for _ in addresses(request, ours)) < MOST_ADDRESSES
    assert "no URL that can be guessed" in told(request)[0]


@pytest.mark.parametrize("name", ["X-Forwarded-Host", "X-Original-Host"])
def test_the_last_entries_of_a_header_count(name: str) -> None:
    """Proxies add what they know at the end; what a client wrote before that is not tried."""
    invented = ",".join(f"h{each}.example.com" for each in range(100))
    assert (
        f"set PUBLIC_URL={BASE}" in told(captured(headers={name: f"{invented}, desk.example.com, inner"}))[1]
    )
    assert "no URL that can be guessed" in told(captured(headers={name: f"desk.example.com,{invented}"}))[0]


def test_more_parameters_than_are_kept() -> None:
    """The server refuses such a form unseen, so no file of its own holds one."""
    kept = {f"p{number}": "x" for number in range(MOST)}
    what, _ = told(captured(params=kept, as_signed=PARAMS))
    assert "no URL that can be guessed" in what
    for many in (kept | {"a": "x"}, {"a": ["x"] * (MOST + 1)}):
        with pytest.raises(ValueError, match=f"more than {MOST} parameters"):
            captured(params=many)


def test_an_ipv6_host() -> None:
    """It stands in brackets."""
    assert told(captured("https://[2001:db8::1]/assignment", host="[2001:db8::1]:8080"))[1] == (
        "set PUBLIC_URL=https://[2001:db8::1]"
    )


EMPTY = {**dict.fromkeys(("scheme", "host", "port", "path", "query"), ""), "headers": {}, "params": {}}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"a=b", "it is not JSON"),
        (b"[]", "it is no JSON object"),
        (b"{}", "it has no `scheme` as desk serve --capture-rejected writes it"),
        (b'{"scheme":"a","host":"b","port":"c","path":"d","query":"e"}', "it has no `headers`"),
        (orjson.dumps({**EMPTY, "path": "/\u0141"}), "it holds characters that no HTTP request has"),
        (orjson.dumps({**EMPTY, "headers": {"Host": "\u0141"}}), "it holds characters that no HTTP request"),
    ],
)
def test_a_line_that_holds_no_request(line: bytes, said: str) -> None:
    """Said in a sentence that repeats nothing of it."""
    with pytest.raises(ValueError, match=said):
        read_captured(line)


ANY_TEXT = st.text(max_size=40)
LATIN_1 = st.characters(max_codepoint=255)
LONG = [",".join(entry.format(n, n) for n in range(300)) for entry in LISTED.values()]
ODD = [*LONG, "/assignment", "desk.example.com", "https://[", "a://[", "a:b@c:1", "[", "1"]
TEXTS = st.sampled_from(ODD) | st.text(LATIN_1, max_size=40)
HEADERS = ["Host", "Forwarded", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Prefix"]
HEADERS += ["X-Forwarded-Proto", "X-Original-Uri", "X-Original-Url", "X-Twilio-Webhooks-Signature-Settings"]
REQUESTS = st.fixed_dictionaries(
    {
        **dict.fromkeys(("scheme", "host", "port", "path", "query"), TEXTS),
        "headers": st.dictionaries(st.sampled_from(HEADERS), TEXTS),
        "params": st.dictionaries(st.text(max_size=5), ANY_TEXT | st.lists(ANY_TEXT, max_size=2), max_size=2),
    }
)


@settings(deadline=None, max_examples=25)
@given(document=REQUESTS, public=st.booleans(), url=TEXTS | ANY_TEXT)
def test_whatever_a_request_holds(document: dict[str, Any], public: bool, url: str) -> None:
    """It fits nothing, and that is said."""
    document["headers"]["X-Twilio-Signature"] = "A" * 27 + "="
    request = read_captured(orjson.dumps(document))
    found = diagnosed(request, [url], PUBLIC_URL="https://desk.example.com/x" if public else "")
    assert {finding.verdict for finding in found} == {Verdict.ERROR}
