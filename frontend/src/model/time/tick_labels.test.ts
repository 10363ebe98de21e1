import { describe, expect, it } from "vitest";
import { spaced } from "./axis";
import { labeledPlaces } from "./tick_labels";

const epochs = (count: number) => Array.from({ length: count }, (_, i) => i);

function named(steps: readonly number[], width: number, even = true) {
  const names = steps.map(String);
  return labeledPlaces(names, spaced(steps, even), width).map((place) => steps[place]);
}

describe("names below the slider", () => {
  it("stand at every step where there is room", () => {
    expect(named(epochs(11), 800)).toEqual(epochs(11));
    expect(named([7], 800)).toEqual([7]);
    expect(named([], 800)).toEqual([]);
  });

  it("are thinned to every second, fifth or tenth, the last one kept", () => {
    expect(named(epochs(11), 150)).toEqual([0, 2, 4, 6, 8, 10]);
    expect(named(epochs(13), 130)).toEqual([0, 5, 12]);
  });

  it.each([40, 130, 400, 1000])("never overlap on %i pixels, whatever the spacing", (width) => {
    for (const steps of [epochs(11), epochs(1000), [0, 1, 2, 3, 10, 100, 1000]]) {
      for (const even of [true, false]) {
        const spacing = spaced(steps, even);
        const places = labeledPlaces(steps.map(String), spacing, width);
        for (const [i, place] of places.slice(1).entries()) {
          const before = places[i] as number;
          const between = ((spacing[place] as number) - (spacing[before] as number)) * width;
          const taken = (7 * (String(steps[place]).length + String(steps[before]).length)) / 2;
          expect(between).toBeGreaterThanOrEqual(taken);
        }
        expect(places.at(-1)).toBe(steps.length - 1);
      }
    }
  });
});
