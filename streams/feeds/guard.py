"""Which addresses may be asked or sent to: the public internet, unless a feed or receiver says otherwise."""

import ipaddress
from enum import StrEnum


class Refusal(StrEnum):
    """Why an address is not asked."""

    LOOPBACK = "loopback"
    PRIVATE = "private"
    LINK_LOCAL = "link-local"
    SHARED = "carrier-grade NAT"
    MULTICAST = "multicast"
    UNSPECIFIED = "unspecified"
    RESERVED = "reserved"
    NO_ADDRESS = "no address"


Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# Named by hand: `is_global` alone has holes (192.88.99/24, fec0::/10, v4 inside v6) that differ between Python versions.
_NETWORKS: tuple[tuple[Network, Refusal], ...] = tuple(
    (ipaddress.ip_network(network), reason)
    for network, reason in (
        ("127.0.0.0/8", Refusal.LOOPBACK),
        ("::1/128", Refusal.LOOPBACK),
        ("10.0.0.0/8", Refusal.PRIVATE),
        ("172.16.0.0/12", Refusal.PRIVATE),
        ("192.168.0.0/16", Refusal.PRIVATE),
        ("fc00::/7", Refusal.PRIVATE),
        ("fec0::/10", Refusal.PRIVATE),
        ("169.254.0.0/16", Refusal.LINK_LOCAL),
        ("fe80::/10", Refusal.LINK_LOCAL),
        ("100.64.0.0/10", Refusal.SHARED),
        ("224.0.0.0/4", Refusal.MULTICAST),
        ("ff00::/8", Refusal.MULTICAST),
        ("0.0.0.0/8", Refusal.UNSPECIFIED),
        ("::/128", Refusal.UNSPECIFIED),
        ("192.0.0.0/24", Refusal.RESERVED),
        ("192.0.2.0/24", Refusal.RESERVED),
        ("192.88.99.0/24", Refusal.RESERVED),
        ("198.18.0.0/15", Refusal.RESERVED),
        ("198.51.100.0/24", Refusal.RESERVED),
        ("203.0.113.0/24", Refusal.RESERVED),
        ("240.0.0.0/4", Refusal.RESERVED),
        ("::/96", Refusal.RESERVED),  # v4-compatible
        ("::ffff:0:0/96", Refusal.RESERVED),  # v4-mapped: a way around every v4 rule
        ("64:ff9b::/96", Refusal.RESERVED),  # NAT64: leads to any v4 address
        ("64:ff9b:1::/48", Refusal.RESERVED),
        ("100::/64", Refusal.RESERVED),
        ("2001::/23", Refusal.RESERVED),  # Teredo and other protocol assignments
        ("2001:db8::/32", Refusal.RESERVED),
        ("2002::/16", Refusal.RESERVED),  # 6to4: carries a v4 address
        ("3fff::/20", Refusal.RESERVED),
        ("5f00::/16", Refusal.RESERVED),
    )
)


class AddressRefused(OSError):
    """The guard refused a resolved address; an OSError, so that a host's other addresses are still tried."""


def refusal(address: str) -> Refusal | None:
    """Why the resolved ``address`` is not asked, or None where it is public."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return Refusal.NO_ADDRESS
    for network, reason in _NETWORKS:
        if parsed.version == network.version and parsed in network:
            return reason
    return None if parsed.is_global else Refusal.RESERVED


def check(address: str) -> None:
    """Raise AddressRefused unless the resolved ``address`` is public."""
    reason = refusal(address)
    if reason is not None:
        raise AddressRefused(f"{address} is refused: {reason} (set allow_private: true to fetch from it)")
