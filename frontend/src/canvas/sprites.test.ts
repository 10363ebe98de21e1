import { describe, expect, it } from "vitest";
import type { SpriteFacts } from "../types";
import { cellOf, cornerGrey, LAYER_SIDE, placeOf, planSlots, writeInk } from "./sprites";

const mnist: SpriteFacts = { pages: 1, cell: [28, 28], columns: 100, channels: 1 };

describe("plan_slots", () => {
  it("gives each thumbnail a slot whose side is a power of two, with room around it", () => {
    for (const [width, height] of [
      [8, 8],
      [28, 28],
      [32, 32],
      [30, 17],
      [200, 100],
    ] as const) {
      const plan = planSlots({ ...mnist, cell: [width, height] }, 500);
      expect(Math.log2(plan.slot) % 1).toBe(0);
      expect(plan.slot).toBeGreaterThanOrEqual(Math.max(width, height) + 2);
      expect(plan.cell).toEqual([width, height]);
    }
  });

  it("shrinks thumbnails, in proportion, when there are too many for the memory", () => {
    const plan = planSlots({ ...mnist, cell: [64, 32], channels: 3 }, 60_000);
    expect(plan.layers * LAYER_SIDE ** 2 * plan.channels).toBeLessThanOrEqual(128 * 2 ** 20);
    expect(plan.cell[0]).toBeLessThan(64);
    expect(plan.cell[0] / plan.cell[1]).toBeCloseTo(2, 0);
    expect(plan.layers * plan.slotsALayer).toBeGreaterThanOrEqual(60_000);
  });
});

describe("place_of", () => {
  it("gives every sample a place of its own, inside its layer", () => {
    const plan = planSlots(mnist, 10_000);
    const places = Array.from({ length: 10_000 }, (_, sample) => placeOf(plan, sample));
    expect(Math.max(...places.map(({ x }) => x + plan.cell[0]))).toBeLessThan(LAYER_SIDE);
    expect(Math.max(...places.map(({ y }) => y + plan.cell[1]))).toBeLessThan(LAYER_SIDE);
    expect(Math.max(...places.map(({ layer }) => layer))).toBeLessThan(plan.layers);
    expect(new Set(places.map(({ x, y, layer }) => `${x} ${y} ${layer}`)).size).toBe(10_000);
  });
});

describe("cell_of", () => {
  it("counts along the rows of a sheet that is not square", () => {
    // The stock Projector takes columns for rows here.
    const facts = { ...mnist, columns: 5 };
    expect(cellOf([2 * 28], facts, 7)).toEqual({ page: 0, x: 2 * 28, y: 28 });
  });

  it("goes on with the next page, and ends after the last", () => {
    const facts = { ...mnist, columns: 2, pages: 2 };
    expect(cellOf([56, 28], facts, 4)).toEqual({ page: 1, x: 0, y: 0 });
    expect(cellOf([56, 28], facts, 6)).toBeNull();
  });
});

describe("ink", () => {
  const plan = planSlots({ ...mnist, cell: [6, 6] }, 4);

  /** A layer on which four thumbnails lie, light strokes on the given grey. */
  function layer(background: number): Uint8ClampedArray {
    const rgba = new Uint8ClampedArray(4 * LAYER_SIDE ** 2);
    for (let sample = 0; sample < 4; sample += 1) {
      const { x, y } = placeOf(plan, sample);
      for (let row = y; row < y + 6; row += 1) {
        for (let column = x; column < x + 6; column += 1) {
          const grey = row === y + 3 ? 250 - sample : background;
          rgba.set([grey, grey, grey, 255], 4 * (row * LAYER_SIDE + column));
        }
      }
    }
    return rgba;
  }

  it("finds the background at the corners, whatever grey it is", () => {
    for (const background of [0, 40, 255]) {
      expect(cornerGrey(layer(background), plan, 4)).toBe(background);
    }
  });

  it("is nothing on the background and full at the farthest grey, on dark and on light", () => {
    const rgba = new Uint8ClampedArray([
      255, 255, 255, 255, 0, 0, 0, 255, 128, 128, 128, 255, 9, 9, 9, 0,
    ]);
    const onWhite = new Uint8Array(4);
    writeInk(rgba, onWhite, 255);
    expect([...onWhite]).toEqual([0, 255, 127, 0]);
    const onBlack = new Uint8Array(4);
    writeInk(rgba, onBlack, 0);
    expect([...onBlack]).toEqual([255, 0, 128, 0]);
  });
});
