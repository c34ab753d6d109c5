"""The few pages of the API itself: plain HTML, no script, and a policy that allows none."""

from base64 import b64encode
from hashlib import sha256
from pathlib import Path

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

HERE = Path(__file__).parent
STYLE = (HERE / "page.css").read_text()
TEMPLATES = Environment(
    loader=FileSystemLoader(HERE),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
)
STYLE_HASH = b64encode(sha256(STYLE.encode()).digest()).decode()
HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    # The address may be the key to the page: it goes to no other site, no cache and no search engine.
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
    "X-Content-Type-Options": "nosniff",
}


def page(name: str, status: int = 200, **facts: object) -> HTMLResponse:
    """A page of this folder, filled in; every template is given all it names."""
    text = TEMPLATES.get_template(name).render(style=STYLE, **facts)
    return HTMLResponse(text, status, HEADERS)
