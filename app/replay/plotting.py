"""The one place that knows plotly: an extra, loaded by name where a report is made."""

from plotly.offline import get_plotlyjs


def source() -> str:
    """plotly.js as it stands in a page, some 5 MB: with it a report draws its charts, and asks nobody."""
    return str(get_plotlyjs())
