"""The gathered page of metrics."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from streams.run.gather import merge, read_metrics, value_of, write_metrics


def _page(build):
    registry = CollectorRegistry()
    build(registry)
    return read_metrics(generate_latest(registry).decode())


def _counter(amount, **labels):
    def build(registry):
        counter = Counter("alerts_total", "Alerts raised.", list(labels), registry=registry)
        counter.labels(**labels).inc(amount)

    return build


def test_a_family_that_several_stages_export_has_one_help_and_one_type():
    pages = {"watch": _page(_counter(2, watch="a")), "deliver": _page(_counter(0, watch="a"))}
    text = write_metrics(merge(pages))
    assert text.count("# HELP alerts_total ") == 1
    assert text.count("# TYPE alerts_total counter") == 1
    assert text.count('alerts_total{watch="a"} 2.0') == 1


def test_counts_of_one_series_in_two_stages_add_up():
    pages = {"watch": _page(_counter(2, watch="a")), "deliver": _page(_counter(3, watch="a"))}
    assert value_of(merge(pages), "alerts_total", watch="a") == 5


def test_series_with_other_labels_stand_side_by_side():
    merged = merge({"watch": _page(_counter(2, watch="a")), "deliver": _page(_counter(3, watch="b"))})
    assert value_of(merged, "alerts_total", watch="b") == 3
    assert value_of(merged, "alerts_total") == 5


def test_a_reload_that_failed_in_one_stage_shows():
    def reloaded(value):
        return _page(lambda r: Gauge("config_last_reload_successful", "1: in use.", registry=r).set(value))

    merged = merge({"watch": reloaded(1), "deliver": reloaded(0), "classify": reloaded(1)})
    assert value_of(merged, "config_last_reload_successful") == 0


def test_a_timestamp_that_one_stage_sets_is_not_added_to_the_others_zero_or_doubled():
    def seen(value):
        return _page(
            lambda r: Gauge("last_success_timestamp_seconds", "When.", ["feed"], registry=r).labels("x").set(value)
        )

    merged = merge({"collect": seen(1_795_000_000), "archive": seen(0), "watch": seen(1_795_000_000)})
    assert value_of(merged, "last_success_timestamp_seconds", feed="x") == 1_795_000_000


def test_what_each_process_says_of_itself_carries_the_stage():
    def own(value):
        return _page(lambda r: Gauge("process_resident_memory_bytes", "Memory.", registry=r).set(value))

    merged = merge({"watch": own(70), "classify": own(200)})
    assert value_of(merged, "process_resident_memory_bytes", stage="watch") == 70
    assert value_of(merged, "process_resident_memory_bytes", stage="classify") == 200


def test_the_buckets_of_a_histogram_add_up_bucket_by_bucket():
    def timed(*seconds):
        def build(registry):
            histogram = Histogram("latency_seconds", "Time.", buckets=(1, 5), registry=registry)
            for value in seconds:
                histogram.observe(value)

        return _page(build)

    merged = merge({"a": timed(0.5, 3), "b": timed(9)})
    assert value_of(merged, "latency_seconds_bucket", le="1.0") == 1
    assert value_of(merged, "latency_seconds_bucket", le="5.0") == 2
    assert value_of(merged, "latency_seconds_bucket", le="+Inf") == 3
    assert value_of(merged, "latency_seconds_count") == 3


def test_what_was_gathered_can_be_read_again_with_quotes_and_line_breaks_in_labels():
    odd = 'say "no"\nor \\ nothing'
    text = write_metrics(merge({"watch": _page(_counter(1, watch=odd))}))
    assert value_of(read_metrics(text), "alerts_total", watch=odd) == 1
