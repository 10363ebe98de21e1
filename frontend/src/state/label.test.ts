import { describe, expect, it } from "vitest";
import type { Layer } from "../types";
import { label_choices, label_note, label_of, said_label } from "./label";
import type { Column } from "./table";

const layer = {
  columns: ["sex", "class"].map((name) => ({ name, type: "category" })),
  label: "class",
  label_reason: "'class' is the label, since it is called so.",
} as unknown as Layer;
const unlabelled: Layer = { ...layer, label: null, label_reason: "There is no label: why." };

describe("the label", () => {
  const left_out = "Metrics and findings that need labels are left out.";

  it.each([
    [null, "class", undefined],
    ["sex", "sex", "sex"],
    ["class", "class", undefined],
    ["", null, ""],
    ["of another run", "class", undefined],
  ])("chosen as %j is %j and said as %j", (wanted, label, said) => {
    expect(label_of(layer, wanted)).toBe(label);
    expect(said_label(layer, wanted)).toBe(said);
  });

  it("is chosen where there is none, and no label need not be", () => {
    expect(said_label(unlabelled, "sex")).toBe("sex");
    expect(said_label(unlabelled, "")).toBeUndefined();
  });

  it("is named where it is not called so, and its absence explained", () => {
    expect(label_note(layer, null)).toBe("Label: class.");
    expect(label_note({ ...layer, label: "label" }, null)).toBeNull();
    expect(label_note(unlabelled, null)).toBe(`There is no label: why. ${left_out}`);
    expect(label_note(layer, "")).toBe(`No label is chosen. ${left_out}`);
  });
});

it("columns of classes are words, and whole numbers that come twice", () => {
  const number = (name: string, values: number[]): Column => ({
    type: "number",
    name,
    values: Float64Array.from(values),
  });
  const word = { type: "category", codes: Int32Array.of(0, 0), words: ["a"] } as const;
  const table: Column[] = [
    { ...word, name: "word" },
    { ...word, name: "prediction", by_step: true },
    number("digit", [1, 1, Number.NaN, 2, 2]),
    number("index", [0, 1, 2, 3]),
    number("price", [0.5, 0.5, 0.5, 0.5]),
    number("empty", [Number.NaN]),
  ];
  expect(label_choices(table)).toEqual(["word", "digit"]);
});
