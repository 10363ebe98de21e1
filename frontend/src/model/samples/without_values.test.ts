import { expect, it } from "vitest";
import { Strings } from "../../wire";
import { type Column, colorable, rowsOf, titleOf, valueAt, valuesOf, withoutValues } from "./table";

const texts = new Strings(new TextEncoder().encode("ab"), Uint32Array.of(0, 1, 2));
const COLUMNS: readonly Column[] = [
  { type: "category", name: "label", title: "Label", codes: Int32Array.of(0, 0), words: ["cat"] },
  { type: "number", name: "loss", values: Float64Array.of(1.23456, 2) },
  { type: "date", name: "taken", values: Float64Array.of(0, 1), texts },
  { type: "text", name: "name", texts },
];

it("columns of each type have values, and keep their rows without them", () => {
  expect(COLUMNS.map((column) => valueAt(column, 0))).toEqual(["cat", "1.235", "a", "a"]);
  const empty = COLUMNS.map(withoutValues);
  expect(empty.map((column) => valueAt(column, 0))).toEqual(["", "", "", ""]);
  expect(empty.map(rowsOf)).toEqual([2, 2, 2, 2]);
  expect(COLUMNS.map((column) => valuesOf(column) !== null)).toEqual([false, true, true, false]);
  expect(colorable(COLUMNS).map(titleOf)).toEqual(["Label", "loss", "taken"]);
});
