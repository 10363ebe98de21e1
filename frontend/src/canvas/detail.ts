// How large and how opaque a sample is drawn, and whether there is room for thumbnails.
import type { Drawing } from "../types";

const DOT_SIZES = [
  [2_000, 6],
  [10_000, 5],
  [30_000, 4],
  [100_000, 3],
] as const;
const SMALLEST_DOT = 2;
const LARGEST_DOT = 12;
const LARGEST_IMAGE = 112;
const MOST_RINGED = 1_000;
const MOST_RINGED_INK = 40;

/** More thumbnails than this are not drawn at once: the rest stay dots. */
export const MOST_IMAGES = 20_000;

/** So many do not fit a screen without lying on one another. */
const MOST_LEGIBLE = 12_000;
const MOST_OVERLAP = 0.2;

export interface View {
  readonly samples: number;
  /** Samples on the stage now. */
  readonly inView: number;
  /** Times larger than at home. */
  readonly magnification: number;
  readonly dark: boolean;
}

/** Null while no thumbnails are there; ink is drawn strokes on nothing, tiles are whole pictures. */
export type Thumbnails = "ink" | "tiles" | null;

/** In CSS pixels: by number of samples, one more each time the view is enlarged twofold. */
export function dotSize({ samples, magnification }: View): number {
  const base = DOT_SIZES.find(([most]) => samples <= most)?.[1] ?? SMALLEST_DOT;
  return Math.min(LARGEST_DOT, base + Math.max(0, Math.log2(magnification)));
}

/** In CSS pixels. Rings around very many samples would hide their colours; that the others are dimmed tells enough. */
export function ringWidth(selected: number, thumbnails: Thumbnails): number {
  return selected <= (thumbnails === "ink" ? MOST_RINGED_INK : MOST_RINGED) ? 1.5 : 0;
}

/** So faint that the dimmed do not add up to full colours again where very many lie on one another. */
export function dimmedOpacity(dimmed: number, thumbnails: Thumbnails): number {
  const enough = thumbnails === null ? 10_000 : 2_000;
  return 0.15 * Math.min(1, Math.sqrt(enough / dimmed));
}

export function dotOpacity(samples: number): number {
  if (samples <= 10_000) return 0.85;
  return samples <= 100_000 ? 0.6 : 0.35;
}

/** By itself only while thumbnails are legible: `overlap` is asked how much of their area others would hide. */
export function showsImages(
  drawing: Drawing,
  thumbnails: Thumbnails,
  view: View,
  overlap: () => number,
): boolean {
  if (thumbnails === null || drawing === "dots") return false;
  if (drawing === "images") return true;
  return view.inView <= MOST_LEGIBLE && overlap() <= MOST_OVERLAP;
}

/** In CSS pixels. Grows half as fast as the distances between samples, so that enlarging also makes room. */
export function imageSize(thumbnails: Thumbnails, view: View): number {
  const base = thumbnails === "tiles" ? 20 : view.dark ? 24 : 14;
  return Math.min(LARGEST_IMAGE, base * Math.sqrt(Math.max(1, view.magnification)));
}
