"""The commands `tb-embed check`, `metrics` and `findings`, for people and for programs."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urldefrag, urlsplit

from tb_embed_plugin.commands.logdir_argument import logdir_argument
from tb_embed_plugin.commands.memory_argument import add_memory, use_memory_of
from tb_embed_plugin.commands.workers_argument import add_workers, workers_of
from tb_embed_plugin.errors import ArgumentError

if TYPE_CHECKING:
    from tb_embed_plugin.commands.reporting.documents import Document, Question
    from tb_embed_plugin.commands.reporting.finding import Kind
    from tb_embed_plugin.commands.reporting.metering import Metering

FOUND = 3
"""The exit status where something was found that `--fail-on` names."""

_FAILS: dict[str, set[Kind]] = {
    "never": set(),
    "problem": {"problem"},
    "warning": {"problem", "warning"},
}


def add_commands(commands: Any) -> None:
    """Adds the commands to an argparse parser's subparsers."""
    check = commands.add_parser("check", help="print what each run holds, and its problems")
    check.add_argument("logdir", type=logdir_argument, metavar="LOGDIR")
    _add_output(check)
    check.set_defaults(command=_check)
    metrics = commands.add_parser(
        "metrics", help="print the metrics of each layer, or write them as scalars"
    )
    _add_layers(metrics)
    metrics.add_argument(
        "--write-scalars",
        action="store_true",
        help="write them as scalars for TensorBoard, as a run of their own, RUN/metrics",
    )
    add_memory(metrics)
    add_workers(metrics)
    _add_output(metrics)
    metrics.set_defaults(command=_metrics)
    findings = commands.add_parser(
        "findings", help="print problems, warnings and samples worth a look, with links"
    )
    _add_layers(findings)
    _add_output(findings)
    findings.set_defaults(command=_findings)
    compare = commands.add_parser(
        "compare",
        help="say where two runs of the same samples part, or which samples two sets share",
    )
    compare.add_argument("logdir", type=logdir_argument, metavar="LOGDIR")
    compare.add_argument("run", metavar="RUN", help="a run, by its name in TensorBoard")
    compare.add_argument("other", metavar="OTHER", help="the run that it is compared with")
    compare.add_argument(
        "--seed",
        metavar="RUN",
        help="a third run that differs from the first by its seed alone",
    )
    compare.add_argument("--layer", help="only this layer")
    _add_label(compare)
    _add_output(compare)
    compare.set_defaults(command=_compare)


def _add_layers(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments that choose layers."""
    parser.add_argument("logdir", type=logdir_argument, metavar="LOGDIR")
    parser.add_argument("--run", help="only this run, by its name in TensorBoard")
    parser.add_argument("--layer", help="only this layer")
    _add_label(parser)


def _add_label(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--label",
        metavar="COLUMN",
        help="the column with the labels, '' for none; by default the one that check names",
    )


def _add_output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--json", action="store_true", help="print JSON for programs (docs/json_output.md)"
    )
    parser.add_argument(
        "--fail-on",
        choices=list(_FAILS),
        help=f"end with status {FOUND} on a problem, or on a problem or a warning",
    )
    add_address(parser)


def add_address(parser: argparse.ArgumentParser) -> None:
    """Adds the argument that says where TensorBoard is."""
    parser.add_argument(
        "--url",
        type=_address,
        metavar="http://HOST:PORT/",
        help="TensorBoard's address, so that links are whole",
    )


def _check(options: argparse.Namespace) -> int:
    from tb_embed_plugin.commands.check import check
    from tb_embed_plugin.commands.reporting.documents import check_document

    _refuse_lone_address(options)
    reports = check(options.logdir)
    document = check_document(reports, options.url or "")
    if options.json:
        _print_json(document)
    else:
        for report in reports:
            print(report.name)
            for line in report.lines:
                print(f"  {line}")
            for problem in report.problems:
                print(f"  problem: {problem}")
    if options.fail_on is None:
        return int(bool(document.found))
    return _status(options, document.kinds)


def _metrics(options: argparse.Namespace) -> int:
    _refuse_lone_address(options)
    if options.json and options.write_scalars:
        raise ArgumentError("--json and --write-scalars are two outputs; call metrics twice")
    use_memory_of(options)
    with workers_of(options, "metric_tasks") as workers:
        from tb_embed_plugin.commands.reporting.documents import metrics_document
        from tb_embed_plugin.commands.reporting.metering import Metering

        metering = Metering.by(workers, options.logdir)
        if options.json:
            document = metrics_document(_question(options), metering)
            _print_json(document)
            return _status(options, document.kinds)
        return _status(options, _print_metrics(options, metering))


def _print_metrics(options: argparse.Namespace, metering: Metering) -> set[Kind]:
    """Prints tables, writes them as scalars where that is asked for; returns what is found."""
    from tb_embed_plugin.analysis.findings import warnings
    from tb_embed_plugin.commands.scalars import measures_below, write_scalars

    found: set[Kind] = set()
    asked = options.logdir, options.run, options.layer, options.label
    for layers in measures_below(*asked, metering.cache):
        for layer in layers:
            metering.measure(layer)
            label = layer.label or "none"
            print(f"{layer.run.name}, {layer.facts.name} (label: {label})")
            rows = {step: layer.numbers(step) for step in layer.steps}
            print(f"  {'step':20}", *[f"{layer.run.step_name(step):>8}" for step in rows])
            for name in dict.fromkeys(name for row in rows.values() for name in row):
                numbers = [row.get(name) for row in rows.values()]
                cells = ["-" if number is None else f"{number:.3f}" for number in numbers]
                print(f"  {name:20}", *[f"{cell:>8}" for cell in cells])
            for warning in warnings(layer):
                found.add("warning")
                print(f"  warning: {warning.sentence}")
        if layers and layers[0].run.problems:
            found.add("problem")
        if options.write_scalars:
            print(f"scalars written to {write_scalars(layers)}")
    return found


def _findings(options: argparse.Namespace) -> int:
    from tb_embed_plugin.commands.reporting.documents import findings_document

    document = findings_document(_question(options))
    return _printed(options, document)


def _compare(options: argparse.Namespace) -> int:
    from tb_embed_plugin.commands.reporting.comparing import Pair, compare_document

    pair = Pair(
        options.logdir,
        options.run,
        options.other,
        options.seed,
        options.layer,
        options.label,
        options.url or "",
    )
    document = compare_document(pair)
    if not options.json:
        for layer in document.entries:
            for one in layer["not_judged"]:
                print(f"{layer['run']}, {layer['layer']}: not judged: {one['sentence']}")
            if not layer["not_judged"] and not document.found:
                print(
                    f"{layer['run']} and {layer['other']}, {layer['layer']}: {_alike(layer)}."
                )
    return _printed(options, document)


def _alike(layer: Mapping[str, Any]) -> str:
    """Returns what it means that a comparison of two runs has found nothing."""
    if layer["same_samples"]:
        return f"they differ at no {layer['step_unit']} by more than two seeds do"
    return "no sample of one is in the other"


def _printed(options: argparse.Namespace, document: Document) -> int:
    """Prints a document, and returns the exit status."""
    if options.json:
        _print_json(document)
    else:
        for found in document.found:
            place = ", ".join(filter(None, [found.run, found.layer])) or "the log directory"
            print(f"{place}: {found.kind}: {found.sentence}\n  {found.link}")
        if not document.found:
            print("Nothing found.")
    return _status(options, document.kinds)


def _question(options: argparse.Namespace) -> Question:
    from tb_embed_plugin.commands.reporting.documents import Question

    return Question(
        options.logdir, options.run, options.layer, options.label, options.url or ""
    )


def _print_json(document: Document) -> None:
    print(json.dumps(document.content(), allow_nan=False))


def _status(options: argparse.Namespace, found: set[Kind]) -> int:
    return FOUND if found & _FAILS[options.fail_on or "never"] else 0


def _refuse_lone_address(options: argparse.Namespace) -> None:
    """The tables hold no links."""
    if options.url and not options.json:
        raise ArgumentError("--url is for the links of --json; add --json, or leave it out")


def _address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise argparse.ArgumentTypeError(
            f"--url must be TensorBoard's address, such as http://localhost:6006/, not {text!r}"
        )
    return urldefrag(text if parts.path else f"{text}/").url
