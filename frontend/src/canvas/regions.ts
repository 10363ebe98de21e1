// Which class has the largest logit at each place of the plane, as flat colours beneath the samples.
import type { Matrix4 } from "three";
import type { Rgb } from "../palette";
import type { Regions } from "../types";
import type { Size } from "./camera";
import { fit, showCanvas } from "./label_canvas";

/** Logits worked out for one picture. */
const MOST_LOGITS = 4_000_000;
/** Side of a cell in CSS pixels, where so many suffice. */
const CELL = 2;
const OPACITY = 0.2;

/** From a place on the stage, in CSS pixels, to the scene: x = left + right * px, y = top - down * py. */
export interface Window {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly down: number;
}

/** What of the plane the stage shows, seen through `clip` from straight above. */
export function windowOf(clip: Matrix4, { width, height }: Size): Window {
  const e = clip.elements;
  return {
    left: (-1 - e[12]) / e[0],
    right: 2 / (width * e[0]),
    top: (1 - e[13]) / e[5],
    down: 2 / (height * e[5]),
  };
}

/** The class of each cell, row by row, at the cell's middle; of equals the first. `logits` holds a, b and c of each class. */
export function classMap(
  logits: Float64Array,
  { left, right, top, down }: Window,
  across: number,
  rows: number,
  cell: number,
): Uint16Array {
  const classes = logits.length / 3;
  const map = new Uint16Array(across * rows);
  const rowStart = new Float64Array(classes);
  for (let row = 0; row < rows; row += 1) {
    const y = top - down * cell * (row + 0.5);
    for (let c = 0; c < classes; c += 1) {
      rowStart[c] = (logits[3 * c] as number) + (logits[3 * c + 2] as number) * y;
    }
    for (let column = 0; column < across; column += 1) {
      const x = left + right * cell * (column + 0.5);
      let best = 0;
      let highest = Number.NEGATIVE_INFINITY;
      for (let c = 0; c < classes; c += 1) {
        const logit = (rowStart[c] as number) + (logits[3 * c + 1] as number) * x;
        if (logit > highest) {
          highest = logit;
          best = c;
        }
      }
      map[row * across + column] = best;
    }
  }
  return map;
}

export class RegionShading {
  private readonly context: CanvasRenderingContext2D | null;
  private readonly cells = document.createElement("canvas");
  /** What the canvas holds; "" for nothing. */
  private drawn: readonly unknown[] = [];

  constructor(private readonly canvas: HTMLCanvasElement) {
    this.context = canvas.getContext("2d");
  }

  clear(): void {
    if (this.drawn.length === 0) return;
    this.drawn = [];
    this.context?.clearRect(0, 0, this.canvas.width, this.canvas.height);
    showCanvas(this.canvas, false);
  }

  /** Draws anew only what has changed. */
  draw({ logits, colors }: Regions, clip: Matrix4, size: Size): void {
    const ratio = Math.min(2, devicePixelRatio);
    const wanted = [logits, colors, size.width, size.height, ratio, ...clip.elements];
    if (wanted.every((part, i) => part === this.drawn[i])) return;
    const cells = this.cells.getContext("2d");
    if (this.context === null || cells === null) return;
    showCanvas(this.canvas, true);
    const classes = logits.length / 3;
    const least = Math.sqrt((size.width * size.height * classes) / MOST_LOGITS);
    const cell = Math.max(CELL, Math.ceil(least));
    const across = Math.ceil(size.width / cell);
    const rows = Math.ceil(size.height / cell);
    const map = classMap(logits, windowOf(clip, size), across, rows, cell);
    const inks = Uint32Array.from({ length: classes }, (_, c) => ink(colors[c]));
    const image = new ImageData(across, rows);
    const pixels = new Uint32Array(image.data.buffer);
    for (let i = 0; i < map.length; i += 1) pixels[i] = inks[map[i] as number] as number;
    this.cells.width = across;
    this.cells.height = rows;
    cells.putImageData(image, 0, 0);
    fit(this.canvas, this.context, size, ratio);
    this.context.clearRect(0, 0, size.width, size.height);
    this.context.imageSmoothingEnabled = false;
    this.context.drawImage(this.cells, 0, 0, across * cell, rows * cell);
    this.drawn = wanted;
  }
}

/** A colour as four bytes of an image, which lie in memory as red, green, blue and opacity. */
function ink(color: Rgb | undefined): number {
  const [red = 0, green = 0, blue = 0] = color ?? [];
  const bytes = new Uint8Array([red, green, blue, Math.round(255 * OPACITY)]);
  return new Uint32Array(bytes.buffer)[0] as number;
}
