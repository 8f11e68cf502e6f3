"""The demo's newsroom: what it publishes when, and what its desk accepts."""

import json
from datetime import UTC, datetime
from pathlib import Path

import feedparser
import pytest
import yaml
from standardwebhooks import Webhook

from config.load import load_configuration
from streams.run.demo import newsroom
from streams.run.demo.feeds import OUTLETS, Item, atom, json_feed, rss
from streams.run.demo.newsroom import Newsroom, genuine

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
ITEM = Item("one", "Fuses & shells for “Norway”", "A first lot of 400 fuses.", NOW)
STORIES = yaml.safe_load((Path(newsroom.__file__).parent / "stories.yaml").read_text(encoding="utf-8"))["stories"]


@pytest.fixture
def room():
    return Newsroom(address="http://127.0.0.1:1", _stories=STORIES)


@pytest.mark.parametrize("write", [rss, atom])
def test_feeds_of_the_newsroom_are_read_as_they_were_written(write):
    parsed = feedparser.parse(write("Wire", "http://127.0.0.1:1", "wire", [ITEM]))
    assert not parsed.bozo
    entry = parsed.entries[0]
    assert entry.title == "Fuses & shells for “Norway”"
    assert entry.published_parsed[:4] == (2026, 11, 25, 12)


def test_the_json_feed_carries_id_title_text_and_date():
    page = json.loads(json_feed("Wire", "http://127.0.0.1:1", "wire", [ITEM]))
    assert page["items"][0] == {
        "id": "wire:one",
        "url": "http://127.0.0.1:1/wire/one",
        "title": "Fuses & shells for “Norway”",
        "content_text": "A first lot of 400 fuses.",
        "date_published": "2026-11-25T12:00:00+00:00",
    }


def test_the_first_stories_are_there_at_once_and_the_others_within_a_minute(room):
    def published(seconds):
        return sum(len(room.items(outlet, seconds)) for outlet in OUTLETS)

    assert published(0) >= 4
    assert published(20) > published(0)
    assert published(60) == published(10_000) == len({(story["outlet"], story["id"]) for story in STORIES})


def test_a_later_state_of_an_item_takes_the_place_of_the_first(room):
    before = {item.id: item.title for item in room.items("procurement-review", 45)}
    after = {item.id: item.title for item in room.items("procurement-review", 60)}
    assert not before["baku-interceptors"].startswith("RETRACTED")
    assert after["baku-interceptors"].startswith("RETRACTED")


def test_every_story_belongs_to_an_outlet_of_the_newsroom():
    assert {story["outlet"] for story in STORIES} == set(OUTLETS)


def test_the_configuration_of_the_demo_holds_no_mistake_and_polls_nothing_but_the_newsroom(room, tmp_path):
    room.configure(tmp_path)
    configuration = load_configuration(tmp_path, room.environment())
    assert {feed.id for feed in configuration.feeds} == set(OUTLETS)
    assert all(feed.url.startswith(room.address + "/") for feed in configuration.feeds)
    assert [receiver.url for receiver in configuration.receivers] == [f"{room.address}/desk"]


def test_the_desk_takes_what_the_standards_own_library_signed(room):
    body, now = b'{"type": "alert.created"}', datetime.now(UTC)
    signature = Webhook(room.secret).sign("msg_1", now, body.decode())
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": signature}
    assert genuine(room.secret, headers, body, now.timestamp())


@pytest.mark.parametrize(
    ("changes", "late"),
    [
        ({"webhook-id": "msg_2"}, 0),
        ({"webhook-signature": "v1,AAAA"}, 0),
        ({"webhook-timestamp": "soon"}, 0),
        ({}, 301),
    ],
)
def test_the_desk_refuses_another_id_a_wrong_signature_and_an_old_message(room, changes, late):
    body, now = b"{}", datetime.now(UTC)
    signature = Webhook(room.secret).sign("msg_1", now, body.decode())
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": signature}
    assert not genuine(room.secret, headers | changes, body, now.timestamp() + late)
