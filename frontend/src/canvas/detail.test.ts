import { describe, expect, it } from "vitest";
import { dimmedOpacity, dotSize, imageSize, ringWidth, showsImages, type View } from "./detail";

const view: View = { samples: 10_000, inView: 10_000, magnification: 1, dark: false };

describe("dot_size", () => {
  it("shrinks with the number of samples and grows by one with each doubling, up to a limit", () => {
    const sizes = [1000, 10_000, 30_000, 100_000, 1_000_000].map((samples) =>
      dotSize({ ...view, samples }),
    );
    expect(sizes).toEqual([6, 5, 4, 3, 2]);
    expect(dotSize({ ...view, magnification: 4 })).toBe(7);
    expect(dotSize({ ...view, magnification: 0.1 })).toBe(5);
    expect(dotSize({ ...view, magnification: 2 ** 20 })).toBe(12);
  });
});

describe("shows_images", () => {
  it("decides by what is in view, and takes more strokes than whole pictures", () => {
    expect(showsImages("auto", "ink", view, () => 0.2)).toBe(true);
    expect(showsImages("auto", "ink", view, () => 0.21)).toBe(false);
    expect(showsImages("auto", "tiles", { ...view, inView: 12_001 }, () => 0)).toBe(false);
  });

  it("obeys a choice, except where there are no thumbnails", () => {
    expect(showsImages("dots", "ink", view, () => 0)).toBe(false);
    expect(showsImages("images", "tiles", { ...view, inView: 1e6 }, () => 1)).toBe(true);
    expect(showsImages("images", null, view, () => 0)).toBe(false);
  });
});

describe("image_size", () => {
  it("grows slower than the distances between samples, up to a limit", () => {
    const atHome = imageSize("ink", view);
    const near = imageSize("ink", { ...view, magnification: 4 });
    expect(near).toBeGreaterThan(atHome);
    expect(near).toBeLessThan(4 * atHome);
    expect(imageSize("tiles", { ...view, magnification: 1e9 })).toBe(112);
    expect(imageSize("ink", { ...view, dark: true })).toBeGreaterThan(atHome);
  });
});

describe("emphasis", () => {
  it("dims to the design's 0.15, and more where the dimmed would add up", () => {
    expect(dimmedOpacity(1_000, null)).toBe(0.15);
    expect(dimmedOpacity(40_000, null)).toBeCloseTo(0.075);
    expect(dimmedOpacity(8_000, "ink")).toBeCloseTo(0.075);
  });

  it("rings the selected unless rings would hide them", () => {
    expect(ringWidth(200, null)).toBe(1.5);
    expect(ringWidth(200, "ink")).toBe(0);
    expect(ringWidth(5_000, null)).toBe(0);
  });
});
