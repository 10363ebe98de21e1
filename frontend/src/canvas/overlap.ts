// How much thumbnails would lie on one another.
import type { Size } from "./camera";

/** Cells along a thumbnail's side: enough to tell a fifth of its area. */
const CELLS = 4;

/**
 * The share of the thumbnails' area that is hidden by others, 0 to 1.
 *
 * `screen` holds x, y and depth of each sample in CSS pixels, `width` is that of a thumbnail there. Only what is on the
 * stage counts, of the samples that `seen` marks.
 */
export function overlap(screen: Float32Array, seen: Uint8Array, width: number, size: Size): number {
  const cell = width / CELLS;
  const across = Math.ceil(size.width / cell);
  const down = Math.ceil(size.height / cell);
  const taken = new Uint8Array(across * down);
  let all = 0;
  let covered = 0;
  for (let i = 0; i < seen.length; i += 1) {
    if (seen[i] !== 1) continue;
    const left = Math.round(((screen[3 * i] as number) - width / 2) / cell);
    const top = Math.round(((screen[3 * i + 1] as number) - width / 2) / cell);
    for (let y = Math.max(0, top); y < Math.min(down, top + CELLS); y += 1) {
      for (let x = Math.max(0, left); x < Math.min(across, left + CELLS); x += 1) {
        all += 1;
        const at = y * across + x;
        if (taken[at] === 0) covered += 1;
        taken[at] = 1;
      }
    }
  }
  return all === 0 ? 0 : 1 - covered / all;
}
