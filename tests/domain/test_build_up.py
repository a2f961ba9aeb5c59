"""What a subscription is made of."""

from __future__ import annotations

from connector.domain.build_up import in_language


def test_a_name_in_the_readers_language_else_in_english_else_any() -> None:
    names = (("nl-NL", "Werkplek"), ("en", "Seat"), ("nl", "Andere"))
    assert in_language(names, "nl") == "Werkplek"
    assert in_language(names, "fr") == "Seat"
    assert in_language((("de", ""), ("it", "Posto")), "fr") == "Posto"
    assert in_language((("", "Seat"),), "fr") == "Seat"
    assert in_language((), "nl") == ""
