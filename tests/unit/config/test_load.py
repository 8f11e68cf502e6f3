"""The configuration folder: each mistake gives one message that a person can act on."""

from pathlib import Path

import pytest

from config.load import Configuration, load_configuration
from config.mistakes import ConfigurationError

SECRET = {"DESK_SECRET": "whsec_" + "a" * 44}
FEEDS = "feeds:\n  - {id: one, url: 'https://example.org/feed', outlet: One}\n"
WATCHES = "watches:\n  - {id: w, when: {pair: {supplier: DE, recipient: UA}}}\n"
RECEIVERS = "receivers:\n  - {id: desk, type: webhook, url: 'https://desk.example/hook', secret: '${DESK_SECRET}'}\n"


def load(folder: Path, feeds: str = FEEDS, watches: str = WATCHES, receivers: str = RECEIVERS) -> Configuration:
    for name, text in {"feeds": feeds, "watches": watches, "receivers": receivers}.items():
        (folder / f"{name}.yaml").write_text(text)
    return load_configuration(folder, SECRET)


def mistakes(folder: Path, **files: str) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        load(folder, **files)
    return [str(mistake) for mistake in caught.value.mistakes]


def feed(**values: object) -> str:
    entry = {"id": "one", "url": "https://example.org/feed", "outlet": "One"} | values
    return "feeds:\n  - {" + ", ".join(f"{key}: {value!r}" for key, value in entry.items()) + "}\n"


def watch(when: str, **more: str) -> str:
    return f"watches:\n  - {{id: w, when: {when}" + "".join(f", {k}: {v}" for k, v in more.items()) + "}\n"


def test_a_sound_folder_loads_with_its_defaults(tmp_path: Path) -> None:
    configuration = load(tmp_path)
    assert configuration.feeds[0].every == 3600
    assert configuration.watches[0].title == "w"
    assert configuration.receivers[0].secret == SECRET["DESK_SECRET"]
    assert [r.id for r in configuration.receivers_of(configuration.watches[0])] == ["desk"]
    assert set(configuration.files) >= {"feeds.yaml", "watches.yaml", "receivers.yaml", "lexicon/countries.csv"}


def test_norway_is_a_country_and_not_false(tmp_path: Path) -> None:
    assert load(tmp_path, watches=watch("{supplier: NO}")).watches[0].when.supplier == ["NO"]


def test_watches_may_be_a_folder_of_files(tmp_path: Path) -> None:
    (tmp_path / "watches").mkdir()
    (tmp_path / "watches/a.yaml").write_text(WATCHES)
    (tmp_path / "watches/b.yaml").write_text(WATCHES.replace("id: w", "id: v"))
    assert [w.id for w in load(tmp_path).watches] == ["w", "v"]


def test_a_list_fills_in_its_names(tmp_path: Path) -> None:
    lists = "lists: {guns: [pzh-2000, k9]}\n" + watch("{systems: [taurus, '@guns']}")
    assert load(tmp_path, watches=lists).watches[0].when.systems == ["taurus", "pzh-2000", "k9"]


def test_an_unknown_key_is_named_with_the_nearest_valid_one(tmp_path: Path) -> None:
    assert mistakes(tmp_path, feeds=feed(outlets="x")) == [
        "feeds.yaml: feeds[0].outlets: no such key; did you mean 'outlet'?"
    ]


def test_an_unknown_key_deep_in_a_clause_is_named_with_the_nearest_valid_one(tmp_path: Path) -> None:
    said = mistakes(tmp_path, watches=watch("{any: [{sytems: [taurus]}]}"))
    assert said == ["watches.yaml: watches[0].when.any[0].sytems: no such key; did you mean 'systems'?"]


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    assert mistakes(tmp_path, feeds="feeds: [{id: one, url: 'https://example.org/feed'}]") == [
        "feeds.yaml: feeds[0].outlet: must be given"
    ]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "feeds.yaml").write_text(FEEDS)
    (tmp_path / "watches.yaml").write_text(WATCHES)
    with pytest.raises(ConfigurationError, match=r"receivers\.yaml: .*cannot be read: No such file or directory"):
        load_configuration(tmp_path, SECRET)


def test_broken_yaml_is_named_with_line_and_column(tmp_path: Path) -> None:
    assert mistakes(tmp_path, feeds="feeds: [\n  {id: one")[0].startswith("feeds.yaml: line 2, column ")


def test_a_key_that_stands_twice_is_a_mistake(tmp_path: Path) -> None:
    assert (
        "the key 'id' stands twice"
        in mistakes(tmp_path, watches="watches:\n  - {id: a, id: b, when: {supplier: DE}}\n")[0]
    )


def test_all_mistakes_of_all_files_come_at_once(tmp_path: Path) -> None:
    said = mistakes(
        tmp_path,
        feeds=feed(every="2m", url="ftp://example.org"),
        watches=watch("{systems: [tauru]}", level="loud"),
        receivers="receivers:\n  - {id: desk, type: pigeon}\n",
    )
    assert len(said) >= 4


@pytest.mark.parametrize(
    ("when", "message"),
    [
        ("{supplier: GER}", "watches.yaml: watches[0].when.supplier: 'GER': no such country or group"),
        (
            "{systems: [tauruss]}",
            "watches.yaml: watches[0].when.systems: 'tauruss': no such weapon system; did you mean 'taurus'?",
        ),
        ("{feeds: [on]}", "watches.yaml: watches[0].when.feeds: 'on': no such feed; did you mean 'one'?"),
        ("{systems: ['@gun']}", "watches.yaml: watches[0].when.systems: '@gun': no such list"),
        ("{}", "watches.yaml: watches[0].when: says nothing"),
        ("{types: [deliverry]}", "watches.yaml: watches[0].when.types[0]: 'deliverry': must be one of offer, "),
        ("{not: {supplier: XX}}", "watches.yaml: watches[0].when.not.supplier: 'XX': no such country or group"),
    ],
)
def test_each_wrong_name_in_a_watch_is_told_with_its_place(tmp_path: Path, when: str, message: str) -> None:
    (said,) = mistakes(tmp_path, watches=watch(when))
    assert said.startswith(message)


def test_an_unknown_receiver_is_told(tmp_path: Path) -> None:
    (said,) = mistakes(tmp_path, watches=watch("{supplier: DE}", send_to="[dest]"))
    assert said == "watches.yaml: watches[0].send_to: 'dest': no such receiver; did you mean 'desk'?"


def test_two_watches_of_one_name_are_a_mistake(tmp_path: Path) -> None:
    twice = WATCHES + "  - {id: w, when: {supplier: DE}}\n"
    assert mistakes(tmp_path, watches=twice) == ["watches.yaml: watches[1].id: 'w': another watch has this id"]


def test_a_stable_watch_needs_a_test_that_fires_and_one_that_does_not(tmp_path: Path) -> None:
    (said,) = mistakes(tmp_path, watches=watch("{supplier: DE}", status="stable", tests="[{title: x, fires: true}]"))
    assert said.endswith("a stable watch needs a test that fires and one that does not")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"every": "2m"}, "feeds.yaml: feeds[0].every: '120s': must be at least 300s"),
        ({"every": "often"}, "feeds.yaml: feeds[0].every: 'often': write a duration such as 30m"),
        ({"tier": 9}, "feeds.yaml: feeds[0].tier: 9: Input should be less than or equal to 4"),
        ({"id": "Big Feed"}, "feeds.yaml: feeds[0].id: 'Big Feed': must be lower-case letters, digits and hyphens"),
        (
            {"url": "file:///etc/passwd"},
            "feeds.yaml: feeds[0].url: 'file:///etc/passwd': must be an http or https address",
        ),
        ({"country": "GB "}, "feeds.yaml: feeds[0].country: 'GB ': no such country; did you mean 'GB'?"),
        ({"backfill": "all"}, "feeds.yaml: feeds[0].backfill: 'all': must be one of digest, alert, nothing"),
    ],
)
def test_each_wrong_value_of_a_feed_is_told(tmp_path: Path, values: dict[str, object], message: str) -> None:
    (said,) = mistakes(tmp_path, feeds=feed(**values))
    assert said.startswith(message)


def test_a_loopback_feed_may_be_asked_every_five_seconds(tmp_path: Path) -> None:
    fast = "feeds: [{id: one, url: 'http://127.0.0.1:1/f', outlet: One, every: 5s, allow_private: true, since: all}]"
    configuration = load(tmp_path, feeds=fast)
    assert configuration.feeds[0].every == 5
    assert configuration.feeds[0].since == float("inf")


def test_plain_http_to_a_receiver_elsewhere_is_refused(tmp_path: Path) -> None:
    plain = RECEIVERS.replace("https://desk", "http://desk")
    assert mistakes(tmp_path, receivers=plain)[0].endswith("must be https (or set allow_http: true)")


def test_a_secret_in_the_file_is_refused(tmp_path: Path) -> None:
    open_secret = RECEIVERS.replace("${DESK_SECRET}", "whsec_" + "b" * 44)
    assert mistakes(tmp_path, receivers=open_secret)[0].endswith("must stand in the environment, here as ${NAME}")


def test_a_secret_that_the_environment_lacks_is_named(tmp_path: Path) -> None:
    said = mistakes(tmp_path, receivers=RECEIVERS.replace("DESK_SECRET", "OTHER"))
    assert (
        said[0] == "receivers.yaml: receivers[0].secret: '${OTHER}': the environment has neither OTHER nor OTHER_FILE"
    )


def test_a_receiver_may_have_two_secrets_while_one_takes_over(tmp_path: Path) -> None:
    load(tmp_path)
    both = {"DESK_SECRET": f"whsec_{'a' * 44} whsec_{'b' * 44}"}
    assert load_configuration(tmp_path, both).receivers[0].secret == both["DESK_SECRET"]


def test_a_mistake_in_the_users_lexicon_is_told_with_the_others(tmp_path: Path) -> None:
    (tmp_path / "lexicon").mkdir()
    (tmp_path / "lexicon/systems.yaml").write_text("add:\n  - {id: dart, name: Dart, class: tnak, origin: [DE]}\n")
    said = mistakes(tmp_path, feeds=feed(every="2m"))
    assert any(line.startswith("feeds.yaml: feeds[0].every") for line in said)
    assert any('class "tnak" is not known' in line and '"tank"' in line for line in said), said
