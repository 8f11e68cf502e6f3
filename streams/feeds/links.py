"""Addresses of items: absolute http(s) without credentials, or none."""

from urllib.parse import quote, urljoin, urlsplit, urlunsplit

_LONGEST = 4000
_SAFE = "%/:=&?~#+!$,;'@()*[]"


def web_address(raw: str | None, base: str) -> str | None:
    """``raw`` joined with ``base``, or None where that is no web address."""
    text = "".join((raw or "").split())
    if not text or len(text) > _LONGEST:
        return None
    try:
        if text.lower().startswith(("http:", "https:")) and not urlsplit(text).netloc:
            return None  # joined with the base it would lead to the feed itself
        parts = urlsplit(urljoin(base, text) if base else text)
        port = parts.port
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host:
        return None
    name = f"[{host}]" if ":" in host else host
    place = f"{name}:{port}" if port else name
    return urlunsplit((parts.scheme, place, quote(parts.path, _SAFE), quote(parts.query, _SAFE), parts.fragment))
