import { describe, expect, it } from "vitest";
import { colorByCategory } from "../../color";
import type { Column } from "../../model/samples/table";
import { coloredInWords, groupPlaces, sharingOf } from "./class_groups";

describe("classes that share colors", () => {
  it("lie near one another", () => {
    // 200 classes in ten heaps.
    const places = new Float32Array(600);
    for (let i = 0; i < 200; i += 1) places.set([100 * (i % 10), (i % 7) / 10, 0], 3 * i);
    const groups = groupPlaces(places, 10);
    expect(new Set(groups).size).toBe(10);
    for (let i = 0; i < 200; i += 1) expect(groups[i]).toBe(groups[i % 10]);
  });

  it("need not be many, nor apart, nor there", () => {
    expect([...groupPlaces(Float32Array.of(1, 1, 0, 1, 1, 0), 10)]).toEqual([0, 0]);
    const missing = [Number.NaN, Number.NaN, Number.NaN];
    expect([...groupPlaces(Float32Array.from([...missing, 0, 0, 0, 5, 0, 0]), 2)][0]).toBe(0);
    expect(groupPlaces(new Float32Array(), 10)).toHaveLength(0);
  });
});

describe("200 classes", () => {
  const words = Array.from({ length: 200 }, (_, i) => `class ${i}`);
  const codes = Int32Array.from({ length: 1000 }, (_, i) => i % 200);
  const column = { type: "category", name: "label", codes, words } as Column & { type: "category" };
  const grey = (bytes: Uint8Array) => {
    let count = 0;
    for (let i = 0; i < bytes.length; i += 4) {
      if (bytes[i] === bytes[i + 1] && bytes[i] === bytes[i + 2]) count += 1;
    }
    return count;
  };

  it.each(["light", "dark"] as const)("are all colored, by groups, in the %s theme", (theme) => {
    const groups = Int32Array.from(words, (_, i) => i % 10);
    const { bytes, legend } = colorByCategory(codes, words, theme, [], undefined, {
      kind: "groups",
      groups,
    });
    expect(grey(bytes)).toBe(0);
    if (legend.kind !== "categories") throw new Error();
    expect(legend.entries).toHaveLength(200);
    expect(legend.groups).toHaveLength(10);
    expect(legend.groups?.[0]).toMatchObject({ name: "class 0, class 10 and 18 more", count: 100 });
    expect(legend.groups?.reduce((sum, { count }) => sum + count, 0)).toBe(1000);
  });

  it("have colors of their own where they are searched for", () => {
    const sharing = sharingOf(column, "CLASS 19", null);
    const { bytes, legend } = colorByCategory(codes, words, "light", [], undefined, sharing);
    if (legend.kind !== "categories") throw new Error();
    // 19, and 190 to 199: one more than there are colors.
    expect(legend.entries.map(({ name }) => name).at(-1)).toBe("other (191 more)");
    expect(new Set(legend.entries.map(({ color }) => color)).size).toBe(10);
    expect(grey(bytes)).toBe(191 * 5);
    expect(sharingOf(column, "no such", null)).toBeNull();
  });

  it("have those said that are colored", () => {
    expect(coloredInWords(column, "19")).toBe("Colored: the 9 largest of 12 classes with “19”.");
    expect(coloredInWords(column, "class 19")).toContain("the 9 largest of 11");
    expect(coloredInWords(column, "199")).toBe("Colored: classes with “199”.");
    expect(coloredInWords(column, "no such")).toBe("No class name contains “no such”.");
  });
});
