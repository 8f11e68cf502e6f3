"""Where webhooks may go. Nothing is contacted: addresses are judged as texts."""

import pytest

from agents.deliver.receivers.addresses import AddressRefusal, Scope, address_refusal, scope_of, url_refusal


@pytest.mark.parametrize(
    ("url", "refusal"),
    [
        ("https://desk.example/hook", None),
        ("http://desk.example/hook", AddressRefusal.PLAIN_HTTP),
        ("http://127.0.0.1:8080/hook", None),
        ("http://[::1]:8080/hook", None),
        ("http://localhost/hook", None),
        ("http://127.0.0.1.desk.example/hook", AddressRefusal.PLAIN_HTTP),
        ("http://127.0.0.1@desk.example/hook", AddressRefusal.PLAIN_HTTP),
        ("ftp://desk.example/hook", AddressRefusal.NO_ADDRESS),
        ("https:///hook", AddressRefusal.NO_ADDRESS),
    ],
)
def test_plain_http_is_for_loopback_only(url: str, refusal: AddressRefusal | None) -> None:
    assert url_refusal(url, allow_http=False) == refusal


def test_plain_http_goes_anywhere_where_the_receiver_allows_it() -> None:
    assert url_refusal("http://desk.example/hook", allow_http=True) is None


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254", "127.0.0.1", "0.0.0.0", "224.0.0.1",
        "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1",
        "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "2001:0:1:1:1:1:f5ff:fffe",
        "::10.0.0.1", "64:ff9b:1::a00:1", "fec0::1", "192.88.99.1", "3fff::1", "5f00::1",
    ],
)  # fmt: skip
def test_private_addresses_are_refused_also_inside_ipv6(address: str) -> None:
    assert address_refusal(address, Scope.PUBLIC) is AddressRefusal.PRIVATE


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::5db8:d70e"])
def test_public_addresses_are_allowed(address: str) -> None:
    assert address_refusal(address, Scope.PUBLIC) is None


def test_loopback_by_name_stays_on_this_machine() -> None:
    assert scope_of("http://localhost/hook", allow_private=False) is Scope.LOOPBACK
    assert address_refusal("::1", Scope.LOOPBACK) is None
    assert address_refusal("93.184.215.14", Scope.LOOPBACK) is AddressRefusal.NOT_LOOPBACK


def test_a_name_that_only_resolves_to_loopback_is_no_loopback() -> None:
    assert scope_of("https://desk.example/hook", allow_private=False) is Scope.PUBLIC
    assert address_refusal("127.0.0.1", Scope.PUBLIC) is AddressRefusal.PRIVATE


def test_a_receiver_that_allows_private_addresses_gets_them() -> None:
    scope = scope_of("https://desk.internal/hook", allow_private=True)
    assert address_refusal("10.0.0.1", scope) is None
