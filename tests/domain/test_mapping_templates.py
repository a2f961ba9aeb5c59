"""Templates of dimensions and texts."""

from __future__ import annotations

import pytest

from connector.domain.template import parse, render, unknown_fields

VALUES = {"a": "", "b": " beta ", "c": "Ceta"}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("", ""),
        ("ICT", "ICT"),
        ("{c}", "Ceta"),
        ("x{c}-{a}y", "xCeta-y"),
        ("first({a},{b},{c})", " beta "),
        ("first({a},{a})", ""),
        ("first({a},none)", "none"),
        ("upper({c})", "CETA"),
        ("trim({b})", "beta"),
        ("left({c},2)", "Ce"),
        ("left(upper(first({a},{c})), 3)", "CET"),
        ("Licences (yearly)", "Licences (yearly)"),
        ("first aid", "first aid"),
        ("upper({c}) and (more)", "upper(Ceta) and (more)"),
    ],
)
def test_a_template_is_filled(template: str, text: str) -> None:
    assert render(template, VALUES) == text


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{c", "brace without its partner"),
        ("c}", "brace without its partner"),
        ("left({c})", "left takes a text and a number"),
        ("left({c},x)", "left takes a text and a number"),
        ("upper({a},{b})", "upper takes one argument"),
    ],
)
def test_what_is_no_template_says_what_would_be_right(template: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse(template)


def test_fields_are_named_wherever_they_stand() -> None:
    assert parse("left(first({a},x{b}),3)").fields == ("a", "b")
    assert unknown_fields("{a} {z}", VALUES) == ["z"]


def test_a_bracket_too_many_is_no_call() -> None:
    assert render("upper({c}", VALUES) == "upper(Ceta"
    assert render("upper((x)", VALUES) == "upper((x)"
