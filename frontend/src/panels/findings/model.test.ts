import { expect, it } from "vitest";
import type { Findings } from "../../measures";
import { inLines, manyInWords, noWarnings, warningId } from "./model";

const NONE: Findings = {
  warnings: [],
  rules: [],
  label_errors: null,
  samples_measured: 90,
  least_samples: 50,
};

it("says that there is nothing to warn of, or that samples are too few to tell", () => {
  expect(noWarnings(NONE, 0)).toBe("No warnings.");
  expect(noWarnings(NONE, 2)).toBe(
    "No warnings beyond the problems of this run, listed below its name.",
  );
  expect(noWarnings({ ...NONE, samples_measured: 12 }, 0)).toBe(
    "Too few samples for warnings: 12, at least 50 are needed.",
  );
});

it("tells warnings of one rule apart by their classes", () => {
  const warning = { rule: "collapse", classes: ["a", "b"] } as never;
  expect(warningId(warning)).toBe('["collapse",["a","b"]]');
});

it("says where a list is cut", () => {
  expect(manyInWords(1204, 50, 1797)).toBe(
    "1,204 of 1,797 samples match; the first 50 are listed.",
  );
  expect(manyInWords(1797, 50, 1797)).toBe("The first 50 of all 1,797 samples are listed.");
  expect(manyInWords(18, 18, 1797)).toBeNull();
});

it("breaks what is said of a sample where words are long", () => {
  expect(inLines("5 → 9, 56 %")).toEqual(["5 → 9,", "56 %"]);
  expect(inLines("malignant → benign, 97 %")).toEqual(["malignant", "→ benign,", "97 %"]);
  expect(inLines("A, B → C, 97 %")).toEqual(["A, B", "→ C,", "97 %"]);
  expect(inLines("same as 17")).toEqual(["same as 17"]);
});
