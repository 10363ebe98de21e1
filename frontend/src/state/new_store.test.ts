import { describe, expect, it } from "vitest";
import { MARK } from "../marks";
import type { Predictions } from "../model/samples/prediction_columns";
import { MISTAKE } from "../palette";
import { chooseColor } from "./actions/choose_view";
import { annotationsOf, sequenceColumn } from "./derived/annotations";
import { coloringValue } from "./derived/colors";
import {
  comparableRunsOf,
  comparedRunOf,
  incompatibleRunsOf,
  layersAt,
} from "./derived/other_layers";
import { paintOf, scalesOf } from "./derived/sizes";
import { stageTitle, stepTitle } from "./derived/titles";
import { LABEL, LOSS, layerOf, pageOf, runOf, SAMPLES } from "./testing/page";

const WRONG = Float32Array.of(0, 1, 1, Number.NaN);
const CORRECT = {
  name: "correct",
  title: "Correctness",
  unit: "",
  meaning: "",
  kind: "truth",
  over_run: false,
  needs_outputs: true,
  needs_label: true,
  words: ["wrong", "right"],
} as const;

describe("what colors the samples", () => {
  it("is a column of classes, of numbers or nothing", async () => {
    const store = await pageOf();
    expect(store.coloring.value?.legend.kind).toBe("categories");
    expect(coloringValue(store)?.(0).word).toBe("cat");
    chooseColor(store, "loss");
    expect(store.coloring.value?.legend.kind).toBe("ramp");
    chooseColor(store, "");
    expect(store.coloring.value?.legend.kind).toBe("none");
    expect(coloringValue(store)).toBeNull();
  });

  it("is red for mistakes alone, which lie on top", async () => {
    const store = await pageOf();
    store.measures.catalog.value = [CORRECT];
    const row = { steps: [2], rows: [WRONG], classes: [] };
    store.measures.values.value = { color: "step: correct", ...row };
    chooseColor(store, "step: correct");
    const { bytes, legend } = store.coloring.value ?? {};
    const entries = legend?.kind === "categories" ? legend.entries : [];
    expect(entries.map(({ name, count }) => [name, count])).toEqual([
      ["wrong", 1],
      ["right", 2],
      ["no value", 1],
    ]);
    expect([...(bytes?.subarray(0, 3) ?? [])]).toEqual([...MISTAKE.light]);
    const [red, green] = bytes?.subarray(4, 6) ?? [];
    expect(red).toBe(green);
    expect([...store.samples.marks.value]).toEqual([MARK.raised, 0, 0, 0]);
  });

  it("leaves the predictions columns of their own", async () => {
    const store = await pageOf([LABEL]);
    const row = [WRONG];
    const rows = { prediction: row, confidence: row, correct: row, loss: row, margin: row };
    const said: Predictions = { steps: [2], classes: ["cat", "dog"], rows };
    store.measures.predictions.value = said;
    store.samples.searchFor("correct:no");
    expect(store.samples.found.value).toMatchObject({ ids: [0] });
  });
});

describe("what is drawn over the samples", () => {
  it("is the names of few classes, unless somebody takes them away", async () => {
    const store = await pageOf();
    const { lines, labels } = annotationsOf(store);
    expect(lines).toEqual([]);
    expect(labels.map(({ text }) => text)).toEqual(["cat", "dog"]);
    store.display.showClassNames(false);
    expect(annotationsOf(store)).toEqual({ lines: [], labels: [] });
  });

  it("is names at the classes' medians, and labels at selected samples", async () => {
    const store = await pageOf();
    store.display.showClassNames(true);
    store.display.chooseLabelBy("loss");
    store.samples.select([0, 3], "list");
    const { labels } = annotationsOf(store);
    expect(labels.map(({ text, centred }) => [text, centred])).toEqual([
      ["3", false],
      ["cat", true],
      ["dog", true],
    ]);
  });

  it("is trails of what stands out and of the classes", async () => {
    const store = await pageOf();
    store.display.showTrails(true);
    store.samples.lookAt(2);
    const { lines } = annotationsOf(store);
    expect(lines).toHaveLength(3);
    // Steps 0 and 1, and where it is now: to the right, further each time.
    const x = [...(lines.at(-1)?.points ?? [])].filter((_, i) => i % 3 === 0);
    expect(new Set(x).size).toBe(3);
    expect([...x].sort((a, b) => a - b)).toEqual(x);
    store.pinned.value = 1;
    expect(annotationsOf(store).lines).toEqual([]);
  });

  it("is lines along a sequence", async () => {
    const next = {
      type: "number",
      name: "__next__",
      values: Float64Array.of(1, 2, 3, NaN),
    } as const;
    const store = await pageOf([next]);
    expect(sequenceColumn(store)?.name).toBe("__next__");
    store.display.showSequence(true);
    const [line, ...others] = annotationsOf(store).lines;
    expect([line?.points.length, others.length]).toEqual([3 * SAMPLES, 0]);
  });
});

describe("a page in words", () => {
  it("names view, layer, step and samples", async () => {
    const store = await pageOf();
    expect(stageTitle(store)).toBe("2D PCA of fc1, epoch 2, 4 samples");
    expect(stepTitle(store, 1)).toBe("epoch 1 of 2");
    store.step.value = null;
    expect(stageTitle(store)).toBe("Nothing to show yet");
  });
});

describe("sizes", () => {
  it("follow a column of numbers, and are no part of the paint", async () => {
    const store = await pageOf([LABEL, LOSS]);
    expect(scalesOf(store).length).toBe(0);
    store.display.chooseSizeBy("loss");
    const [largest = 0, smallest = 0] = scalesOf(store);
    expect(largest).toBeGreaterThan(smallest);
    const coloring = store.coloring.value;
    if (coloring !== null) expect(paintOf(store, coloring).length).toBe(4 * SAMPLES);
  });
});

describe("other layers", () => {
  it("are those of the same samples, of this run first", async () => {
    const store = await pageOf();
    const others = [
      runOf("b", [layerOf("fc1"), layerOf("fc2")]),
      runOf("c", [layerOf("fc1", { fingerprint: "g" })]),
    ];
    store.runs.value = [...(store.runs.value ?? []), ...others];
    const [first] = comparableRunsOf(store);
    expect(first).toMatchObject({ run: "b", layer: "fc1" });
    expect(comparedRunOf(store, null)).toEqual(first);
    const wanted = { run: "b", layer: "fc2" };
    expect(comparedRunOf(store, wanted)).toMatchObject(wanted);
    expect(incompatibleRunsOf(store)).toEqual(["c"]);
    const key = { run: "a", layer: "fc1", v: "v" };
    expect(layersAt(store, key, 2)?.map(({ run, layer }) => `${run} ${layer}`)).toEqual([
      "a fc1",
      "a fc2",
      "b fc1",
      "b fc2",
    ]);
    expect(layersAt(store, key, 9)).toBeNull();
  });
});
