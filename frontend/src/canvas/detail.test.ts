import { describe, expect, it } from "vitest";
import {
  dimmed_opacity,
  dot_size,
  image_size,
  ring_width,
  shows_images,
  type View,
} from "./detail";

const view: View = { samples: 10_000, in_view: 10_000, magnification: 1, dark: false };

describe("dot_size", () => {
  it("shrinks with the number of samples and grows by one with each doubling, up to a limit", () => {
    const sizes = [1000, 10_000, 30_000, 100_000, 1_000_000].map((samples) =>
      dot_size({ ...view, samples }),
    );
    expect(sizes).toEqual([6, 5, 4, 3, 2]);
    expect(dot_size({ ...view, magnification: 4 })).toBe(7);
    expect(dot_size({ ...view, magnification: 0.1 })).toBe(5);
    expect(dot_size({ ...view, magnification: 2 ** 20 })).toBe(12);
  });
});

describe("shows_images", () => {
  it("decides by what is in view, and takes more strokes than whole pictures", () => {
    expect(shows_images("auto", "ink", view)).toBe(true);
    expect(shows_images("auto", "ink", { ...view, in_view: 12_001 })).toBe(false);
    expect(shows_images("auto", "tiles", view)).toBe(false);
    expect(shows_images("auto", "tiles", { ...view, in_view: 1_500 })).toBe(true);
  });

  it("obeys a choice, except where there are no thumbnails", () => {
    expect(shows_images("dots", "ink", view)).toBe(false);
    expect(shows_images("images", "tiles", { ...view, in_view: 1e6 })).toBe(true);
    expect(shows_images("images", null, view)).toBe(false);
  });
});

describe("image_size", () => {
  it("grows slower than the distances between samples, up to a limit", () => {
    const at_home = image_size("ink", view);
    const near = image_size("ink", { ...view, magnification: 4 });
    expect(near).toBeGreaterThan(at_home);
    expect(near).toBeLessThan(4 * at_home);
    expect(image_size("tiles", { ...view, magnification: 1e9 })).toBe(112);
    expect(image_size("ink", { ...view, dark: true })).toBeGreaterThan(at_home);
  });
});

describe("emphasis", () => {
  it("dims to the design's 0.15, and more where the dimmed would add up", () => {
    expect(dimmed_opacity(1_000, null)).toBe(0.15);
    expect(dimmed_opacity(40_000, null)).toBeCloseTo(0.075);
    expect(dimmed_opacity(8_000, "ink")).toBeCloseTo(0.075);
  });

  it("rings the selected unless rings would hide them", () => {
    expect(ring_width(200, null)).toBe(1.5);
    expect(ring_width(200, "ink")).toBe(0);
    expect(ring_width(5_000, null)).toBe(0);
  });
});
