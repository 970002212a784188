"""What all pictures have in common: new Axes, their look, and PNG files."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure


def new_axes() -> Axes:
    """Return the Axes of a new figure, which needs no display."""
    return Figure(figsize=(7, 4.5), layout="constrained").subplots()


def tidy(ax: Axes) -> None:
    """Give Axes a light grid, and no frame where nothing is written."""
    ax.grid(alpha=0.3)
    ax.spines[["top", "right"]].set_visible(False)


def png(ax: Axes) -> bytes:
    """Return the figure of `ax` as a PNG file; no display is needed."""
    figure, content = ax.get_figure(root=True), BytesIO()
    if figure is not None:
        figure.savefig(content, dpi=120, format="png")
    return content.getvalue()


def save(ax: Axes, path: Path) -> None:
    """Save the figure of `ax` as a PNG file."""
    path.write_bytes(png(ax))
