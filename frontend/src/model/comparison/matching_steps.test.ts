import { describe, expect, it } from "vitest";
import type { StepFacts } from "../../types";
import {
  offered,
  type Pairing,
  pairedStep,
  readPairing,
  type Timed,
  writePairing,
} from "./matching_steps";

/** A recording of snapshots at [step, epoch, seconds since 1970]. */
function timed(...snapshots: (readonly [number, number | null, number | null])[]): Timed {
  const facts = snapshots.map(
    ([step, epoch, wallTime]): StepFacts => ({
      step,
      unit: "step",
      epoch,
      batch: null,
      wall_time: wallTime,
      iterations: null,
    }),
  );
  return { steps: facts.map(({ step }) => step), facts, values: null };
}

const FIRST = timed([0, 0, 1000], [10, 1, 1010], [20, 2, 1020], [30, 3, 1030]);
const SECOND = timed([0, 0, 5000], [7, 2, 5004], [14, 4, 5012], [21, 6, 5021]);

function pairs(pairing: Pairing, first = FIRST, second = SECOND): (number | null)[] {
  return first.steps.map((step) => pairedStep(pairing, step, first, second));
}

describe("steps of two recordings", () => {
  it("go together by epoch, the nearest where one was not recorded, of two the earlier", () => {
    expect(pairs({ kind: "epoch" })).toEqual([0, 0, 7, 7]);
  });

  it("go together by the time since each began", () => {
    expect(pairs({ kind: "time" })).toEqual([0, 14, 21, 21]);
  });

  it("go together by their numbers", () => {
    expect(pairs({ kind: "step" })).toEqual([0, 7, 21, 21]);
  });

  it("go together by a metric, the first that is as good; by none before it is known", () => {
    const values = (side: Timed, ...numbers: number[]) => ({
      ...side,
      values: new Map(numbers.map((value, place) => [side.steps[place] ?? 0, value])),
    });
    const first = values(FIRST, 0.1, 0.5, 0.8, 0.9);
    const second = values(SECOND, 0.1, 0.78, 0.9, 0.9);
    const pairing: Pairing = { kind: "metric", metric: "accuracy" };
    expect(pairs(pairing, first, second)).toEqual([0, 7, 7, 14]);
    expect(pairs(pairing, first, SECOND)).toEqual([null, null, null, null]);
  });

  it("lie apart by a number of snapshots, within the recording", () => {
    expect(pairs({ kind: "offset", places: -1 }, FIRST, FIRST)).toEqual([0, 0, 10, 20]);
    expect(pairs({ kind: "offset", places: 2 }, FIRST, FIRST)).toEqual([20, 30, 30, 30]);
  });

  it("may be one and the same step for all", () => {
    expect(pairs({ kind: "fixed", step: 7 })).toEqual([7, 7, 7, 7]);
    expect(pairs({ kind: "fixed", step: 8 })).toEqual([null, null, null, null]);
  });

  it("are paired by what both recordings know", () => {
    expect(offered(FIRST, SECOND)).toEqual(["epoch", "time", "step"]);
    expect(offered(FIRST, timed([3, null, null]))).toEqual(["step"]);
    expect(pairs({ kind: "epoch" }, FIRST, timed([3, null, null]))).toEqual([
      null,
      null,
      null,
      null,
    ]);
  });

  it("come back from words, and nothing else does", () => {
    const all: Pairing[] = [
      { kind: "epoch" },
      { kind: "metric", metric: "knn_accuracy" },
      { kind: "offset", places: -3 },
      { kind: "fixed", step: 12 },
    ];
    expect(all.map((one) => readPairing(writePairing(one)))).toEqual(all);
    for (const text of ["", "fixed", "fixed x", "offset 1.5", "metric", "day 3"]) {
      expect(readPairing(text)).toBeNull();
    }
  });
});
