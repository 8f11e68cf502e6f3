"""What the log says of polls."""

import logging

from config.schema import Feed
from streams.feeds.answer import Answer, Fault
from streams.feeds.board import Board
from streams.feeds.state import FeedState

FEEDS = [Feed(id=f"feed-{number}", url=f"http://{number}.example/rss", outlet="The Wire") for number in range(40)]
GOOD, LOST = Answer(status=200), Answer(fault=Fault.UNREACHABLE, message="no way to the host")


def polled(board: Board, answer: Answer) -> None:
    for feed in FEEDS:
        board.polled(feed, answer, FeedState(), articles=0, emptied=False, fenced=False)


def test_forty_feeds_behind_a_network_that_is_away_are_a_few_lines_and_one_for_its_end(caplog):
    caplog.set_level(logging.INFO)
    board = Board()
    polled(board, GOOD)
    polled(board, LOST)
    polled(board, LOST)
    assert len(caplog.messages) == 5
    assert "5 of the last 9 feeds cannot be reached" in caplog.messages[-1]
    caplog.clear()
    polled(board, GOOD)
    assert caplog.messages == ["most feeds are reached again"]


def test_a_few_feeds_that_fail_are_told_each_time(caplog):
    board = Board()
    for feed in FEEDS[:4] * 2:
        board.polled(feed, LOST, FeedState(), articles=0, emptied=False, fenced=False)
    assert len(caplog.messages) == 8
