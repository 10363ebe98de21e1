import { describe, expect, it } from "vitest";
import { Strings, type Tensors } from "../../wire";
import { type Column, colorable, readTable, valueAt, writeNumber } from "./table";

const category = (name: string, words: number): Column => ({
  type: "category",
  name,
  codes: Int32Array.of(0, -1),
  words: Array.from({ length: words }, (_, i) => `${name} ${i}`),
});
const number: Column = {
  type: "number",
  name: "loss",
  values: Float64Array.of(0.123456, Number.NaN),
};
const text: Column = {
  type: "text",
  name: "note",
  texts: new Strings(new TextEncoder().encode("ab"), Uint32Array.of(0, 2, 2)),
};

it("knows which columns of an answer have a value a step", () => {
  const columns = [
    { name: "loss", type: "number", by_step: true },
    { name: "age", type: "number", by_step: false },
  ];
  const answer = { json: { columns }, numbers: () => Float64Array.of(1) } as unknown as Tensors;
  expect(readTable(answer).map(({ byStep }) => byStep)).toEqual([true, false]);
});

it("counts the rows of a column that does nothing else", () => {
  const columns = [{ name: "index", type: "number", by_step: false, first: 5 }];
  const [index] = readTable({ json: { columns, rows: 3 } } as unknown as Tensors);
  expect(index).toMatchObject({ values: Float64Array.of(5, 6, 7) });
});

describe("value_at", () => {
  it("shows what is there, and nothing where nothing is", () => {
    expect([0, 1].map((sample) => valueAt(category("c", 2), sample))).toEqual(["c 0", ""]);
    expect([0, 1].map((sample) => valueAt(number, sample))).toEqual(["0.1235", ""]);
    expect([0, 1].map((sample) => valueAt(text, sample))).toEqual(["ab", ""]);
  });
});

it("offers no text as a colour", () => {
  expect(colorable([text, number]).map(({ name }) => name)).toEqual(["loss"]);
});

it("writes whole numbers whole", () => {
  expect([12345678, 1.5, 1e-9].map(writeNumber)).toEqual(["12345678", "1.5", "1e-9"]);
});
