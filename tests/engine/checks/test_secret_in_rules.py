"""R053: passwords that stand in the rules."""

import pytest

from app.engine.catalogue import Check
from app.model import Location
from tests.builders import problems

RULES = """\
vars:
  password: VALUE
default: {defer: later}
rules:
  - name: only
    reply:
      instruction: conference
      from: "+18005550101"
      to: sip:alice@example.com
      sip_auth_password: "FILLED"
"""
ENVIRONMENT = {"SIP_PASSWORD": "opensesame"}


def rules(value: str, password: str = "{{ vars.password }}") -> str:
    return RULES.replace("VALUE", value).replace("FILLED", password)


@pytest.mark.parametrize(
    ("value", "password"),
    [
        ("opensesame", "{{ vars.password }}"),
        ("{sip: opensesame}", "{{ vars.password.sip }}"),
        ("opensesame", "{{ vars.password | trim }}"),
        ("opensesame", "{{ vars.password ~ task.pin }}"),
    ],
)
def test_a_var_that_holds_it(value: str, password: str) -> None:
    """The place is that of the var, and the password is not shown."""
    [found] = problems(rules(value, password))
    assert (found.check, found.location) == (Check.SECRET_IN_RULES, Location("rules.yaml", 2, 3))
    assert "opensesame" not in f"{found.message} {found.hint}"


@pytest.mark.parametrize("value", ["${SIP_PASSWORD}", "pre-${SIP_PASSWORD}", "{sip: '${SIP_PASSWORD}'}"])
def test_a_var_of_the_environment(value: str) -> None:
    """There it belongs."""
    path = "vars.password.sip" if value.startswith("{") else "vars.password"
    assert problems(rules(value, f"{{{{ {path} }}}}"), ENVIRONMENT) == ()


def test_a_var_of_several_rules_is_told_once() -> None:
    """There is one line to mend."""
    before, _, rule = rules("opensesame").partition("rules:\n")
    another = rule.replace("only", "first").replace("reply:", "task_type: a\n    reply:")
    found = problems(f"{before}rules:\n{another}{rule}")
    assert [problem.check for problem in found] == [Check.SECRET_IN_RULES]


def test_a_password_in_an_instruction() -> None:
    """It is told in the rule that holds it."""
    [found] = problems(RULES.replace("vars:\n  password: VALUE\n", "").replace("FILLED", "opensesame"))
    assert (found.check, found.rule) == (Check.SECRET_IN_RULES, "only")
