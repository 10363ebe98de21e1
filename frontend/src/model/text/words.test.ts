import { expect, it } from "vitest";
import { capitalized, counted, percent, sentence } from "./words";

it("begins a sentence", () => {
  expect(capitalized("epoch 7")).toBe("Epoch 7");
  expect(capitalized("")).toBe("");
});

it.each([
  ["no samples", "No samples."],
  ["No samples.", "No samples."],
  ["why?", "Why?"],
])("makes a sentence of %j", (words, whole) => expect(sentence(words)).toBe(whole));

it("counts", () => {
  expect([0, 1, 1797].map((count) => counted(count, "sample"))).toEqual([
    "0 samples",
    "1 sample",
    "1,797 samples",
  ]);
});

it("tells a share in percent", () => expect(percent(0.4655)).toBe("47 %"));
