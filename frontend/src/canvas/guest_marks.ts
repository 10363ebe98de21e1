// Samples that were not recorded, as diamonds: no sample has that shape, and none of their colors.
import type { GuestMarks } from "../model/scene/guests";

/** From the middle of a diamond to its corners, in CSS pixels. */
const RADIUS = 7;
/** So near a pointer must come. */
const REACH = 12;
const OUTLINE = 3;

export const GUEST_WIDTH = 2 * RADIUS;

/** Draws one at each place that is on the stage: x and y in CSS pixels, NaN where there is nothing to draw. */
export function drawGuests(
  context: CanvasRenderingContext2D,
  places: Float32Array,
  ink: { readonly text: string; readonly surface: string },
): void {
  context.lineWidth = OUTLINE;
  context.strokeStyle = ink.surface;
  context.fillStyle = ink.text;
  for (let i = 0; i < places.length; i += 2) {
    const [x = Number.NaN, y = Number.NaN] = places.subarray(i, i + 2);
    if (Number.isNaN(x) || Number.isNaN(y)) continue;
    context.beginPath();
    context.moveTo(x, y - RADIUS);
    context.lineTo(x + RADIUS, y);
    context.lineTo(x, y + RADIUS);
    context.lineTo(x - RADIUS, y);
    context.closePath();
    context.stroke();
    context.fill();
  }
}

/** The guest nearest to a place of the stage; null where none is near. */
export function guestNear(places: Float32Array, x: number, y: number): number | null {
  let best: number | null = null;
  let least = REACH ** 2;
  for (let i = 0; 2 * i < places.length; i += 1) {
    const square = ((places[2 * i] ?? 0) - x) ** 2 + ((places[2 * i + 1] ?? 0) - y) ** 2;
    // Written so that NaN fails.
    if (!(square <= least)) continue;
    best = i;
    least = square;
  }
  return best;
}

/** Written beside each. */
export function guestLabels({ places, names }: GuestMarks) {
  return names.map((text, i) => {
    const [x = 0, y = 0, z = 0] = places.subarray(3 * i, 3 * i + 3);
    return { at: [x, y, z] as const, text, centred: false, beside: RADIUS + 4 };
  });
}
