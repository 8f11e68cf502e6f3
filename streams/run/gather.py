"""The stages' metrics as one page: one HELP and TYPE a family, each sample once. Pure."""

from collections.abc import Iterable, Mapping

from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

# What every process says of itself; the rest is said by the one stage it belongs to, and stands at 0 in the others.
OF_A_PROCESS = ("process_", "python_")
SUFFIXES = {"counter": "_total"}


def read_metrics(text: str) -> list[Metric]:
    """The families of one page; raises ValueError where it is no exposition format."""
    return list(text_string_to_metric_families(text))


def merge(pages: Mapping[str, Iterable[Metric]]) -> list[Metric]:
    """One family a name out of the pages of the stages, in the order in which they were met."""
    families: dict[str, Metric] = {}
    samples: dict[str, dict[tuple[str, tuple[tuple[str, str], ...]], float]] = {}
    for stage, page in pages.items():
        for family in page:
            merged = families.setdefault(family.name, Metric(family.name, family.documentation, family.type))
            known = samples.setdefault(family.name, {})
            for sample in family.samples:
                labels = dict(sample.labels)
                if family.name.startswith(OF_A_PROCESS):
                    labels["stage"] = stage
                key = (sample.name, tuple(sorted(labels.items())))
                known[key] = _joined(merged, sample.name, known.get(key), sample.value)
    for name, family in families.items():
        family.samples = [Sample(sample, dict(labels), value) for (sample, labels), value in samples[name].items()]
    return list(families.values())


def _joined(family: Metric, sample: str, known: float | None, value: float) -> float:
    """Two processes' values of one series: counts add up, a state is the larger, a success needs all of them."""
    if known is None:
        return value
    if family.name.endswith("_successful"):
        return min(known, value)
    if sample.endswith("_created"):  # when a series began: with the first of its parts
        return min(known, value)
    return known + value if family.type in ("counter", "histogram", "summary") else max(known, value)


def write_metrics(families: Iterable[Metric]) -> str:
    """The families in Prometheus' text format 0.0.4."""
    lines: list[str] = []
    for family in families:
        name = family.name + SUFFIXES.get(family.type, "")
        kind = "untyped" if family.type == "unknown" else family.type
        lines += [f"# HELP {name} {_escaped(family.documentation)}", f"# TYPE {name} {kind}"]
        lines += [_line(sample) for sample in family.samples]
    return "\n".join(lines) + "\n"


def _line(sample: Sample) -> str:
    labels = ",".join(f'{name}="{_escaped(value, quote=True)}"' for name, value in sample.labels.items())
    return f"{sample.name}{{{labels}}} {_number(sample.value)}" if labels else f"{sample.name} {_number(sample.value)}"


def _number(value: float) -> str:
    special = {"inf": "+Inf", "-inf": "-Inf", "nan": "NaN"}
    return special.get(repr(value), repr(value))


def _escaped(text: str, *, quote: bool = False) -> str:
    text = text.replace("\\", r"\\").replace("\n", r"\n")
    return text.replace('"', r"\"") if quote else text


def value_of(families: Iterable[Metric], sample: str, **labels: str) -> float:
    """The sum of a sample over every series that carries ``labels``; 0 where there is none."""
    return sum(
        found.value
        for family in families
        for found in family.samples
        if found.name == sample and all(found.labels.get(name) == value for name, value in labels.items())
    )
