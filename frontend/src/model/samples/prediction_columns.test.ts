import { describe, expect, it } from "vitest";
import {
  headline,
  labelAndPrediction,
  mistakes,
  type Predictions,
  predictionColumns,
  withoutRepeats,
} from "./prediction_columns";
import { readQuery } from "./search";
import { type Column, valueAt } from "./table";

const NONE = Number.NaN;
/** Two steps of four samples: all right but the first two at the second step; the last has no label. */
const PREDICTIONS: Predictions = {
  steps: [3, 7],
  classes: ["cat", "dog"],
  rows: {
    prediction: [Float32Array.of(0, 1, 1, 0), Float32Array.of(1, 0, 1, 0)],
    confidence: [Float32Array.of(0.5, 0.5, 0.5, 0.5), Float32Array.of(0.75, 0.5, 1, 0.5)],
    correct: [Float32Array.of(1, 1, 1, NONE), Float32Array.of(0, 0, 1, NONE)],
    loss: [Float32Array.of(1, 1, 1, NONE), Float32Array.of(1.5, 2.5, 0, NONE)],
    margin: [Float32Array.of(1, 1, 1, NONE), Float32Array.of(-1, -2, 9, NONE)],
  },
};
const LABEL: Column = {
  type: "category",
  name: "label",
  codes: Int32Array.of(0, 1, 1, -1),
  words: ["cat", "dog"],
};
const at = (step: number, recorded: Column[] = [LABEL]) => [
  ...recorded,
  ...predictionColumns(PREDICTIONS, step, recorded),
];

describe("predictions as columns", () => {
  it("are those of the step that is shown, and empty while that is on its way", () => {
    const said = (step: number, sample: number) => at(step).map((one) => valueAt(one, sample));
    expect(said(7, 0)).toEqual(["cat", "dog", "0.75", "no", "1.5", "-1"]);
    expect(said(3, 0)).toEqual(["cat", "cat", "0.5", "yes", "1", "1"]);
    expect(said(7, 3)).toEqual(["", "cat", "0.5", "", "", ""]);
    expect(said(5, 0)).toEqual(["cat", "", "", "", "", ""]);
  });

  it("leave a recorded column its name", () => {
    const recorded: Column = { type: "number", name: "loss", values: new Float64Array(4) };
    const names = at(7, [recorded]).map(({ name }) => name);
    expect(names).toEqual([
      "loss",
      "prediction",
      "confidence",
      "correct",
      "model's loss",
      "margin",
    ]);
    expect(mistakes(at(7, [recorded]))).toEqual([1, 0]);
  });

  it("are searched by name, but not by words that stand anywhere in a row", () => {
    const found = (query: string) => {
      const search = readQuery(query, at(7), { label: "label", samples: 4 });
      if (search === null || "error" in search) throw new Error(search?.error);
      return [0, 1, 2, 3].filter((sample) => search.matches(sample, []));
    };
    expect(found("correct:no confidence<0.6")).toEqual([1]);
    expect(found("correct:yes")).toEqual([2]);
    expect(found("prediction:dog")).toEqual([0, 2]);
    expect(found("loss>2")).toEqual([1]);
    expect(found("margin<0")).toEqual([0, 1]);
    expect(found("dog")).toEqual([1, 2]);
  });

  it("say first what matters of a sample", () => {
    expect(headline(at(7), "label", 0)).toBe("Label cat · predicted dog · 75 %");
    expect(headline(at(7), null, 0)).toBe("Predicted dog · 75 %");
    expect(headline([LABEL], "label", 0)).toBe("Label cat");
    expect(headline([], null, 0)).toBeNull();
    expect(labelAndPrediction(at(7), "label", 1)).toBe("dog → cat, 50 %");
    expect(labelAndPrediction(at(7), "label", 3)).toBe("– → cat, 50 %");
  });

  it("list the mistakes by their loss; a sample without a label is none", () => {
    expect(mistakes(at(7))).toEqual([1, 0]);
    expect(mistakes(at(3))).toEqual([]);
    expect(mistakes([LABEL])).toEqual([]);
  });

  it("stand once in a table that is coloured by one of them", () => {
    const painted: Column = { ...LABEL, name: "step: prediction" };
    expect(withoutRepeats([...at(7), painted])).toEqual(at(7));
    expect(withoutRepeats([LABEL, painted])).toEqual([LABEL, painted]);
  });
});

describe("a number in the search", () => {
  const digits: Column = {
    type: "category",
    name: "label",
    codes: Int32Array.of(0, 1, 0, 1),
    words: ["5", "2"],
  };
  const named: Column = {
    type: "text",
    name: "name",
    texts: { length: 4, at: () => "a 13" } as never,
  };
  const found = (query: string, label: string | null, table: Column[]) => {
    const search = readQuery(query, table, { label, samples: 4 });
    if (search === null || "error" in search) throw new Error(search?.error);
    return [0, 1, 2, 3].filter((sample) => search.matches(sample, []));
  };

  it("means the label that is so called, before a sample", () => {
    expect(found("2", "label", [digits])).toEqual([1, 3]);
  });

  it("means the sample where no label is so called, or there is no label", () => {
    expect(found("3", "label", [digits])).toEqual([3]);
    expect(found("2", null, [digits])).toEqual([2]);
    const index: Column = { type: "number", name: "index", values: Float64Array.of(7, 3, 9, 5) };
    expect(found("3", "label", [digits, index])).toEqual([1]);
  });

  it("means text where it is neither, or in quotes", () => {
    expect(found("13", "label", [digits, named])).toEqual([0, 1, 2, 3]);
    expect(found('"2"', null, [digits])).toEqual([1, 3]);
  });
});
