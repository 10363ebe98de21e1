// The density of a cloud, as a soft shading beneath its dots: where very many lie on one another, dots alone show one blot.
import type { Size } from "./camera";
import { fit, showCanvas } from "./label_canvas";

/** Side of a cell in CSS pixels. */
const CELL = 6;
const STRONGEST = 0.8;

/** How many samples lie in each cell, smoothed over its neighbours, row by row; NaN, which is nowhere, is left out. */
export function countCells(
  screen: Float32Array,
  across: number,
  down: number,
  cell: number,
): Float32Array {
  const counts = new Float32Array(across * down);
  for (let i = 0; i < screen.length; i += 3) {
    const column = Math.floor((screen[i] as number) / cell);
    const row = Math.floor((screen[i + 1] as number) / cell);
    if (column >= 0 && column < across && row >= 0 && row < down) {
      const at = row * across + column;
      counts[at] = (counts[at] as number) + 1;
    }
  }
  return smoothed(smoothed(counts, across, down, 1), across, down, across);
}

/** One part in four to each neighbour along an axis; what reaches over the edge is lost. */
function smoothed(
  counts: Float32Array,
  across: number,
  down: number,
  stride: number,
): Float32Array {
  const out = new Float32Array(counts.length);
  for (let row = 0; row < down; row += 1) {
    for (let column = 0; column < across; column += 1) {
      const at = row * across + column;
      const first = stride === 1 ? column === 0 : row === 0;
      const last = stride === 1 ? column === across - 1 : row === down - 1;
      const before = first ? 0 : (counts[at - stride] as number);
      const after = last ? 0 : (counts[at + stride] as number);
      out[at] = 0.5 * (counts[at] as number) + 0.25 * (before + after);
    }
  }
  return out;
}

export class Density {
  private readonly context: CanvasRenderingContext2D | null;
  private readonly cells = document.createElement("canvas");
  private blank = true;

  constructor(private readonly canvas: HTMLCanvasElement) {
    this.context = canvas.getContext("2d");
    showCanvas(canvas, false);
  }

  clear(): void {
    if (this.blank) return;
    this.blank = true;
    showCanvas(this.canvas, false);
    this.context?.clearRect(0, 0, this.canvas.width, this.canvas.height);
  }

  /** `screen` holds x, y and depth of each sample; the colour is red, green, blue. */
  draw(
    screen: Float32Array,
    size: Size,
    [red, green, blue]: readonly [number, number, number],
  ): void {
    const across = Math.ceil(size.width / CELL);
    const down = Math.ceil(size.height / CELL);
    const cells = this.cells.getContext("2d");
    if (this.context === null || cells === null) return;
    const counts = countCells(screen, across, down, CELL);
    const most = Math.log1p(counts.reduce((a, b) => Math.max(a, b), 0)) || 1;
    const image = new ImageData(across, down);
    for (const [i, count] of counts.entries()) {
      image.data.set([red, green, blue, (255 * STRONGEST * Math.log1p(count)) / most], 4 * i);
    }
    this.cells.width = across;
    this.cells.height = down;
    cells.putImageData(image, 0, 0);
    fit(this.canvas, this.context, size, Math.min(2, devicePixelRatio));
    this.context.clearRect(0, 0, size.width, size.height);
    // Stretched smoothly, cells are no longer seen.
    this.context.drawImage(this.cells, 0, 0, across * CELL, down * CELL);
    this.blank = false;
    showCanvas(this.canvas, true);
  }
}
