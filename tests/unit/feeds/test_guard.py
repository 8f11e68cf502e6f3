import pytest

from streams.feeds.guard import AddressRefused, Refusal, check, refusal


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("127.0.0.1", Refusal.LOOPBACK), ("127.8.9.1", Refusal.LOOPBACK), ("::1", Refusal.LOOPBACK),
        ("10.0.0.8", Refusal.PRIVATE), ("172.31.255.1", Refusal.PRIVATE), ("192.168.1.1", Refusal.PRIVATE),
        ("fd00::1", Refusal.PRIVATE), ("fec0::1", Refusal.PRIVATE),
        ("169.254.169.254", Refusal.LINK_LOCAL), ("fe80::1%eth0", Refusal.LINK_LOCAL),
        ("100.64.0.1", Refusal.SHARED), ("224.0.0.1", Refusal.MULTICAST), ("ff02::1", Refusal.MULTICAST),
        ("0.0.0.0", Refusal.UNSPECIFIED), ("::", Refusal.UNSPECIFIED),
        ("192.88.99.1", Refusal.RESERVED), ("::ffff:8.8.8.8", Refusal.RESERVED), ("::127.0.0.1", Refusal.RESERVED),
        ("64:ff9b::7f00:1", Refusal.RESERVED), ("2002:7f00:1::", Refusal.RESERVED), ("255.255.255.255", Refusal.RESERVED),
        ("not an address", Refusal.NO_ADDRESS),
    ],
)  # fmt: skip
def test_an_address_that_is_not_public_is_refused_with_its_reason(address, reason):
    assert refusal(address) is reason


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450::1"]
)
def test_a_public_address_is_asked(address):
    assert refusal(address) is None
    check(address)


def test_a_refused_address_is_an_os_error_so_that_a_hosts_other_addresses_are_tried():
    with pytest.raises(AddressRefused, match="is refused: private") as raised:
        check("10.0.0.8")
    assert isinstance(raised.value, OSError)
