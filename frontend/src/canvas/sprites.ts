// Repacks the run's sheets of thumbnails into the layers of one texture. A sheet may be larger than a graphics card takes,
// and cells that touch bleed into each other when drawn small: here each cell has a slot whose side is a power of two.
import type { SpriteFacts } from "../types";

export const LAYER_SIDE = 2048;
const GUTTER = 1;
const MOST_BYTES = 128 * 2 ** 20;

/** Where the thumbnails lie: sample i in slot i, row by row, layer by layer. */
export interface SlotPlan {
  /** Side of a slot in pixels, a power of two. */
  readonly slot: number;
  /** Width and height of the thumbnail inside its slot, which has a gutter around it. */
  readonly cell: readonly [number, number];
  readonly slotsARow: number;
  readonly slotsALayer: number;
  readonly layers: number;
  /** Bytes a pixel: 1 for ink, 4 for colour. */
  readonly channels: 1 | 4;
}

export interface SpriteTexture {
  readonly plan: SlotPlan;
  readonly pixels: Uint8Array<ArrayBuffer>;
}

/** The largest slots that hold whole thumbnails within 128 MiB; where there are too many, the thumbnails shrink. */
export function planSlots(facts: SpriteFacts, samples: number): SlotPlan {
  const channels = facts.channels === 1 ? 1 : 4;
  const longest = Math.max(...facts.cell);
  let slot = 2 ** Math.ceil(Math.log2(longest + 2 * GUTTER));
  slot = Math.min(slot, LAYER_SIDE);
  const layersFor = (side: number) => Math.ceil(samples / (LAYER_SIDE / side) ** 2);
  while (slot > 8 && layersFor(slot) * LAYER_SIDE ** 2 * channels > MOST_BYTES) slot /= 2;
  const shrink = Math.min(1, (slot - 2 * GUTTER) / longest);
  const [width, height] = facts.cell;
  const slotsARow = LAYER_SIDE / slot;
  return {
    slot,
    cell: [Math.max(1, Math.floor(width * shrink)), Math.max(1, Math.floor(height * shrink))],
    slotsARow,
    slotsALayer: slotsARow ** 2,
    layers: layersFor(slot),
    channels,
  };
}

/** Top left pixel of a sample's thumbnail, and its layer. */
export function placeOf(plan: SlotPlan, sample: number): { x: number; y: number; layer: number } {
  const layer = Math.floor(sample / plan.slotsALayer);
  const within = sample % plan.slotsALayer;
  return {
    x: (within % plan.slotsARow) * plan.slot + GUTTER,
    y: Math.floor(within / plan.slotsARow) * plan.slot + GUTTER,
    layer,
  };
}

/** Packs layer by layer and lets the page draw in between; stops when `signal` says so. */
export async function packSprites(
  sheets: readonly ImageBitmap[],
  facts: SpriteFacts,
  samples: number,
  signal: AbortSignal,
): Promise<SpriteTexture> {
  const plan = planSlots(facts, samples);
  const layerBytes = LAYER_SIDE ** 2 * plan.channels;
  const pixels = new Uint8Array(plan.layers * layerBytes);
  const canvas = new OffscreenCanvas(LAYER_SIDE, LAYER_SIDE);
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  if (pen === null)
    throw new Error(
      "The browser has no memory for the thumbnails: close some tabs, then reload the page.",
    );
  const heights = sheets.map((sheet) => sheet.height);
  let background: number | null = null;
  for (let layer = 0; layer < plan.layers; layer += 1) {
    await nextTask();
    signal.throwIfAborted();
    pen.clearRect(0, 0, LAYER_SIDE, LAYER_SIDE);
    const first = layer * plan.slotsALayer;
    const last = Math.min(samples, first + plan.slotsALayer);
    for (let sample = first; sample < last; sample += 1) {
      const cell = cellOf(heights, facts, sample);
      const sheet = cell === null ? undefined : sheets[cell.page];
      if (cell === null || sheet === undefined) continue;
      const { x, y } = placeOf(plan, sample);
      pen.drawImage(sheet, cell.x, cell.y, ...facts.cell, x, y, ...plan.cell);
    }
    const drawn = pen.getImageData(0, 0, LAYER_SIDE, LAYER_SIDE).data;
    const into = pixels.subarray(layer * layerBytes, (layer + 1) * layerBytes);
    if (plan.channels === 1) {
      background ??= cornerGrey(drawn, plan, last - first);
      writeInk(drawn, into, background);
    } else {
      writePremultiplied(drawn, into);
    }
  }
  return { plan, pixels };
}

/** Which part of which sheet shows a sample. */
export function cellOf(
  sheetHeights: readonly number[],
  facts: SpriteFacts,
  sample: number,
): { page: number; x: number; y: number } | null {
  const [width, height] = facts.cell;
  let left = sample;
  for (const [page, sheetHeight] of sheetHeights.entries()) {
    const held = facts.columns * Math.floor(sheetHeight / height);
    if (left < held) {
      return {
        page,
        x: (left % facts.columns) * width,
        y: Math.floor(left / facts.columns) * height,
      };
    }
    left -= held;
  }
  return null;
}

/** The commonest grey at the thumbnails' corners. */
export function cornerGrey(rgba: Uint8ClampedArray, plan: SlotPlan, samples: number): number {
  const counts = new Uint32Array(256);
  const [width, height] = plan.cell;
  for (let sample = 0; sample < Math.min(samples, 1000); sample += 1) {
    const { x, y } = placeOf(plan, sample);
    for (const column of [x, x + width - 1]) {
      for (const row of [y, y + height - 1]) {
        const grey = rgba[4 * (row * LAYER_SIDE + column)] ?? 0;
        counts[grey] = (counts[grey] ?? 0) + 1;
      }
    }
  }
  return counts.indexOf(Math.max(...counts));
}

/** How far each pixel is from the background, 255 for as far as can be; nothing where nothing was drawn. */
export function writeInk(rgba: Uint8ClampedArray, into: Uint8Array, background: number): void {
  const farthest = Math.max(background, 255 - background);
  for (let i = 0; i < into.length; i += 1) {
    if (rgba[4 * i + 3] === 0) continue;
    into[i] = Math.round((255 * Math.abs((rgba[4 * i] as number) - background)) / farthest);
  }
}

function writePremultiplied(rgba: Uint8ClampedArray, into: Uint8Array): void {
  into.set(rgba);
  for (let i = 0; i < into.length; i += 4) {
    const alpha = rgba[i + 3] as number;
    if (alpha === 255) continue;
    for (let c = i; c < i + 3; c += 1) into[c] = Math.round(((rgba[c] as number) * alpha) / 255);
  }
}

function nextTask(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
