"""How well "Possible label errors" names labels of MNIST that were planted wrong.

Claim: the mean average precision is at least .90 where the recorded samples were trained on,
.97 where a network of 98 % was trained on others, and .85 where half of them were trained on;
never more than .02 below cleanlab at the last step, kNN or AUM in any run; the number expected
is within 25 % of the true one held out, within 1.5 times trained on (2 times at 2 %); one run
takes at most 2 s of processor time.

Beside ours, of the same recorded runs: confident learning's self-confidence at the last step
(cleanlab), the neighbors' agreement at the last step, and the area under the margin. 2,000
digits are recorded; 2, 5 and 10 % of their labels are wrong, at random or as the digit that
looks alike; three seeds. MNIST was not used to fit the method (docs/label_errors.md).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise, product
from pathlib import Path

import numpy as np
from cleanlab.rank import get_label_quality_scores
from numpy.typing import NDArray
from scipy.special import softmax
from sklearn.metrics import average_precision_score

from tb_embed_plugin import open_run
from tb_embed_plugin.runs.tables.metadata_table import Column
from tests import perceptron
from tests.planted import Head, Snapshots, write_run

RECORDED = 2000
RATES = (0.02, 0.05, 0.1)
NOISES = ("random", "class-conditional")
SEEDS = (1, 2, 3)
LIKE = np.array([6, 7, 7, 5, 9, 3, 0, 1, 3, 4])
"""The class that a digit is taken for where errors are class-conditional."""

Labels = NDArray[np.int64]
Images = NDArray[np.float32]


@dataclass(frozen=True)
class Training:
    """What is recorded of a training: the hidden layer of some samples, epoch by epoch."""

    snapshots: Snapshots
    head: Head


@dataclass(frozen=True)
class Result:
    """Of one run: average precisions, the expected number over the true one, seconds."""

    setting: str
    rate: float
    ours: float
    others: dict[str, float]
    expected: float
    inside: bool
    named: float
    seconds: float
    probability: NDArray[np.float64]
    wrong: NDArray[np.bool_]


def main() -> int:
    """Prints a row a setting; the exit status is 1 where a claim does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, help="a file with the arrays of MNIST")
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    options = parser.parse_args()
    results: list[Result] = []
    with np.load(options.data) as arrays, tempfile.TemporaryDirectory() as folder:
        x = (arrays["x_train"].reshape(-1, 784) / 255).astype(np.float32)
        y = arrays["y_train"].astype(np.int64)
        for seed in options.seeds:
            order = np.random.default_rng(seed).permutation(len(x))
            at = Path(folder) / str(seed)
            for result in trainings(x[order], y[order], seed, at, Plan()):
                print(_row(result), flush=True)
                results.append(result)
    return _verdict(results)


@dataclass(frozen=True)
class Plan:
    """How trainings differ from those of the claim.

    Attributes:
        rates: Shares of wrong labels.
        longer: How many times as many epochs.
        batch: How many times as many samples a batch.
    """

    rates: tuple[float, ...] = RATES
    longer: float = 1.0
    batch: int = 1


def trainings(x: Images, y: Labels, seed: int, folder: Path, plan: Plan) -> Iterator[Result]:
    """Yields what is measured of trainings held out, trained on, and half of each."""
    recorded, right = x[:RECORDED], y[:RECORDED]

    def train(images: Images, labels: Labels, epochs: int, batch: int) -> Training:
        steps = max(3, round(epochs * plan.longer))
        return _train(images, labels, recorded, seed, epochs=steps, batch=batch * plan.batch)

    heldout = train(x[RECORDED:42_000], y[RECORDED:42_000], 8, 64)
    for noise, rate in product(NOISES, plan.rates):
        wrong = _planted(y[:4000], rate, noise, seed)
        at = folder / f"{noise}-{rate}"
        shown = wrong[:RECORDED]
        yield _measured(f"held out, {noise}", rate, heldout, shown, right, at / "out")
        trained = train(x[:4000], wrong, 15, 32)
        yield _measured(f"trained on, {noise}", rate, trained, shown, right, at / "on")
    half = RECORDED // 2
    rows = np.r_[:half, RECORDED : RECORDED + 15_000]
    labels = _planted(y, 0.05, "class-conditional", seed)
    mixed = train(x[rows], labels[rows], 12, 64)
    yield _measured("half trained on", 0.05, mixed, labels[:RECORDED], right, folder / "mixed")


def _planted(labels: Labels, rate: float, noise: str, seed: int) -> Labels:
    """Returns the labels, a share of them wrong."""
    rng = np.random.default_rng(seed + 100)
    wrong = labels.copy()
    at = rng.choice(len(labels), round(rate * len(labels)), replace=False)
    other = (labels[at] + rng.integers(1, 10, len(at))) % 10
    wrong[at] = other if noise == "random" else LIKE[labels[at]]
    return wrong


def _train(
    x: Images, labels: Labels, recorded: Images, seed: int, *, epochs: int, batch: int
) -> Training:
    rng = np.random.default_rng(seed)
    parameters = perceptron.initial(rng, [x.shape[1], 128, 64, perceptron.CLASSES])
    optimizer = perceptron.Adam()
    training = Training([], Head([], []))
    for epoch in range(epochs + 1):
        training.snapshots.append(perceptron.forward(parameters, recorded)[-2])
        training.head.kernels.append(parameters[-2].copy())
        training.head.biases.append(parameters[-1].copy())
        if epoch < epochs:
            for rows in np.array_split(rng.permutation(len(x)), len(x) // batch):
                gradients = perceptron.backward(parameters, x[rows], labels[rows])
                optimizer.update(parameters, gradients)
    return training


def _measured(
    setting: str, rate: float, training: Training, labels: Labels, right: Labels, at: Path
) -> Result:
    column = Column("label", "category", [str(label) for label in labels])
    write_run(at / "run", {"fc1": training.snapshots}, column, head=training.head)
    started = time.process_time()
    layer = open_run(at, "run").layer("fc1")
    found = layer.label_errors()
    seconds = time.process_time() - started
    wrong = labels != right
    last = layer.outputs(layer.steps[-1])
    if last is None:
        raise RuntimeError("the run has no outputs")
    shares = softmax(last.astype(np.float64), axis=1)
    scores = {
        "cleanlab": get_label_quality_scores(labels, shares, method="self_confidence"),
        "kNN": layer.sample_metric("agreement")[-1],
        "AUM": layer.summary()["aum"],
    }
    low, high = found.interval
    return Result(
        setting,
        rate,
        float(average_precision_score(wrong, found.probability)),
        {name: float(average_precision_score(wrong, -s)) for name, s in scores.items()},
        found.expected / wrong.sum(),
        bool(low <= wrong.sum() <= high),
        float((found.suggestion == right)[wrong].mean()),
        seconds,
        found.probability,
        wrong,
    )


def _row(result: Result) -> str:
    others = "  ".join(f"{name} {value:.3f}" for name, value in result.others.items())
    return (
        f"{result.setting:30} {result.rate:4.0%}  ours {result.ours:.3f}  {others}  "
        f"expected/true {result.expected:.2f}  right class {result.named:.0%}  "
        f"{result.seconds:.1f} s"
    )


def _verdict(results: list[Result]) -> int:
    """Prints means, reliability and what does not hold."""
    failed = []
    for start, least in (("trained on", 0.90), ("held out", 0.97), ("half", 0.85)):
        of = [result for result in results if result.setting.startswith(start)]
        mean = np.mean([result.ours for result in of])
        others = {n: np.mean([r.others[n] for r in of]) for n in of[0].others}
        print(f"{start}: ours {mean:.3f}", *[f"{n} {v:.3f}" for n, v in others.items()])
        if mean < least:
            failed.append(f"{start}: {mean:.3f} is below {least}")
    for result in results:
        behind = max(result.others.values()) - result.ours
        if behind > 0.02:
            failed.append(f"{result.setting} {result.rate:.0%}: {behind:.3f} behind the best")
        if result.seconds > 2:
            failed.append(f"{result.setting} {result.rate:.0%}: {result.seconds:.1f} s")
        most = 1.25
        if result.setting.startswith("trained"):
            most = 2 if result.rate < 0.05 else 1.5
        if not 1 / most <= result.expected <= most:
            failed.append(
                f"{result.setting} {result.rate:.0%}: expected {result.expected:.2f} times"
            )
    print(f"inside the interval: {np.mean([result.inside for result in results]):.0%}")
    probability = np.concatenate([result.probability for result in results])
    wrong = np.concatenate([result.wrong for result in results])
    print_reliability(probability, wrong)
    print(*failed, sep="\n")
    return int(bool(failed))


def print_reliability(probability: NDArray[np.float64], wrong: NDArray[np.bool_]) -> None:
    """Prints how many labels are wrong among those of which as much was said."""
    for low, high in pairwise([0, 0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 1]):
        at = (probability >= low) & (probability < high)
        print(
            f"said {low:.0%} to {high:.0%} (mean {probability[at].mean():.1%}): "
            f"{wrong[at].mean():.1%} of {at.sum():,} are wrong"
        )


if __name__ == "__main__":
    sys.exit(main())
