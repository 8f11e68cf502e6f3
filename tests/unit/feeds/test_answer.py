from datetime import timedelta

import pytest

from streams.feeds.answer import fresh_for, retry_after
from streams.feeds.fetch import redacted, user_agent
from streams.feeds.inflate import Body, BodyRefused
from tests.builders import NOW


@pytest.mark.parametrize(
    ("raw", "seconds"),
    [("120", 120.0), (" 0 ", 0.0), ("-5", 0.0), ("1e9", None), ("99999999999999999", 86400.0), ("soon", None), ("", None), (None, None),
     ("Mon, 02 Mar 2026 12:01:00 GMT", 60.0), ("Mon, 02 Mar 2020 12:01:00 GMT", 0.0), ("Mon, 99 Foo 2026", None)],
)  # fmt: skip
def test_retry_after_survives_whatever_servers_write(raw, seconds):
    assert retry_after(raw, NOW) == seconds


def test_how_long_an_answer_stays_fresh_is_the_longest_it_says():
    date = "Mon, 02 Mar 2026 12:00:00 GMT"
    assert fresh_for({"Cache-Control": "public, max-age=600"}) == 600
    assert fresh_for({"Cache-Control": "s-maxage=600, no-cache"}) is None
    assert fresh_for({"Expires": "Mon, 02 Mar 2026 13:00:00 GMT", "Date": date, "Cache-Control": "max-age=60"}) == 3600
    assert fresh_for({"Expires": "0", "Date": date}) is None
    assert fresh_for({"Cache-Control": "max-age=9999999999"}) == timedelta(days=1).total_seconds()


def test_credentials_are_cut_from_addresses():
    assert redacted("https://me:p%40ss@a.example:8443/f?x=1") == "https://a.example:8443/f?x=1"


def test_the_user_agent_names_version_and_contact():
    assert user_agent("mailto:x@y.example").endswith(" (+mailto:x@y.example)")
    assert "(" not in user_agent(None)


def test_an_encoding_within_an_encoding_is_refused_beyond_two():
    Body("gzip, gzip")
    with pytest.raises(BodyRefused):
        Body("gzip, gzip, gzip")
