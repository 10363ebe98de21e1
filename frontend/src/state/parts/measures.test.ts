import { describe, expect, it } from "vitest";
import type { SampleMetric } from "../../measures";
import { chooseColor } from "../actions/choose_view";
import { goToStep } from "../actions/measures";
import { sampleListProps } from "../actions/sample_list_props";
import { colorTitle, measuredColors } from "../derived/colors";
import { leftOutInWords } from "../derived/other_layers";
import { pageOf } from "../testing/page";

const metric = (name: string, more: Partial<SampleMetric> = {}): SampleMetric => ({
  name,
  title: `The ${name}`,
  unit: "",
  meaning: "",
  kind: "number",
  over_run: false,
  needs_outputs: false,
  needs_label: false,
  words: [],
  ...more,
});

describe("what is measured", () => {
  it("is opened one at a time, and closed again", async () => {
    const { measures } = await pageOf();
    measures.toggleFinding("lost");
    expect(measures.opened.value).toBe("lost");
    measures.toggleFinding("lost");
    expect(measures.opened.value).toBeNull();
    measures.toggleSection("Units");
    expect(measures.section.value).toBe("Units");
    measures.toggleSection("Units");
    expect(measures.section.value).toBeNull();
    measures.toggleAbove("accuracy");
    measures.toggleAbove("accuracy");
    expect(measures.above.value).toBeNull();
    measures.unfoldNeighbors(true);
    expect(measures.neighborsUnfolded.value).toBe(true);
  });

  it("has a state of its own for each section", async () => {
    const { measures } = await pageOf();
    const state = measures.sectionState("Units");
    expect(measures.sectionState("Units")).toBe(state);
    expect(state.answer("units")).toBe(state.answer("units"));
    expect(state.answer("others")).not.toBe(state.answer("units"));
  });

  it("colors samples once it is known what the numbers are", async () => {
    const store = await pageOf();
    const { measures } = store;
    chooseColor(store, "step: churn_of");
    const rows = [Float32Array.of(1, 2, 3, 4)];
    measures.values.value = { color: "step: churn_of", steps: [2], rows, classes: [] };
    expect(measures.painted.value).toBeNull();
    measures.catalog.value = [metric("churn_of")];
    expect(measures.painted.value?.column.type).toBe("number");
    chooseColor(store, "unit: 3");
    expect(measures.painted.value).toBeNull();
    measures.values.value = { color: "unit: 3", steps: [2], rows, classes: [] };
    expect(measures.painted.value?.column.name).toBe("unit: 3");
    expect(colorTitle(store, "unit: 3")).toBe("Unit 3");
    expect(sampleListProps(store).sampleValue?.(1).word).toBe("2");
  });

  it("colors by a prediction at once, as these are there already", async () => {
    const store = await pageOf();
    const { measures } = store;
    measures.catalog.value = [metric("correct", { kind: "truth", words: ["wrong", "right"] })];
    chooseColor(store, "step: correct");
    expect(measures.painted.value).toBeNull();
    const row = [Float32Array.of(1, 0, 1, Number.NaN)];
    const rows = { prediction: row, confidence: row, correct: row, loss: row, margin: row };
    measures.predictions.value = { steps: [2], classes: ["a", "b"], rows };
    expect(measures.painted.value?.column).toMatchObject({
      words: ["wrong", "right"],
      codes: Int32Array.of(1, 0, 1, -1),
    });
    const asked = [Float32Array.of(0, 0, 0, 0)];
    measures.values.value = { color: "step: correct", steps: [2], rows: asked, classes: [] };
    expect(measures.painted.value?.column).toMatchObject({ codes: Int32Array.of(0, 0, 0, 0) });
  });

  it("is offered as a color as far as it can be known", async () => {
    const store = await pageOf();
    store.measures.catalog.value = [
      metric("distance"),
      metric("loss", { needs_outputs: true }),
      metric("label_error", { needs_label: true, over_run: true }),
    ];
    const offered = () => measuredColors(store).map(([name]) => name);
    expect(offered()).toEqual(["step: distance", "step: loss", "run: label_error"]);
    store.measures.metrics.value = { classes_are_outputs: false, metrics: [] } as never;
    expect(offered()).toEqual(["step: distance", "run: label_error"]);
    expect(store.measures.predictionsKnown.value).toBe(true);
    store.requestedLabel.value = "";
    expect(offered()).toEqual(["step: distance"]);
    chooseColor(store, "unit: 0");
    expect(offered()).toEqual(["step: distance", "unit: 0"]);
  });

  it("leads to its steps, and says whom it leaves out", async () => {
    const store = await pageOf();
    goToStep(store, 1);
    goToStep(store, 99);
    expect(store.step.value).toBe(1);
    const props = sampleListProps(store);
    props.choose(2);
    props.point(1);
    expect([store.samples.sample.value, store.samples.pointed.value]).toEqual([2, 1]);
    expect(leftOutInWords(0)).toBeNull();
    expect(leftOutInWords(1)).toMatch(/^1 sample left out: NaN/);
    expect(leftOutInWords(1200, true)).toMatch(/^Up to 1,200 samples per pair left out/);
  });
});
