import { describe, expect, it } from "vitest";
import { placesOf } from "../../model/scene/hold_still";
import type { Frame } from "../../types";
import type { Store } from "../store";
import { frameOf, pageOf, SAMPLES } from "../testing/page";
import { guestStep, guestsAtEnd, guestsObstacle, guestsOf } from "./guests";

/** The samples themselves, the other way round. */
function guestFrame(step: number): Frame {
  const frame = frameOf(step);
  const places = Array.from({ length: SAMPLES }, (_, i) => {
    const row = SAMPLES - 1 - i;
    return [...frame.positions.subarray(4 * row, 4 * row + 4)];
  });
  return { ...frame, positions: Int16Array.from(places.flat()) };
}

async function pageWithGuests(steps: readonly number[], placeable = true): Promise<Store> {
  const store = await pageOf();
  const frames = new Map(steps.map((step) => [step, guestFrame(step)]));
  const of = store.frames.value;
  if (of === null) throw new Error("there are no frames");
  const names = ["a", "b", "c", "d"];
  store.guests.found.value = { of, answer: { names, placeable, frames, neighbors: new Map() } };
  return store;
}

function endOf(store: Store) {
  const shown = store.motion.shown.value;
  if (shown === null) throw new Error("nothing is shown");
  return { pose: shown.to, guests: guestsAtEnd(store, shown) };
}

describe("recorded samples as guests", () => {
  it("lie on their own points, also while others are held still", async () => {
    const store = await pageWithGuests([0, 2]);
    const frames = store.frames.value;
    for (const still of [null, { ids: [1, 3], step: 0 }]) {
      if (frames !== null) frames.still = still;
      const pose = frames?.pose(2, 2);
      if (pose == null) throw new Error("there is no pose");
      store.motion.jump(pose, 2);
      const { guests } = endOf(store);
      expect(guests.names).toEqual(["a", "b", "c", "d"]);
      const expected = placesOf(pose, [3, 2, 1, 0]);
      guests.places.forEach((value, i) => {
        expect(value).toBeCloseTo(expected[i] ?? Number.NaN, 3);
      });
    }
  });

  it("lie where the frozen layout has them", async () => {
    const store = await pageWithGuests([0, 2]);
    store.pinned.value = 0;
    expect([...endOf(store).guests.places.subarray(0, 2)]).toEqual([300, 30]);
    expect(guestStep(store)).toBe(0);
  });
});

describe("guests that are not on the stage", () => {
  it("are so for a reason that is said", async () => {
    const store = await pageWithGuests([2]);
    expect(guestsObstacle(store)).toBeNull();
    store.pinned.value = 1;
    expect(guestsObstacle(store)).toBe(
      "No new samples at epoch 1: place them again if its model was kept",
    );
    expect(endOf(store).guests.names).toEqual([]);
    const layout = await pageWithGuests([], false);
    layout.engine.value = "tsne";
    expect(guestsObstacle(layout)).toBe(
      "New samples cannot be placed in TSNE: choose PCA or class axes",
    );
  });

  it("are none where other frames are shown", async () => {
    const store = await pageWithGuests([2]);
    store.frames.value = (await pageOf()).frames.value;
    expect(guestsOf(store)).toBeNull();
    expect(guestsObstacle(store)).toBeNull();
  });
});
