"""Logs: JSON lines; a library that repeats itself is held back and counted."""

import json
import logging

from streams.logs import REPEATS, JsonLines, Throttle


def a_line(name: str, text: str = "broker %d is away", *arguments: object) -> logging.LogRecord:
    return logging.LogRecord(name, logging.WARNING, __file__, 1, text, arguments or (7,), None)


def test_a_line_is_one_json_object_with_its_stage() -> None:
    line = json.loads(JsonLines("watch").format(a_line("streams.app")))
    assert line["message"] == "broker 7 is away"
    assert (line["level"], line["stage"], line["logger"]) == ("warning", "watch", "streams.app")
    assert line["time"].endswith("+00:00")


def test_the_same_message_of_a_library_passes_five_times_a_minute() -> None:
    throttle = Throttle()
    passed = [throttle.filter(a_line("aiokafka.client")) for _ in range(100)]
    assert sum(passed) == REPEATS


def test_the_first_line_of_the_next_minute_says_how_many_were_held_back(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    now = [1000.0]
    monkeypatch.setattr("streams.logs.time.monotonic", lambda: now[0])
    throttle = Throttle()
    for _ in range(100):
        throttle.filter(a_line("aiokafka.client"))
    now[0] += 61
    line = a_line("aiokafka.client")
    assert throttle.filter(line)
    assert line.getMessage() == "broker 7 is away (and 95 more like it)"


def test_our_own_lines_are_never_held_back() -> None:
    throttle = Throttle()
    assert all(throttle.filter(a_line("streams.app")) for _ in range(100))


def test_another_message_of_the_library_is_not_held_back_by_the_first() -> None:
    throttle = Throttle()
    for _ in range(100):
        throttle.filter(a_line("aiokafka.client"))
    assert throttle.filter(a_line("aiokafka.client", "another matter %s", "x"))
