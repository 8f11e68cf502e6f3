"""Which addresses a webhook may go to: https, and nothing private unless the receiver says so."""

import ipaddress
from enum import StrEnum
from urllib.parse import urlsplit

from streams.feeds import guard

NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address

IPv4or6 = ipaddress.IPv4Address | ipaddress.IPv6Address


class Scope(StrEnum):
    """Where a receiver's connections may end."""

    PUBLIC = "public"
    LOOPBACK = "loopback"
    ANY = "any"


class AddressRefusal(StrEnum):
    """Why nothing is sent to an address."""

    NO_ADDRESS = "it is no http or https address"
    PLAIN_HTTP = "it must be https (or set allow_http: true)"
    PRIVATE = "it is a private or reserved address (or set allow_private: true)"
    NOT_LOOPBACK = "the name of this machine leads to another one"


def url_refusal(url: str, *, allow_http: bool) -> AddressRefusal | None:
    """Why nothing may be sent to ``url``, or None."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return AddressRefusal.NO_ADDRESS
    if parts.scheme == "http" and not allow_http and not names_loopback(parts.hostname):
        return AddressRefusal.PLAIN_HTTP
    return None


def scope_of(url: str, *, allow_private: bool) -> Scope:
    """Where connections for ``url`` may end: a name that merely resolves to loopback is no loopback name."""
    if allow_private:
        return Scope.ANY
    return Scope.LOOPBACK if names_loopback(urlsplit(url).hostname or "") else Scope.PUBLIC


def address_refusal(address: str, scope: Scope) -> AddressRefusal | None:
    """Why no connection to the IP ``address`` may be opened within ``scope``, or None."""
    if scope is Scope.ANY:
        return None
    refusal = guard.refusal(str(_innermost(ipaddress.ip_address(address.partition("%")[0]))))
    if scope is Scope.LOOPBACK:
        return None if refusal is guard.Refusal.LOOPBACK else AddressRefusal.NOT_LOOPBACK
    return AddressRefusal.PRIVATE if refusal else None


def names_loopback(host: str) -> bool:
    """Whether ``host`` is this machine by its very name: localhost, 127.0.0.0/8 or ::1."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _innermost(ip: IPv4or6) -> IPv4or6:
    """The IPv4 address behind an IPv6 one, as networks without IPv4 resolve names; the guard knows all other disguises."""
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    return ip.ipv4_mapped or (ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ip in NAT64 else ip)
