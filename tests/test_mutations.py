"""The sample rules, changed in some two thousand ways: what is wrong does not go unnoticed.

Of each mutant one thing must hold. `desk check` reports it; or a test of the rules fails; or it changes no
decision; or it is another legal value where nothing can know which was meant, by a short table.
"""

import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from itertools import combinations, product
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias, TypeVar

import yaml

from app.engine.case_reading import read_cases
from app.engine.cases import run
from app.engine.decide import decide
from app.engine.expressions import Constant, parse
from app.engine.expressions.tree import And, Comparison
from app.engine.loading import TASK_TYPE, read_rules
from app.engine.reachability import gaps, reaches
from app.engine.ruleset import RuleSet
from app.engine.source import SourceFile, plain, read_source
from app.engine.witness import Example, find_example
from app.model import Callback, Problem
from app.rulebook.folder import read_files
from tests.builders import CALL_SID, MONDAY_NOON, parameters

SEED = 20261123  # the same in every run
# How many mutants of a kind are tried, where not all are.
CHARACTERS, RETYPED, LINES, TEST_MUTANTS = 320, 250, 250, 150

FILES, _ = read_files(Path(__file__).parents[1] / "rules")
RULES = tuple(file for file in FILES if not file.holds_tests)
TESTS = tuple(file for file in FILES if file.holds_tests)

Step: TypeAlias = str | int
Trail: TypeAlias = tuple[Step, ...]
Outcomes: TypeAlias = Counter[str]

MISSING = object()  # where a path leads in a document that does not have it


Change = TypeVar("Change", "Mutant", "Reordered")


class Mutant(NamedTuple):
    """A file's changed text, and what was done to it. `of` is the text that it was made from."""

    file: SourceFile
    done: str
    text: str
    of: str


# Values of which every legal one is as good as another: nothing can know that another was meant.
FREE = {
    "a name of the author's": r"(?:.*\.)?(?:name|task_type)(?:\..*)?",
    "a constant of vars that stays valid where it is used": r"vars\..*",
    "a number within its range": r".*\.timeout|max_rejections",
    "a prefix": r"allowed_numbers\..*",
    "a valid address, or a template of a task's attributes": r".*\.(?:url|to|call_sid|\w*callback\w*)",
    "events out of those there are": r".*\.\w*callback_events?\.\d+",
}
# What may be left out: nothing can know that it was not meant to be.
LEFT_OUT = {
    "without types a rule is for tasks of all": r"rules\.\d+\.task_type(?:\.\d+)?",
    "without on_failure a task waits for its timeout": r"rules\.\d+\.on_failure\..*",
    "without a prefix its numbers are not called": r"allowed_numbers\.\d+",
    "without the parameter TaskRouter has a value of its own": r"rules\.\d+\.(?:reply|post)\.(?:timeout|"
    r"record|early_media|end_conference_on\w+|conference_record|\w*callback\w*)(?:\.\d+)?",
}


def why_free(path: str, before: object, after: object) -> str | None:
    """Why nothing can be said against another value at this place, or none; None where something could."""
    if after is MISSING:
        return next((reason for reason, pattern in LEFT_OUT.items() if re.fullmatch(pattern, path)), None)
    if before is MISSING:
        return None
    if re.fullmatch(r"rules\.\d+\.when(?:\.\d+)?", path):
        if shape(parse(str(before))) == shape(parse(str(after))):
            return "a name or a constant in an expression: attributes are the customer's"
        return None
    return next((reason for reason, pattern in FREE.items() if re.fullmatch(pattern, path)), None)


def shape(expression: object) -> str:
    """An expression's operators, without names, constants and places."""
    words = re.sub(r"(?:path|value|root)=(?:\(.*?\)|\[.*?\]|'.*?'|[\w.]+)|at=\d+", "", repr(expression))
    return re.sub(r"Reference\([, ]*\)|Constant\([, ]*\)", "_", words)


def leaves(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Every value of a document by its path; a rule is named by its place."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}".lstrip("."))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from leaves(inner, f"{path}.{index}")
    else:
        yield path, value


def document(text: str) -> Any:
    node, _ = read_source(SourceFile("a.yaml", text))
    return plain(node) if node else {}


def freedom(mutant: Mutant) -> str | None:
    """Why the change is free; None where any part of it is not."""
    old, new = dict(leaves(document(mutant.of))), dict(leaves(document(mutant.text)))
    pairs = {path: (old.get(path, MISSING), new.get(path, MISSING)) for path in old.keys() | new.keys()}
    reasons = [why_free(path, *pair) for path, pair in sorted(pairs.items()) if pair[0] != pair[1]]
    return f"free: {reasons[0]}" if reasons and all(reasons) else None


# --- What becomes of a mutant


def with_text(file: SourceFile, text: str, files: Sequence[SourceFile] = RULES) -> tuple[SourceFile, ...]:
    return tuple(replace(each, text=text) if each is file else each for each in files)


def said(problems: Sequence[Problem]) -> set[tuple[str, str | None]]:
    return {(problem.check, problem.rule) for problem in problems}


@cache
def said_anyway(file: SourceFile, text: str) -> frozenset[tuple[str, str | None]]:
    """What is reported of the text that a mutant is made from: a dumped one has lost its comments."""
    return frozenset(said(read_rules(with_text(file, text), {})[1]))


def outcome(mutant: Mutant) -> str:
    """What becomes of a mutant of the rules."""
    files = with_text(mutant.file, mutant.text)
    ruleset, problems = read_rules(files, {})
    if said(problems) - said_anyway(mutant.file, mutant.of):
        return "reported"
    assert ruleset is not None
    if same_decisions(files, ruleset):
        return "changes nothing"
    if a_test_fails(files, ruleset, mutant.file):
        return "a test fails"
    return freedom(mutant) or "survives"


def a_test_fails(files: Sequence[SourceFile], ruleset: RuleSet, mutated: SourceFile) -> bool:
    """Whether any of the rules' own tests does; those of the file itself come first."""
    stem = Path(mutated.name).stem.partition("-")[2]
    for tests in sorted(TESTS, key=lambda each: stem not in each.name):
        if run([*files, tests], {}, ruleset=ruleset).failed:
            return True
    return False


# --- Decisions

# Every variable of the sample rules, with another value than its default.
ELSEWHERE = {
    "SALES_NUMBER": "+442071838751",
    "SUPPORT_NUMBER": "+442071838752",
    "BILLING_NUMBER": "+442071838753",
    "ACTIVITY_UNAVAILABLE": "WA" + "1" * 32,
    "ACTIVITY_WRAP_UP": "WA" + "2" * 32,
    "TWIML_URL": "http://localhost:5000",
    "EVENTS_URL": "http://localhost:5000/events",
    "OPENS_AT": "930",
    "CLOSES_AT": "1645",
    "CLOSED_DAYS": "Wed",
}
Moment: TypeAlias = tuple[Callback, datetime, int]


def same_decisions(files: Sequence[SourceFile], ruleset: RuleSet) -> bool:
    """Whether a mutant decides as the samples do: the battery, and calls made for each of its own rules."""
    elsewhere, _ = read_rules(files, ELSEWHERE, lint=False)
    return (
        elsewhere is not None
        and all(decided(ruleset, moment) == known for moment, known in zip(BATTERY, KNOWN_HERE, strict=True))
        and all(
            decided(elsewhere, moment) == known for moment, known in zip(BATTERY, KNOWN_THERE, strict=True)
        )
        and all(decided(ruleset, moment) == decided(HERE, moment) for moment in witnesses(ruleset))
    )


def decided(ruleset: RuleSet, moment: Moment) -> tuple[object, ...]:
    """What is done, and why not; neither the version nor the reason's text."""
    made = decide(ruleset, *moment)
    return made.rule, made.mode, made.instruction, made.on_failure, made.retry_for, said(made.problems)


def witnesses(ruleset: RuleSet) -> list[Moment]:
    """For each rule a call that it decides, and for each task type one that gets the default."""
    found = [reach.example for reach in reaches(ruleset)] + [gap.example for gap in gaps(ruleset).found]
    return rung(found)


def overlaps(ruleset: RuleSet) -> list[Moment]:
    """For each two rules that look at one type a call that both match, where there is one."""
    found = []
    for pair in combinations(ruleset.rules, 2):
        shared = set.intersection(*(set(rule.task_types) for rule in pair if rule.task_types))
        conditions = tuple(condition for rule in pair if (condition := ruleset.resolved(rule)))
        for name in sorted(shared):
            is_one = Comparison("==", TASK_TYPE, Constant(name))
            found.append(find_example(And((*conditions, is_one)), {}).example)
    return rung(found)


def rung(examples: Iterable[Example | None]) -> list[Moment]:
    return [moment for each in examples if each for moment in moments(each.task, each.worker, each.at)]


def moments(task: object, worker: object, at: datetime) -> Iterator[Moment]:
    """A call with these attributes, bare and with all that an instruction may need."""
    bare, who = as_object(task), as_object(worker)
    whole = {"call_sid": CALL_SID, "callback_number": "+14155550123", "payment_id": None} | bare
    reachable = {"contact_uri": "client:alice"} | who
    for attributes, of_worker in ((bare, who), (whole, reachable)):
        yield Callback(parameters(attributes, of_worker), attributes, of_worker), at, 0


def as_object(document: object) -> dict[str, object]:
    return dict(document) if isinstance(document, dict) else {}


def battery() -> list[Moment]:
    """The calls of all tests, those made for each rule and each two, all these as a task of every type; and
    at the turns of a week a task of every type, with numbers from everywhere.
    """
    as_they_are: list[Moment] = [(case.callback, case.at, case.rejections) for case in read_cases(FILES)]
    as_they_are += [*witnesses(HERE), *overlaps(HERE)]
    types = sorted({name for rule in HERE.rules for name in rule.task_types})
    of_every_type = [
        moment
        for called, at, _ in as_they_are
        for name in types
        for moment in moments(as_object(called.task) | {"type": name}, called.worker, at)
    ]
    days = [MONDAY_NOON + timedelta(days=day) for day in range(7)]
    turns = [day + timedelta(minutes=minutes) for day in days for minutes in (-241, -240, 0, 359, 360)]
    numbers = ("+14155550123", "+442071838750", "+33123456789")
    at_turns = [
        moment
        for name, at, number in product(types, turns, numbers)
        for moment in moments({"type": name, "callback_number": number}, {}, at)
    ]
    return [*as_they_are, *of_every_type, *at_turns]


def good(environment: Mapping[str, str]) -> RuleSet:
    ruleset, problems = read_rules(FILES, environment)
    assert ruleset is not None
    assert problems == ()
    return ruleset


HERE, THERE = good({}), good(ELSEWHERE)
BATTERY = battery()
KNOWN_HERE = [decided(HERE, moment) for moment in BATTERY]
KNOWN_THERE = [decided(THERE, moment) for moment in BATTERY]


# --- Changes of documents


def documents(files: Sequence[SourceFile]) -> Iterator[tuple[SourceFile, Any, str]]:
    """Each file with its document, and the text that is the document's own."""
    for file in files:
        whole = document(file.text)
        yield file, whole, dumped(whole)


def dumped(value: object) -> str:
    return yaml.dump(
        value, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper), sort_keys=False, width=10_000
    )


def trails(value: object, trail: Trail = ()) -> Iterator[Trail]:
    """Where each value of a document stands, but for the whole."""
    inner: Sequence[tuple[Step, object]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    for step, below in inner:
        yield (*trail, step)
        yield from trails(below, (*trail, step))


def at(value: Any, trail: Trail) -> Any:
    for step in trail:
        value = value[step]
    return value


def changed(whole: Any, trail: Trail, change: Callable[[Any, Step], None]) -> str:
    """The document's text after a change to the object or list that holds a value."""
    other = deepcopy(whole)
    change(at(other, trail[:-1]), trail[-1])
    return dumped(other)


def delete(holder: Any, step: Step) -> None:
    del holder[step]


def rename(spelt: str) -> Callable[[Any, Step], None]:
    def change(holder: Any, step: Step) -> None:
        entries = [(spelt if key == step else key, value) for key, value in holder.items()]
        holder.clear()
        holder.update(entries)

    return change


def put(value: object) -> Callable[[Any, Step], None]:
    def change(holder: Any, step: Step) -> None:
        holder[step] = value

    return change


def misspelt(key: str) -> Iterator[str]:
    """A key with one character too few, and with two the wrong way round."""
    middle = len(key) // 2
    yield key[:middle] + key[middle + 1 :]
    swapped = key[: middle - 1] + key[middle] + key[middle - 1] + key[middle + 1 :]
    if swapped != key:
        yield swapped


def other_types(value: object) -> Iterator[object]:
    """A value as values of other types."""
    yield None
    match value:
        case bool():
            yield from (int(value), "perhaps", [value])
        case int() | float():
            yield from (f"{value} or so", [value], value + 0.5)
        case str():
            yield from ([value], {"value": value}, 7)
        case list():
            yield from ("some text", {str(each): each for each in value} if str in map(type, value) else 7)
        case dict():
            yield from ("some text", [value])


def misspelt_and_deleted(files: Sequence[SourceFile]) -> Iterator[Mutant]:
    """Each key and each item deleted, and each key misspelt."""
    for file, whole, text in documents(files):
        for trail in trails(whole):
            yield Mutant(file, f"{dotted(trail)} deleted", changed(whole, trail, delete), text)
            for spelt in misspelt(trail[-1]) if isinstance(trail[-1], str) else ():
                yield Mutant(file, f"{dotted(trail)} as {spelt}", changed(whole, trail, rename(spelt)), text)


def retyped(files: Sequence[SourceFile]) -> Iterator[Mutant]:
    """Each value as values of other types."""
    for file, whole, text in documents(files):
        for trail in trails(whole):
            for other in other_types(at(whole, trail)):
                done = f"{dotted(trail)} = {other!r:.60}"
                yield Mutant(file, done, changed(whole, trail, put(other)), text)


def dotted(trail: Trail) -> str:
    return ".".join(map(str, trail))


# --- Changes of text

COMMENT = re.compile(r"(?m)(?:^|(?<=\s))#.*$")
PROSE = re.compile(r"(?m)^\s*(?:- )?(?:description|defer): (.*)$")
# What a finger hits; without # which makes the rest of a line a comment: that is how rules are switched off.
TYPOS = "abexz019 ._-:,\"'{}[]()<>=|&*!%@/+"


def places(text: str) -> list[int]:
    """Where a character may be changed: not in comments, prose and empty lines."""
    free = {index for match in COMMENT.finditer(text) for index in range(*match.span())}
    free |= {index for match in PROSE.finditer(text) for index in range(*match.span(1))}
    return [index for index, character in enumerate(text) if index not in free and not character.isspace()]


def line_of(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def one_character(text: str, at: int, chance: random.Random) -> str:
    """The text with one character deleted, doubled or replaced."""
    kind = chance.choice(("delete", "double", "replace"))
    if kind == "delete":
        return text[:at] + text[at + 1 :]
    if kind == "double":
        return text[: at + 1] + text[at:]
    return text[:at] + chance.choice(TYPOS.replace(text[at], "")) + text[at + 1 :]


def wrong_characters() -> Iterator[Mutant]:
    chance = random.Random(SEED)
    everywhere = [(file, at) for file in RULES for at in places(file.text)]
    for file, at in chance.sample(everywhere, CHARACTERS):
        text = one_character(file.text, at, chance)
        line = line_of(file.text, at)
        yield Mutant(file, f"{line}: {text.splitlines()[line - 1].strip()}", text, file.text)


def cut_brackets(files: Sequence[SourceFile]) -> Iterator[Mutant]:
    """Each bracket, brace and quote removed."""
    for file in files:
        for at in places(file.text):
            if file.text[at] in "[]{}()\"'":
                text = file.text[:at] + file.text[at + 1 :]
                yield Mutant(file, f"{line_of(file.text, at)} without {file.text[at]}", text, file.text)


def changed_lines(files: Sequence[SourceFile]) -> Iterator[Mutant]:
    """Each line dropped, doubled, moved to the right and to the left."""
    for file in files:
        lines = file.text.splitlines(keepends=True)
        for number, line in enumerate(lines):
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            others = {"dropped": "", "doubled": line * 2, "two to the right": "  " + line}
            if line.startswith("  "):
                others["two to the left"] = line[2:]
            for done, other in others.items():
                text = "".join([*lines[:number], other, *lines[number + 1 :]])
                yield Mutant(file, f"{number + 1} {done}: {line.strip()}", text, file.text)


# --- Rules in another order


class Reordered(NamedTuple):
    """All files, after what was done to their rules."""

    done: str
    files: tuple[SourceFile, ...]


def rule_documents() -> dict[str, Any]:
    return {file.name: document(file.text) for file in RULES}


def written(whole: Mapping[str, Any]) -> tuple[SourceFile, ...]:
    return tuple(SourceFile(name, dumped(each)) for name, each in whole.items())


def swapped() -> Iterator[Reordered]:
    """Each pair of rules the other way round, in one file or in two."""
    spots = [(name, n) for name, each in rule_documents().items() for n in range(len(each.get("rules", [])))]
    for one, other in combinations(spots, 2):
        whole = rule_documents()
        first, second = whole[one[0]]["rules"], whole[other[0]]["rules"]
        first[one[1]], second[other[1]] = second[other[1]], first[one[1]]
        yield Reordered(f"{second[other[1]]['name']} and {first[one[1]]['name']}", written(whole))


def doubled() -> Iterator[Reordered]:
    """Each rule a second time, under its own name and under another."""
    for name, each in rule_documents().items():
        for rule in each.get("rules", []):
            for called in (rule["name"], f"{rule['name']}-2"):
                whole = rule_documents()
                whole[name]["rules"].append({**rule, "name": called})
                yield Reordered(f"{rule['name']} again as {called}", written(whole))


def outcome_of_order(mutant: Reordered) -> str:
    """What becomes of rules in another order. Nothing is free."""
    ruleset, problems = read_rules(mutant.files, {})
    if said(problems) - SAID_OF_DUMPED:
        return "reported"
    assert ruleset is not None
    if same_decisions(mutant.files, ruleset):
        return "changes nothing"
    return "a test fails" if a_test_fails(mutant.files, ruleset, mutant.files[0]) else "survives"


SAID_OF_DUMPED = said(read_rules(written(rule_documents()), {})[1])

# --- Changes of tests


def outcome_of_test(mutant: Mutant) -> str:
    """What becomes of a mutant of the tests: the rules stay as they are, but no test may go unread."""
    files = (*RULES, SourceFile(mutant.file.name, mutant.text))
    if read_rules(files, {}, lint=False)[0] is None:
        return "reported"
    ran = run(files, {})
    if ran.failed:
        return "a test fails"
    here = document(mutant.text).get("tests", [])
    return "expects less, or the same" if len(ran.results) == len(here) else "survives"


# --- The tests


def counted(mutants: Iterable[Change], outcome: Callable[[Change], str]) -> Outcomes:
    """How often each outcome came. What survives is printed, and there must be none of it."""
    outcomes = [(outcome(mutant), mutant) for mutant in mutants]
    survivors = [mutant for found, mutant in outcomes if found == "survives"]
    count = Counter(found for found, _ in outcomes)
    print(dict(count))  # noqa: T201  shown with -s and beside a failure
    assert [where(mutant) for mutant in survivors] == []
    return count


def where(mutant: Mutant | Reordered) -> str:
    place = f"{Path(mutant.file.name).name}: " if isinstance(mutant, Mutant) else ""
    return place + mutant.done


def some(mutants: Iterable[Mutant], number: int) -> list[Mutant]:
    return random.Random(SEED).sample(list(mutants), number)


def test_one_wrong_character_is_found_wherever_it_matters() -> None:
    """Deleted, doubled or replaced: three of four are reported, and most others fail a test."""
    count = counted(wrong_characters(), outcome)
    assert count["reported"] > CHARACTERS * 0.7
    assert count["reported"] + count["a test fails"] > CHARACTERS * 0.9


def test_a_key_is_missed_or_misspelt() -> None:
    """No misspelt key is taken for another, and no key that matters can be missing."""
    assert counted(misspelt_and_deleted(RULES), outcome)["reported"] > 400


def test_a_value_has_another_type() -> None:
    """Only a text and a list of this one text are the same."""
    assert counted(some(retyped(RULES), RETYPED), outcome)["reported"] > RETYPED * 0.9


def test_every_bracket_and_quote_is_needed() -> None:
    """Without any one of them the rules are not read."""
    mutants = list(cut_brackets(RULES))
    assert counted(mutants, outcome) == {"reported": len(mutants)}


def test_a_line_is_lost_doubled_or_indented_otherwise() -> None:
    """What a slip in an editor does."""
    assert counted(some(changed_lines(RULES), LINES), outcome)["reported"] > LINES * 0.8


def test_rules_in_another_order() -> None:
    """Two rules swapped are reported or fail a test, or the order of these two does not matter."""
    count = counted(swapped(), outcome_of_order)
    assert count["reported"] + count["a test fails"] > 20


def test_a_rule_stands_twice() -> None:
    """Its copy can never be reached, or has a name that is taken."""
    assert counted(doubled(), outcome_of_order).keys() == {"reported"}


def test_the_tests_themselves() -> None:
    """A mistake in a test is reported, or the test fails; at the least it is still read."""
    mutants = some((*misspelt_and_deleted(TESTS), *retyped(TESTS), *cut_brackets(TESTS)), TEST_MUTANTS)
    count = counted(mutants, outcome_of_test)
    assert count["reported"] + count["a test fails"] > TEST_MUTANTS * 0.6
