"""Plots of reports: bars as SVG that a page holds itself, made by matplotlib (extra ``reports``)."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING, Any

import msgspec

from connector.cli.output import Money
from connector.errors import SettingsError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST = 12
"""Bars of one plot; more cannot be read."""
_LONGEST = 44
_INK = "#010203"
"""Stands for the colour of the text of the page, which matplotlib cannot name: light or dark."""
_GAIN, _LOSS = "#3a7ca5", "#c2553d"
_LOOKS: Any = {
    "svg.fonttype": "none",  # texts stay texts: they can be read aloud, selected and looked for
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9,
    "text.color": _INK,
    "axes.edgecolor": _INK,
    "ytick.color": _INK,
    "text.parse_math": False,  # a name with dollar signs is no formula
}


class Bars(msgspec.Struct, frozen=True, kw_only=True):
    """A plot: a bar for each name with its amount in minor units, told in a ``title`` and a sentence."""

    title: str
    sentence: str
    bars: tuple[tuple[str, int], ...]

    @classmethod
    def largest(cls, title: str, sentence: str, bars: Iterable[tuple[str, int]]) -> Bars:
        """The largest of ``bars``, losses and gains alike."""
        kept = sorted(bars, key=lambda each: -abs(each[1]))[:MOST]
        return cls(title=title, sentence=sentence, bars=tuple(kept))


def check() -> None:
    """SettingsError when plots cannot be drawn here."""
    try:
        import matplotlib  # noqa: F401 - only whether it is there
    except ModuleNotFoundError as error:
        raise SettingsError(
            "a page with plots needs matplotlib, which is not installed",
            hint="Install it with: pip install 'copaco-connector[reports]'. CSV and XLSX need nothing more.",
        ) from error


def drawn(plot: Bars, name: str) -> str:
    """``plot`` as an SVG element for a page; ``name`` begins its ids, so that two plots on a page have their own."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with rc_context({**_LOOKS, "svg.hashsalt": name}):
        figure = Figure(figsize=(8, 0.5 + 0.3 * len(plot.bars)), layout="constrained")
        FigureCanvasSVG(figure)
        _draw(figure.add_subplot(), plot)
        written = io.StringIO()
        figure.savefig(written, format="svg", transparent=True, metadata={"Date": None})
    return _for_page(written.getvalue(), plot, name)


def _draw(axes: Axes, plot: Bars) -> None:
    # The one place where amounts meet binary floats: matplotlib makes floats of the cents to draw the length of a bar.
    # No amount comes back from it; every label is made of the integer itself.
    amounts = [minor for _name, minor in plot.bars]
    places = range(len(amounts))
    colours = [_LOSS if minor < 0 else _GAIN for minor in amounts]
    drawn_bars = axes.barh(places, amounts, color=colours, height=0.7)
    axes.bar_label(drawn_bars, [str(Money(minor=minor)) for minor in amounts], padding=3)
    axes.set_yticks(places, [_short(each) for each, _minor in plot.bars])
    axes.invert_yaxis()
    axes.margins(x=0.18)
    axes.set_xticks([])
    axes.axvline(0, color=_INK, linewidth=0.8)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.tick_params(axis="y", length=0)


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"


def _for_page(written: str, plot: Bars, name: str) -> str:
    """The element alone, with a title and a description for who does not see it, and ids of its own."""
    svg = written[written.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    svg = re.sub(r"(url\(|href=\")#", rf"\g<1>#{name}-", svg)
    svg = re.sub(r'(<svg [^>]*?) width="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r'(<svg [^>]*?) height="[^"]*"', r"\1", svg, count=1)
    svg = svg.replace(_INK, "currentColor")
    told = "; ".join(f"{each}: {Money(minor=minor)}" for each, minor in plot.bars)
    labelled = f'<svg role="img" aria-labelledby="{name}-title {name}-desc" '
    texts = (
        f'<title id="{name}-title">{escape(plot.title)}</title>'
        f'<desc id="{name}-desc">{escape(f"{plot.sentence} {told}.")}</desc>'
    )
    opening, sign, rest = svg.partition(">")
    return f"{opening.replace('<svg ', labelled, 1)}{sign}{texts}{rest}"
