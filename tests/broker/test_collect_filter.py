"""``armswire feeds`` as a person runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.broker.feed_server import FeedServer, a_feed, an_item

ROOT = Path(__file__).parents[2]


@pytest.fixture
def armswire(tmp_path):
    config = tmp_path / "config"
    config.mkdir()
    for name in ("feeds", "watches", "receivers"):
        (config / f"{name}.yaml").write_text(f"{name}: []\n")
    environment = {
        "PATH": os.environ["PATH"],
        "ARMSWIRE_CONFIG": str(config),
        "ARMSWIRE_STATE": str(tmp_path),
        "COLUMNS": "200",
    }

    def run(*arguments, stdin=b""):
        return subprocess.run(
            [sys.executable, "-m", "streams.cli", "feeds", *arguments],
            input=stdin, capture_output=True, cwd=ROOT, env=environment, timeout=60, check=False,
        )  # fmt: skip

    run.config, run.environment = config, environment
    return run


def test_parse_answers_every_line_in_order_and_never_dies(armswire, tmp_path):
    good, page = tmp_path / "good.xml", tmp_path / "page.html"
    good.write_text(a_feed(an_item(1, text="Ministers meet", published="Mon, 02 Mar 2026 14:00:00 +0100")))
    page.write_text("<html><body>no feed</body></html>")
    lines = [
        json.dumps({"file": str(good), "content_type": "text/xml", "url": "http://f.example/", "feed_id": "f"}),
        json.dumps({"file": str(page), "content_type": "text/xml", "url": "http://f.example/", "feed_id": "f"}),
        json.dumps({"file": str(tmp_path / "missing"), "content_type": None, "url": "", "feed_id": "f"}),
        "no json", "[]", json.dumps({"file": str(tmp_path)}),
        json.dumps({"file": str(good)}),
    ]  # fmt: skip
    done = armswire("parse", stdin="\n".join(lines).encode())
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert [answer["outcome"] for answer in answers] == ["ok", "reject", "reject", "reject", "reject", "reject", "ok"]
    (entry,) = answers[0]["entries"]
    assert list(answers[0]) == ["outcome", "feed_title", "entries"]
    assert list(entry) == ["id", "title", "link", "published", "text"]
    assert (answers[0]["feed_title"], entry["text"], entry["published"]) == (
        "The Wire",
        "Ministers meet",
        "2026-03-02T13:00:00Z",
    )
    assert answers[-1]["entries"][0]["id"] != entry["id"]


def test_parse_goes_on_after_a_document_that_kills_its_reader(armswire, tmp_path):
    huge, good = tmp_path / "huge.xml", tmp_path / "good.xml"
    huge.write_text(a_feed(*(f"<item><description>{'&lt;p' * 40}</description></item>" for _ in range(80_000))))
    good.write_text(a_feed(an_item(1)))
    lines = [json.dumps({"file": str(path), "feed_id": "f"}) for path in (huge, good)]
    done = armswire("parse", stdin="\n".join(lines).encode())
    assert [json.loads(line)["outcome"] for line in done.stdout.splitlines()] == ["reject", "ok"]


async def test_poll_once_prints_articles_and_check_says_which_are_no_feeds(armswire):
    import asyncio

    async with FeedServer() as server:
        server.serve("/good", a_feed(an_item(1), an_item(2)))
        server.serve("/page", "<html></html>")
        (armswire.config / "feeds.yaml").write_text(
            "feeds:\n"
            + "".join(
                f"  - {{id: {name}, url: '{server.url}/{name}', outlet: O, allow_private: true}}\n"
                for name in ("good", "page")
            )
        )
        once = await asyncio.to_thread(armswire, "poll", "--once", "good")
        assert [json.loads(line)["title"] for line in once.stdout.splitlines()] == [
            f"Parliament debates budget item {n}" for n in (1, 2)
        ]
        by_url = await asyncio.to_thread(armswire, "poll", "--once", f"{server.url}/good")
        assert by_url.returncode == 1
        assert b"allow_private" in by_url.stderr
        allowed = await asyncio.to_thread(armswire, "poll", "--once", "--allow-private", f"{server.url}/good")
        assert len(allowed.stdout.splitlines()) == 2
        check = await asyncio.to_thread(armswire, "check", "-o", "json")
    assert check.returncode == 1
    assert [(row["feed"], row["result"], row["items"]) for row in map(json.loads, check.stdout.splitlines())] == [
        ("good", "ok", 2), ("page", "not_a_feed", None)
    ]  # fmt: skip


def test_import_adds_new_feeds_and_leaves_comments_alone_and_export_gives_them_back(armswire):
    path = armswire.config / "feeds.yaml"
    path.write_text("# mine\nfeeds:\n  - {id: a, url: 'https://a.example/rss', outlet: A}  # first\n")
    opml = (
        b"<opml version='2.0'><body><outline text='A' xmlUrl='http://a.example/rss'/>"
        b"<outline text='News: b' xmlUrl='https://b.example/rss'/></body></opml>"
    )
    shown = armswire("import", "-", stdin=opml)
    assert shown.stdout.decode() == "  - id: news-b\n    url: https://b.example/rss\n    outlet: 'News: b'\n"
    added = armswire("import", "--add", "-", stdin=opml)
    assert added.returncode == 0, added.stderr
    assert path.read_text().startswith(
        "# mine\nfeeds:\n  - {id: a, url: 'https://a.example/rss', outlet: A}  # first\n  - id: news-b\n"
    )
    assert b"https://b.example/rss" in armswire("export").stdout
    assert b"none of 2 feeds is new" in armswire("import", "--add", "-", stdin=opml).stderr
    assert armswire("import", "-", stdin=b"<html/>").returncode == 1


def test_import_fills_an_empty_list(armswire):
    opml = b"<opml><body><outline text='B' xmlUrl='https://b.example/rss'/></body></opml>"
    assert armswire("import", "--add", "-", stdin=opml).returncode == 0
    assert b"https://b.example/rss" in armswire("export").stdout


def test_list_shows_feeds_without_store_and_database(armswire):
    (armswire.config / "feeds.yaml").write_text("feeds:\n  - {id: a, url: 'https://a.example/rss', outlet: A}\n")
    done = armswire("list", "-o", "csv")
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode().splitlines()[1].startswith("a,never polled")
    assert b"ARMSWIRE_REDIS is not set" in done.stderr


def test_an_unknown_feed_is_a_mistake_in_use(armswire):
    assert armswire("poll", "--once", "nope").returncode == 2
    assert armswire("check", "nope").returncode == 2


@pytest.mark.parametrize("words", [("pause", "a"), ("resume", "a"), ("poll", "a")])
def test_what_needs_a_service_says_so_where_none_has_run(armswire, words):
    armswire.environment["ARMSWIRE_BROKER"] = "127.0.0.1:1"
    (armswire.config / "feeds.yaml").write_text("feeds:\n  - {id: a, url: 'https://a.example/rss', outlet: A}\n")
    done = armswire(*words)
    assert done.returncode == 1
    assert done.stderr.startswith(b"Error: ")
    assert len(done.stderr.splitlines()) == 1
