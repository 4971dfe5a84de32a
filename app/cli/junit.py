"""Results of tests as JUnit XML, which CI systems read."""

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import PurePath

from app.cli.output import one_line, sentence
from app.engine.cases import Result
from app.model import Level, Location, Problem

COUNTED = {"tests": "testcase", "failures": "failure", "errors": "error", "skipped": "skipped"}


def junit(results: Sequence[Result], problems: Sequence[Problem]) -> bytes:
    """A document with one suite for each file; errors of the rules are tests that could not run."""
    root = ET.Element("testsuites", name="desk test")
    for file, group in groupby(results, lambda result: result.case.location.file):
        _suite(root, file, map(_case, group))
    errors = [problem for problem in problems if problem.level is Level.ERROR]
    if errors:
        _suite(root, "rules", map(_error, errors))
    _count(root)
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _suite(root: ET.Element, name: str, cases: Iterable[ET.Element]) -> None:
    suite = ET.SubElement(root, "testsuite", name=one_line(name))
    suite.extend(cases)
    _count(suite)


def _case(result: Result) -> ET.Element:
    case = _element(result.case.name, result.case.location)
    lines = [one_line(line) for line in result.lines]
    if lines:
        failure = ET.SubElement(case, "failure", message=lines[0], type="difference")
        failure.text = "\n".join(lines)
    return case


def _error(problem: Problem) -> ET.Element:
    place = problem.location or Location("")
    case = _element(f"{problem.check} {place}", place)
    ET.SubElement(case, "error", message=one_line(sentence(problem)), type=problem.check)
    return case


def _element(name: str, place: Location) -> ET.Element:
    # No text may hold what XML 1.0 forbids; all of that is without a printed form.
    return ET.Element(
        "testcase",
        classname=one_line(PurePath(place.file).stem),
        name=one_line(name),
        file=one_line(place.file),
        line=str(place.line),
    )


def _count(element: ET.Element) -> None:
    for attribute, tag in COUNTED.items():
        element.set(attribute, str(sum(1 for _ in element.iter(tag))))
