import { expect, it } from "vitest";
import { rowsCsv, shares, sortSamples, tagsCsv } from "./csv";
import type { Column } from "./table";

const LABEL: Column = {
  type: "category",
  name: "label",
  codes: Int32Array.from([1, 0, -1, 1]),
  words: ["cat", "dog, wet"],
};
const LOSS: Column = {
  type: "number",
  name: "loss",
  values: Float64Array.from([0.123456789, 2, 1, Number.NaN]),
};

it("sorts by column, missing values last either way", () => {
  expect(sortSamples([3, 1, 0, 2], undefined, false)).toEqual([0, 1, 2, 3]);
  expect(sortSamples([0, 1, 2, 3], undefined, true)).toEqual([3, 2, 1, 0]);
  expect(sortSamples([0, 1, 2, 3], LOSS, false)).toEqual([0, 2, 1, 3]);
  expect(sortSamples([0, 1, 2, 3], LOSS, true)).toEqual([1, 2, 0, 3]);
  expect(sortSamples([0, 1, 2, 3], LABEL, true)).toEqual([0, 3, 1, 2]);
});

it("writes rows with all digits and tags in the samples' order", () => {
  expect(rowsCsv([0, 3], [LABEL, LOSS])).toBe(
    'sample,label,loss\r\n0,"dog, wet",0.123456789\r\n3,"dog, wet",\r\n',
  );
  const tags = new Map([
    [5, "fine"],
    [2, "unsure"],
  ] as const);
  expect(tagsCsv(tags)).toBe("sample,tag\r\n2,unsure\r\n5,fine\r\n");
});

it("writes texts as cells that are no formulas, and numbers as they are", () => {
  const sign: Column = {
    type: "category",
    name: "-sign",
    codes: Int32Array.from([0, 1]),
    words: ["-1", "1"],
  };
  const word: Column = {
    type: "category",
    name: "word",
    codes: Int32Array.from([0, 1]),
    words: ["=1+1", "-1"],
  };
  const depth: Column = { type: "number", name: "depth", values: Float64Array.from([-2.5, 1e-9]) };
  expect(rowsCsv([0, 1], [sign, word, depth])).toBe(
    "sample,'-sign,word,depth\r\n0,-1,'=1+1,-2.5\r\n1,1,'-1,1e-9\r\n",
  );
});

it("counts labels, the commonest first", () => {
  expect(shares([0, 1, 2, 3], LABEL).map(({ word, count }) => [word, count])).toEqual([
    ["dog, wet", 2],
    ["no value", 1],
    ["cat", 1],
  ]);
});
