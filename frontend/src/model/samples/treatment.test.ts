import { describe, expect, it } from "vitest";
import type { Column } from "./table";
import { readTreatments, treated, treatmentOf, writeTreatments } from "./treatment";

const number = (name: string, values: number[]): Column => ({
  type: "number",
  name,
  values: Float64Array.from(values),
});
const category = (words: string[], codes: number[]): Column => ({
  type: "category",
  name: "digit",
  codes: Int32Array.from(codes),
  words,
});

describe("whole numbers with few values", () => {
  it("are numbers, unless they are the label or somebody wants classes", () => {
    const year = number("year", [2020, 2019, Number.NaN, 2020]);
    expect(treatmentOf(year, new Map(), null)).toBe("number");
    expect(treatmentOf(number("Label", [1, 2]), new Map(), "Label")).toBe("classes");
    expect(treated(year, new Map([["year", "classes"]]), null)).toEqual({
      type: "category",
      name: "year",
      codes: Int32Array.of(1, 0, -1, 1),
      words: ["2019", "2020"],
    });
    expect(treated(year, new Map(), null)).toBe(year);
  });

  it("that are classes can be numbers", () => {
    const digit = category(["2", "10"], [1, -1, 0]);
    expect(treated(digit, new Map(), null)).toBe(digit);
    const shown = treated(digit, new Map([["digit", "number"]]), null);
    expect(shown).toEqual(number("digit", [10, Number.NaN, 2]));
    // The same object each time, so that what follows from it is not made anew.
    expect(treated(digit, new Map([["digit", "number"]]), null)).toBe(shown);
  });

  it("and nothing else can be switched", () => {
    const wanted = new Map([["digit", "number" as const]]);
    expect(treatmentOf(category(["007", "8"], [0, 1]), wanted, null)).toBeNull();
    expect(treatmentOf(category(["cat", "8"], [0, 1]), wanted, null)).toBeNull();
    expect(treatmentOf(number("loss", [0.5, 1]), wanted, null)).toBeNull();
    const many = Array.from({ length: 61 }, (_, i) => i);
    expect(treatmentOf(number("index", many), wanted, null)).toBeNull();
    expect(treatmentOf(number("index", many.slice(1)), wanted, null)).toBe("number");
  });

  it("that change by step have the classes and the range of all steps", () => {
    const votes: Column & { type: "number" } = {
      type: "number",
      name: "votes",
      values: Float64Array.of(1, 1, Number.NaN),
      byStep: true,
      distinct: [
        [0, 2],
        [1, 3],
      ],
    };
    expect(treated(votes, new Map([["votes", "classes"]]), null)).toEqual({
      type: "category",
      name: "votes",
      byStep: true,
      codes: Int32Array.of(1, 1, -1),
      words: ["0", "1"],
      counts: [2, 3],
    });
    expect(treatmentOf({ ...votes, distinct: [] }, new Map(), null)).toBeNull();
    const guess: Column = { ...category(["2", "10"], [1, 1]), byStep: true };
    expect(treated(guess, new Map([["digit", "number"]]), null)).toEqual({
      ...number("digit", [10, 10]),
      byStep: true,
      limits: [2, 10],
    });
  });

  it("keep what was chosen in the address", () => {
    const chosen = new Map([
      ["a,b:c", "classes" as const],
      ["label", "number" as const],
    ]);
    expect(readTreatments(writeTreatments(chosen))).toEqual(chosen);
    expect(readTreatments("x:y,%E0:number,:number")).toEqual(new Map());
  });
});
