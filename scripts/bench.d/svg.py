"""Two plots as SVG, readable on light and on dark: bars of ratios on a logarithmic axis, and lines of relative cost."""

import math
from collections.abc import Sequence
from html import escape

COLOURS = {"pykbroker": "#2f81f7", "kafka": "#e0662f", "kfake": "#3c9d5a"}
_STYLE = "text{font:12px sans-serif;fill:#808890}.strong{font-weight:bold}.axis{stroke:#808890;stroke-width:.5}"


def _text(x: float, y: float, words: str, anchor: str = "start", kind: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{kind}">{escape(words)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, more: str = 'class="axis"') -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" {more}/>'


def _page(width: float, height: float, parts: Sequence[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}">'
    return "\n".join([head, f"<style>{_STYLE}</style>", *parts, "</svg>", ""])


def bars(title: str, rows: Sequence[tuple[str, dict[str, tuple[float, float | None]]]]) -> str:
    """Each row's ratios as (how many times better, the goal for that) by the broker beside which it is."""
    left, width, high, bar = 270, 820, 30, 9
    ratios = [value for _, row in rows for pair in row.values() for value in pair if value]
    low, top = min(0.5, *ratios) if ratios else 0.5, max(2, *ratios) if ratios else 2

    def at(ratio: float) -> float:
        return left + (width - left - 30) * math.log(ratio / low) / math.log(top / low)

    bottom = 50 + high * len(rows)
    parts = [_text(10, 20, title, kind="strong"), _text(left, 40, "worse  |  better, times", "start")]
    for tick in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100):
        if low <= tick <= top:
            parts += [_line(at(tick), 46, at(tick), bottom), _text(at(tick), bottom + 14, f"{tick:g}", "middle")]
    for number, (name, row) in enumerate(rows):
        y = 52 + high * number
        parts.append(_text(left - 8, y + 14, name, "end"))
        for place, (beside, (ratio, goal)) in enumerate(row.items()):
            start, end, colour = min(at(1), at(ratio)), max(at(1), at(ratio)), COLOURS[beside]
            top_of_bar = y + place * (bar + 2)
            shape = f'x="{start:.1f}" y="{top_of_bar}" width="{max(1.0, end - start):.1f}" height="{bar}"'
            parts.append(f'<rect {shape} fill="{colour}"/>')
            if goal:
                mark = f'stroke="{colour}" stroke-width="2" stroke-dasharray="2 1"'
                parts.append(_line(at(goal), top_of_bar - 1, at(goal), top_of_bar + bar + 1, mark))
    for place, beside in enumerate(("kafka", "kfake")):
        parts.append(f'<rect x="{left + 300 + 120 * place}" y="10" width="12" height="12" fill="{COLOURS[beside]}"/>')
        parts.append(_text(left + 318 + 120 * place, 20, f"beside {beside}"))
    return _page(width, bottom + 24, parts)


def lines(title: str, plots: Sequence[tuple[str, Sequence[float], dict[str, Sequence[float]]]]) -> str:
    """A small plot for each (name, sizes, cost by broker): the cost at each size as a multiple of that at the first."""
    across, wide, high = 3, 270, 150
    parts = [_text(10, 20, title, kind="strong")]
    for number, (name, sizes, costs) in enumerate(plots):
        x, y = 20 + wide * (number % across), 45 + (high + 50) * (number // across)
        relative = {broker: [value / found[0] for value in found] for broker, found in costs.items() if found[0]}
        every = [value for found in relative.values() for value in found]
        low, top = min(0.5, *every) if every else 0.5, max(2, *every) if every else 2

        def up(value: float, y: int = y, low: float = low, top: float = top) -> float:
            return y + high - high * math.log(value / low) / math.log(top / low)

        step = (wide - 60) / max(1, len(sizes) - 1)
        parts += [_text(x, y - 14, name), _line(x + 30, up(1), x + wide - 30, up(1))]
        parts += [_text(x + 26, up(tick) + 4, f"x{tick:.2g}", "end") for tick in sorted({low, 1, top})]
        parts += [_text(x + 30 + step * at, y + high + 16, f"{size:,g}", "middle") for at, size in enumerate(sizes)]
        for broker, found in relative.items():
            points = " ".join(f"{x + 30 + step * at:.1f},{up(value):.1f}" for at, value in enumerate(found))
            parts.append(f'<polyline points="{points}" fill="none" stroke="{COLOURS[broker]}" stroke-width="2"/>')
    for place, broker in enumerate(COLOURS):
        parts.append(f'<rect x="{420 + 120 * place}" y="10" width="12" height="12" fill="{COLOURS[broker]}"/>')
        parts.append(_text(438 + 120 * place, 20, broker))
    return _page(across * wide + 20, 45 + (high + 50) * math.ceil(len(plots) / across), parts)
