import { describe, expect, it } from "vitest";
import type { Layer } from "../../types";
import {
  labelChoices,
  labelNote,
  labelOf,
  namingColumns,
  saidLabel,
  targetColumn,
} from "./label_column";
import { CORRECTNESS } from "./prediction_columns";
import type { Column } from "./table";

const layer = {
  columns: ["sex", "class"].map((name) => ({ name, type: "category" })),
  label: "class",
  label_reason: "'class' is the label, since it is called so.",
} as unknown as Layer;
const number = (name: string, values: number[]): Column => ({
  type: "number",
  name,
  values: Float64Array.from(values),
});
const unlabelled: Layer = { ...layer, label: null, label_reason: "There is no label: why." };

describe("the label", () => {
  const leftOut = "Metrics and findings that need labels are left out.";

  it.each([
    [null, "class", undefined],
    ["sex", "sex", "sex"],
    ["class", "class", undefined],
    ["", null, ""],
    ["of another run", "class", undefined],
  ])("chosen as %j is %j and said as %j", (wanted, label, said) => {
    expect(labelOf(layer, wanted)).toBe(label);
    expect(saidLabel(layer, wanted)).toBe(said);
  });

  it("is chosen where there is none, and no label need not be", () => {
    expect(saidLabel(unlabelled, "sex")).toBe("sex");
    expect(saidLabel(unlabelled, "")).toBeUndefined();
  });

  it("is named where it is not called so, and its absence explained", () => {
    expect(labelNote(layer, null)).toBe("Label: class.");
    expect(labelNote({ ...layer, label: "label" }, null)).toBeNull();
    expect(labelNote(unlabelled, null)).toBe(`There is no label: why. ${leftOut}`);
    const gone = 'There is no column "gone" here.';
    expect(labelNote(layer, "gone")).toBe(`${gone} Label: class.`);
    expect(labelNote({ ...layer, label: "label" }, "gone")).toBe(`${gone} Label: label.`);
    expect(labelNote(unlabelled, "gone")).toBe(`${gone} There is no label: why. ${leftOut}`);
    expect(labelNote(layer, "")).toBe(`No label is chosen. ${leftOut}`);
  });
});

it("columns of classes are words, and whole numbers that come twice", () => {
  const word = { type: "category", codes: Int32Array.of(0, 0), words: ["a"] } as const;
  const table: Column[] = [
    { ...word, name: "word" },
    { ...word, name: "prediction", byStep: true },
    number("digit", [1, 1, Number.NaN, 2, 2]),
    number("index", [0, 1, 2, 3]),
    number("price", [0.5, 0.5, 0.5, 0.5]),
    number("empty", [Number.NaN]),
    number(
      "price",
      Array.from({ length: 300 }, (_, i) => (i % 100) + 25),
    ),
    number(
      "class of 100",
      Array.from({ length: 300 }, (_, i) => i % 100),
    ),
  ];
  expect(labelChoices(table)).toEqual(["word", "digit", "class of 100"]);
});

it("more than 1,000 are no classes, however many samples there are", () => {
  const numbers = (different: number, length: number) =>
    number(
      String(different),
      Array.from({ length }, (_, i) => i % different),
    );
  const words = (different: number): Column => ({
    type: "category",
    name: `${different} words`,
    codes: Int32Array.from({ length: different }, (_, i) => i),
    words: Array.from({ length: different }, (_, i) => String(i)),
  });
  const table = [numbers(1000, 9000), numbers(1001, 9000), numbers(300_000, 1_000_000)];
  expect(labelChoices([...table, words(1000), words(1001)])).toEqual(["1000", "1000 words"]);
});

it("numbers color the samples where they are called as a label is", () => {
  const table = [number("price", [0.5, 0.25])];
  expect(targetColumn(table)).toBe("");
  for (const name of ["Target", "y", "y_true", "ground_truth", " Labels "]) {
    expect(targetColumn([...table, number(name, [0.5, 0.25])])).toBe(name);
  }
});

describe("names on the stage", () => {
  it("are those of the colors, else of the label", () => {
    expect(namingColumns("sex", "class")).toEqual(["sex", "class"]);
  });
  it("are those of the label where right and wrong are colors", () => {
    expect(namingColumns(CORRECTNESS, "class")).toEqual(["class"]);
  });
});
