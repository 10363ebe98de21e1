import { describe, expect, it } from "vitest";
import {
  type Coloring,
  categoryColors,
  colorByCategory,
  colorByCorrectness,
  colorByDate,
  colorByNumber,
} from "./color";
import { contrast, STAGE } from "./palette";
import { legibleRamp } from "./ramp";
import type { Theme } from "./types";

const THEMES: readonly Theme[] = ["light", "dark"];
const words = (count: number) => Array.from({ length: count }, (_, i) => `w${i}`);
const pixel = (coloring: Coloring, i: number) => [...coloring.bytes.slice(4 * i, 4 * i + 4)];

function entriesOf(coloring: Coloring) {
  if (coloring.legend.kind !== "categories") throw new Error("expected a legend of categories");
  return coloring.legend.entries;
}

describe("contrast", () => {
  it("knows the extremes and does not care which comes first", () => {
    expect(contrast([0, 0, 0], [255, 255, 255])).toBeCloseTo(21, 5);
    expect(contrast([255, 255, 255], [0, 0, 0])).toBeCloseTo(21, 5);
    expect(contrast([90, 90, 90], [90, 90, 90])).toBe(1);
  });
});

describe.each(THEMES)("colours on the %s stage", (theme) => {
  it("are all legible, for categories and along the ramp", () => {
    const codes = Int32Array.from({ length: 11 }, (_, i) => i - 1);
    const categories = colorByCategory(codes, words(10), theme);
    for (let i = 0; i < codes.length; i += 1) {
      const [r = 0, g = 0, b = 0] = pixel(categories, i);
      expect(contrast([r, g, b], STAGE[theme])).toBeGreaterThanOrEqual(3);
    }
    const ramp = legibleRamp(theme);
    for (let t = 0; t <= 1; t += 0.01) {
      expect(contrast(ramp(t), STAGE[theme])).toBeGreaterThanOrEqual(2.99);
    }
  });

  it("differ between the ramp's ends", () => {
    const ramp = legibleRamp(theme);
    expect(contrast(ramp(0), ramp(1))).toBeGreaterThan(2);
  });
});

describe("color_by_category", () => {
  it("counts, in the vocabulary's order, and gives each sample its class's colour", () => {
    const coloring = colorByCategory(Int32Array.of(1, 0, 1, 1), ["cat", "dog"], "light");
    expect(entriesOf(coloring).map(({ name, count }) => [name, count])).toEqual([
      ["cat", 1],
      ["dog", 3],
    ]);
    expect(pixel(coloring, 0)).toEqual(pixel(coloring, 2));
    expect(pixel(coloring, 0)).not.toEqual(pixel(coloring, 1));
  });

  it("keeps the largest nine of more than ten classes and gathers the others", () => {
    // Class 0 is the rarest, class 11 the commonest.
    const codes = Int32Array.from(words(12).flatMap((_, i) => new Array(i + 1).fill(i)));
    const coloring = colorByCategory(codes, words(12), "dark");
    const entries = entriesOf(coloring);
    expect(entries.map(({ name }) => name)).toEqual([...words(12).slice(3), "other (3 more)"]);
    expect(entries.at(-1)?.count).toBe(1 + 2 + 3);
    expect(entries.reduce((sum, { count }) => sum + count, 0)).toBe(codes.length);
    expect(pixel(coloring, 0)).toEqual(pixel(coloring, 1));
  });

  it("gives words the colours that they have elsewhere, and others those that are left", () => {
    const elsewhere = colorByCategory(Int32Array.of(0, 1, 2), ["cat", "dog", "emu"], "light");
    const before = entriesOf(elsewhere).map(({ name }) => name);
    const here = colorByCategory(Int32Array.of(0, 1, 2), ["ant", "dog", "emu"], "light", before);
    expect(pixel(here, 1)).toEqual(pixel(elsewhere, 1));
    expect(pixel(here, 2)).toEqual(pixel(elsewhere, 2));
    const taken = [0, 1, 2].map((i) => pixel(elsewhere, i));
    expect(taken).not.toContainEqual(pixel(here, 0));
    expect(entriesOf(here).map(({ name }) => name)).toEqual(["ant", "dog", "emu"]);
  });

  it("has the same two colors for truth values, whichever of them there are", () => {
    const both = colorByCategory(Int32Array.of(0, 1), ["False", "True"], "light");
    const alone = colorByCategory(Int32Array.of(0), ["true"], "light");
    expect(pixel(alone, 0)).toEqual(pixel(both, 1));
    expect(pixel(both, 0)).not.toEqual(pixel(both, 1));
    const answers = colorByCategory(Int32Array.of(0, 1), ["No", "Yes"], "light");
    expect([0, 1].map((i) => pixel(answers, i))).toEqual([0, 1].map((i) => pixel(both, i)));
  });

  it("draws missing values hollow and counts them apart", () => {
    const coloring = colorByCategory(Int32Array.of(-1, 0), ["cat"], "light");
    expect(pixel(coloring, 0)[3]).toBe(0);
    expect(pixel(coloring, 1)[3]).toBe(255);
    expect(entriesOf(coloring).at(-1)).toMatchObject({ name: "no value", count: 1, hollow: true });
  });
});

describe("color_by_number", () => {
  it("spans the 2 to 98 % quantiles, so that an outlier does not flatten the rest", () => {
    const values = Float64Array.from({ length: 101 }, (_, i) => i);
    values[100] = 1e9;
    const { legend } = colorByNumber(values, "light");
    expect(legend).toMatchObject({ kind: "ramp", low: 2, high: 98, missing: null });
  });

  it("survives constant and missing values", () => {
    const coloring = colorByNumber(Float64Array.of(5, 5, Number.NaN), "dark");
    expect(coloring.legend).toMatchObject({ low: 5, high: 5, missing: { count: 1 } });
    expect(pixel(coloring, 0)).toEqual(pixel(coloring, 1));
    expect(pixel(coloring, 2)[3]).toBe(0);
  });
});

describe("many classes", () => {
  const codes = Int32Array.from({ length: 24 }, (_, i) => i % 12);

  it("share the colors of their groups, which the legend names by their largest", () => {
    const groups = Int32Array.from({ length: 12 }, (_, i) => i % 2);
    const sharing = { kind: "groups", groups } as const;
    const { legend } = colorByCategory(codes, words(12), "light", [], undefined, sharing);
    const shared = legend.kind === "categories" ? legend.groups : [];
    expect(shared?.map(({ name, count }) => [name, count])).toEqual([
      ["w0, w2 and 4 more", 12],
      ["w1, w3 and 4 more", 12],
    ]);
  });

  it("are grey but for those that somebody wants", () => {
    const sharing = { kind: "only", codes: new Set([3, 5]) } as const;
    const coloring = colorByCategory(codes, words(12), "light", [], undefined, sharing);
    expect(entriesOf(coloring).map(({ name }) => name)).toEqual(["w3", "w5", "other (10 more)"]);
    expect(pixel(coloring, 0)).toEqual(pixel(coloring, 1));
    expect(pixel(coloring, 3)).not.toEqual(pixel(coloring, 5));
    const colors = categoryColors(codes, words(12), "light", sharing);
    expect(new Set(colors.map(String)).size).toBe(3);
  });
});

describe("dates", () => {
  it("are colored along a ramp of time; samples that are not drawn count nowhere", () => {
    const { legend } = colorByDate(Float64Array.of(1e9, 2e9, Number.NaN), "dark", null, [2]);
    expect(legend).toMatchObject({
      kind: "ramp",
      ofTime: true,
      low: 1e9,
      high: 2e9,
      missing: null,
    });
  });
});

describe("correctness", () => {
  it("colors only what is wrong", () => {
    const codes = Int32Array.of(0, 1, -1, 0);
    const coloring = colorByCorrectness(codes, ["wrong", "right"], "light", [3]);
    expect(entriesOf(coloring).map(({ name, count }) => [name, count])).toEqual([
      ["wrong", 1],
      ["right", 1],
      ["no value", 1],
    ]);
    const [r = 0, g = 0, b = 0] = pixel(coloring, 0);
    expect(r).toBeGreaterThan(3 * Math.max(g, b));
    expect(contrast([r, g, b], STAGE.light)).toBeGreaterThanOrEqual(3);
  });
});
