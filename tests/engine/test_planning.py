"""An instruction as it stands in a rule: which one, templates, vars, secrets, and what a mode carries."""

import pytest

from app.engine.catalogue import Check
from app.engine.decide import decide
from app.model import Level, Location, Mode, Problem
from tests.builders import CALL_SID, MONDAY_NOON, OFFLINE, callback, problems, ruleset


def errors(text: str) -> list[Problem]:
    return [problem for problem in problems(text) if problem.level is Level.ERROR]


def only(text: str) -> Problem:
    [found] = problems(text)
    return found


@pytest.mark.parametrize("written", ["Conference", "CONFERENCE", "conference"])
def test_an_instruction_is_read_in_any_case(written: str) -> None:
    """People write `Conference`, as Twilio's tables do; it goes out in lower case."""
    rules = ruleset(f"""\
        default:
          reply: {{instruction: {written}, from: "+18001231234", to: client:alice}}
        """)
    decision = decide(rules, callback({"call_sid": CALL_SID}), MONDAY_NOON)

    assert decision.instruction is not None
    assert decision.instruction.name == "conference"


@pytest.mark.parametrize(
    ("written", "code", "hint"),
    [
        ("conferense", 55555, "did you mean 'conference'?"),
        ("acept", 55555, "did you mean 'accept'?"),
        ("bounce", 55555, "write one of accept, reject, dequeue, call, redirect, conference"),
        ("7", 55555, "write one of accept, reject, dequeue, call, redirect, conference"),
        ("[accept]", 55555, "write one of accept, reject, dequeue, call, redirect, conference"),
        ("'{{ vars.x }}'", 55555, "write one of accept, reject, dequeue, call, redirect, conference"),
        ("Supervise", 40146, "write one of accept, reject, dequeue, call, redirect, conference"),
    ],
)
def test_an_unknown_instruction(written: str, code: int, hint: str) -> None:
    """What is no instruction, or no answer to a pending reservation, is an error at its value."""
    found = only(f"default:\n  reply: {{instruction: {written}}}\n")

    assert (found.check, found.twilio_code, found.hint) == (Check.UNKNOWN_INSTRUCTION, code, hint)
    assert found.location == Location("rules.yaml", 2, 24)
    assert found.rule == "default"


def test_a_missing_instruction() -> None:
    """An answer without `instruction` is what TaskRouter warns of as 40005."""
    found = only("default:\n  reply: {activity_sid: WA1}\n")

    assert (found.check, found.twilio_code) == (Check.MISSING_KEY, 40005)
    assert found.location == Location("rules.yaml", 2, 10)


def test_everything_wrong_with_an_instruction_is_told_at_once() -> None:
    """An unknown key, a refused value, a template that cannot be read and a missing key: four problems."""
    text = """\
        default: {defer: nobody answers}
        rules:
          - name: only
            reply:
              instruction: call
              sender: "+18001231234"
              to: alice
              url: "{{ task.url"
        """

    assert [(found.check, found.location and found.location.line) for found in problems(text)] == [
        (Check.MISSING_PARAMETER, 5),
        (Check.UNKNOWN_PARAMETER, 6),
        (Check.INVALID_PARAMETER, 7),
        (Check.TEMPLATE, 8),
    ]


def test_a_misspelt_key_is_not_missing_as_well() -> None:
    """One mistake is one problem: the key that was meant is not asked for a second time."""
    found = only("""\
        default: {defer: nobody answers}
        rules:
          - name: only
            reply: {instruction: reject, activity: WA0123456789abcdef0123456789abcdef}
        """)

    assert (found.check, found.hint) == (Check.UNKNOWN_PARAMETER, "did you mean 'activity_sid'?")


def test_a_key_without_a_value() -> None:
    """An empty value is never sent as an empty parameter."""
    found = only("default:\n  reply:\n    instruction: reject\n    activity_sid:\n")

    assert (found.check, found.twilio_code) == (Check.INVALID_PARAMETER, 40100)
    assert "has no value" in found.message


@pytest.mark.parametrize(
    ("template", "said", "hint"),
    [
        ("{{ vars.offlin }}", "there is no var 'offlin'", "did you mean 'offline'?"),
        ("{{ task.x", "cannot be read", "see Values in the README"),
        ("{% if 1 %}x{% endif %}", "only {{ … }} is read", "see Values in the README"),
        ("{{ task.x | shout }}", "there is no filter 'shout'", "see Values in the README"),
        ("{{ request.x }}", "unknown name 'request'", "see Values in the README"),
        ("{{ vars.empty }}", "is null", "give the var a value"),
        ("{{ vars.number }}", "must be a SID", "mend the var that {{ vars.number }} takes it from"),
        ("{{ 'offline' }}", "must be a SID", "mend the var that {{ 'offline' }} takes it from"),
    ],
)
def test_a_template_is_checked_when_rules_are_read(template: str, said: str, hint: str) -> None:
    """What cannot hold for any call is an error at the template."""
    found = only(f"""\
        vars: {{offline: {OFFLINE}, empty: null, number: 7}}
        default: {{defer: nobody answers}}
        rules:
          - name: only
            reply:
              instruction: reject
              activity_sid: "{template}"
        """)

    assert found.check in {Check.TEMPLATE, Check.INVALID_PARAMETER}
    assert found.location == Location("rules.yaml", 7, 21)
    assert said in found.message
    assert found.hint == hint


def test_every_unknown_var_is_named() -> None:
    """A template with two unknown vars has two problems, and nothing is said of filling it."""
    found = problems('default:\n  reply: {instruction: reject, activity_sid: "{{ vars.a }}{{ vars.b }}"}\n')

    assert [problem.message for problem in found] == [
        "`activity_sid`: there is no var 'a'",
        "`activity_sid`: there is no var 'b'",
    ]


def test_the_value_of_a_var_is_not_repeated() -> None:
    """A var may hold a secret: what is wrong with its value is said without it."""
    [found] = problems("""\
        vars: {activity: not-to-be-seen}
        default:
          reply: {instruction: reject, activity_sid: "{{ vars.activity }}"}
        """)

    assert "not-to-be-seen" not in f"{found.message}{found.hint}"


def test_a_template_of_vars_is_filled_when_rules_are_read() -> None:
    """`{{ vars.… }}` alone is a constant: allowed in the default, and typed as its var is."""
    rules = ruleset(f"""\
        vars: {{offline: {OFFLINE}, ring: 20, events: [ringing, answered]}}
        default:
          post:
            instruction: dequeue
            from: "+18001231234"
            to: "client:{{{{ 'alice' }}}}"
            timeout: "{{{{ vars.ring }}}}"
            post_work_activity_sid: "{{{{ vars.offline }}}}"
            status_callback_events: "{{{{ vars.events }}}}"
        """)
    decision = decide(rules, callback({"call_sid": CALL_SID}), MONDAY_NOON)

    assert decision.instruction is not None
    assert decision.instruction.fields == {
        "from": "+18001231234",
        "to": "client:alice",
        "timeout": 20,
        "post_work_activity_sid": OFFLINE,
        "status_callback_events": ("ringing", "answered"),
    }


@pytest.mark.parametrize("root", ["task.x", "worker.x", "callback.TaskAge", "reservation.sid"])
def test_the_default_reads_nothing_of_a_call(root: str) -> None:
    """The default must hold for every call: a template that reads one is an error, in on_failure too."""
    text = f"""\
        default:
          post: {{instruction: reject, activity_sid: "{{{{ {root} }}}}"}}
          on_failure: {{instruction: reject, activity_sid: "{{{{ {root} }}}}"}}
        """
    found = problems(text)

    assert [(problem.check, problem.rule) for problem in found] == [(Check.DEFAULT_READS_CALL, "default")] * 2
    assert [problem.location for problem in found] == [
        Location("rules.yaml", 2, 45),
        Location("rules.yaml", 3, 51),
    ]
    assert root.partition(".")[0] in found[0].message


def test_the_environment_is_read_under_vars_alone() -> None:
    """`${…}` in an instruction is an error that says where to write it."""
    found = only("default:\n  reply: {instruction: reject, activity_sid: '${OFFLINE}'}\n")

    assert found.check is Check.VARIABLE
    assert found.location == Location("rules.yaml", 2, 46)
    assert "vars" in (found.hint or "")


def test_a_secret_in_the_rules_is_a_warning() -> None:
    """`sip_auth_password` comes from the environment: written out it is pointed at, without its value."""
    found = problems("""\
        default: {defer: nobody answers}
        rules:
          - name: only
            reply: {instruction: conference, from: "+18001231234", sip_auth_password: hunter2}
        """)

    assert [(problem.check, problem.level) for problem in found] == [(Check.SECRET_IN_RULES, Level.WARNING)]
    assert "hunter2" not in f"{found[0].message}{found[0].hint}"


@pytest.mark.parametrize("password", ["hunter2", "1234", "007", "true", " p w "])
def test_a_secret_comes_from_the_environment(password: str) -> None:
    """As the hint of the warning shows it, with quotes, a password of any kind stays text."""
    text = """\
        vars:
          PASSWORD: "${SIP_PASSWORD}"
        default: {defer: nobody answers}
        rules:
          - name: only
            reply:
              instruction: conference
              from: "+18001231234"
              sip_auth_password: "{{ vars.PASSWORD }}"
        """
    environment = {"SIP_PASSWORD": password}
    call = callback({"call_sid": CALL_SID}, {"contact_uri": "client:alice"})
    decision = decide(ruleset(text, environment), call, MONDAY_NOON)

    assert problems(text, environment) == ()
    assert decision.instruction is not None
    assert decision.instruction.fields["sip_auth_password"] == password
    assert password.strip() not in repr(decision)


@pytest.mark.parametrize(
    ("line", "check", "column", "hint"),
    [
        ("room_name: blue", Check.UNDOCUMENTED_PARAMETER, 7, "remove it"),
        (f"post_work_activity_sid: {OFFLINE}", Check.DEPRECATED_PARAMETER, 7, "set the activity"),
        ("conference_record: true", Check.IGNORED_VALUE, 26, "record-from-start"),
        ("conference_record: 'true'", Check.IGNORED_VALUE, 26, "record-from-start"),
    ],
)
def test_what_had_better_not_be_written(line: str, check: Check, column: int, hint: str) -> None:
    """TaskRouter takes it, so it is a warning and the rules are used."""
    text = f"""\
default: {{defer: nobody answers}}
rules:
  - name: only
    reply:
      instruction: conference
      from: "+18001231234"
      {line}
"""
    found = only(text)

    assert (found.check, found.level, found.location) == (
        check,
        Level.WARNING,
        Location("rules.yaml", 7, column),
    )
    assert hint in (found.hint or "")
    assert ruleset(text).rules


def test_a_value_that_taskrouter_heeds_is_no_warning() -> None:
    """`conference_record: false` and dequeue's post_work_activity_sid are in order."""
    assert (
        problems(f"""\
        default: {{defer: nobody answers}}
        rules:
          - name: one
            task_type: call
            reply: {{instruction: conference, from: "+18001231234", conference_record: false}}
          - name: two
            reply: {{instruction: dequeue, post_work_activity_sid: {OFFLINE}}}
        """)
        == ()
    )


def test_room_name_cannot_be_posted() -> None:
    """`room_name` has no form over REST, so a post with it is an error."""
    [found] = errors("""\
        default: {defer: nobody answers}
        rules:
          - name: only
            post: {instruction: conference, from: "+18001231234", room_name: blue}
        """)

    assert found.check is Check.UNKNOWN_PARAMETER
    assert "no form over REST" in found.message
    assert found.location == Location("rules.yaml", 4, 59)


@pytest.mark.parametrize(
    ("action", "line", "said"),
    [
        ("{}", 3, "it says nothing to do"),
        ("{reply: {instruction: accept}, post: {instruction: accept}}", 3, "it has reply and post"),
        ("{post: {instruction: accept}, defer: later}", 3, "it has post and defer"),
        ("{reply: {instruction: accept}, defer: later}", 3, "it has reply and defer"),
    ],
)
def test_a_rule_does_exactly_one_thing(action: str, line: int, said: str) -> None:
    """None or two of reply, post and defer is an error: of a rule and of the default."""
    in_rule = f"default: {{defer: later}}\nrules:\n  - {action[:1]}name: only, {action[1:]}\n".replace(
        ", }", "}"
    )
    in_default = f"default: {action}\n"

    [found] = problems(in_rule)
    assert (found.check, found.rule, found.message) == (Check.ACTION, "only", said)
    assert found.location is not None
    assert found.location.line == line
    [found] = problems(in_default)
    assert (found.check, found.rule, found.message) == (Check.ACTION, "default", said)


@pytest.mark.parametrize("action", ["reply: {instruction: accept}", "defer: later"])
def test_what_belongs_to_a_post(action: str) -> None:
    """`retry_for` and `on_failure` without `post` are errors, each at its key."""
    found = problems(f"""\
default: {{defer: later}}
rules:
  - name: only
    {action}
    retry_for: 30s
    on_failure: {{instruction: accept}}
""")

    assert [(problem.check, problem.location) for problem in found] == [
        (Check.ACTION, Location("rules.yaml", 5, 5)),
        (Check.ACTION, Location("rules.yaml", 6, 5)),
    ]


def test_all_instructions_of_a_rule_are_read() -> None:
    """A rule with one action too many still has the mistakes in each of them reported."""
    found = problems("""\
        default: {defer: later}
        rules:
          - name: only
            reply: {instruction: rejekt}
            post: {instruction: bounce}
            on_failure: {instruction: supervise}
        """)

    assert [problem.twilio_code for problem in found] == [55555, None, 55555, 40146]


def test_on_failure_is_checked_as_a_post() -> None:
    """dequeue needs `from` over REST: in `on_failure` too."""
    [found] = problems("""\
        default: {defer: later}
        rules:
          - name: only
            post: {instruction: accept}
            on_failure: {instruction: dequeue}
        """)

    assert (found.check, found.twilio_code) == (Check.MISSING_PARAMETER, 40132)
    assert "over REST" in found.message


@pytest.mark.parametrize(
    ("instruction", "warnings"),
    [
        ("reply: {instruction: conference, from: '+18001231234'}", 2),
        ("reply: {instruction: conference, from: '+18001231234', to: client:alice}", 1),
        ("reply: {instruction: dequeue, to: client:alice}", 1),
        ("reply: {instruction: call, from: '+18001231234', url: 'https://example.com', accept: true}", 1),
        (
            "reply: {instruction: call, from: '+18001231234', url: 'http://a.b', accept: true, to: client:a}",
            0,
        ),
        ("post: {instruction: reject}", 1),
        ("defer: later", 0),
    ],
)
def test_a_default_that_can_fail_is_a_warning(instruction: str, warnings: int) -> None:
    """What a default asks of the call, some call will lack."""
    found = problems(f"default:\n  {instruction}\n")

    assert [(problem.check, problem.level) for problem in found] == [
        (Check.DEFAULT_CAN_FAIL, Level.WARNING)
    ] * warnings


def test_a_list_with_a_template_is_no_list_of_events() -> None:
    """Only a whole value may be a template: inside a list it is refused as an event."""
    found = only("""\
        default: {defer: later}
        rules:
          - name: only
            reply: {instruction: dequeue, status_callback_events: [ringing, "{{ task.event }}"]}
        """)

    assert (found.check, found.twilio_code) == (Check.INVALID_PARAMETER, 40134)


def test_a_rule_may_post_and_give_up_after_a_while() -> None:
    """`post`, `retry_for` and `on_failure` stand together."""
    rules = ruleset("""\
        default: {defer: later}
        rules:
          - name: only
            post: {instruction: accept}
            retry_for: 2m
            on_failure: {instruction: reject}
        """)

    assert rules.rules[0].action.mode is Mode.POST


@pytest.mark.parametrize(
    "written",
    [
        'url: "htps://example.com/{{ task.a }}"',
        'url: "{ vars.twiml }}/x?line={{ task.a }}"',
        'url: "https://example.com/{ task.b }}/{{ task.a }}"',
        'call_sid: "Q{{ task.a }}"',
    ],
)
def test_what_a_template_begins_with_is_checked(written: str) -> None:
    """Whatever a call fills in, the value cannot become right."""
    others = {"url": "https://example.com", "call_sid": CALL_SID}
    key = written.partition(":")[0]
    rest = "".join(f", {name}: '{value}'" for name, value in others.items() if name != key)
    rule = f"{{name: a, reply: {{instruction: redirect, {written}{rest}}}}}"
    found = only(f"vars: {{twiml: a}}\nrules: [{rule}]\ndefault: {{defer: c}}\n")
    assert found.check == Check.INVALID_PARAMETER
