// The density of a cloud, as a soft shading beneath its dots: where very many lie on one another, dots alone show one blot.
// Very many are counted in slices, one an animation frame, so that a gesture begun meanwhile waits for one of them at most.
import type { Size } from "./camera";
import { fit, showCanvas } from "./label_canvas";
import { Slices } from "./slices";

/** Side of a cell in CSS pixels. */
const CELL = 6;
const STRONGEST = 0.8;

/** How many samples lie in each cell of the stage. */
export class CellCounts {
  private readonly counts: Float32Array;

  constructor(
    readonly across: number,
    readonly down: number,
    private readonly cell: number,
  ) {
    this.counts = new Float32Array(across * down);
  }

  /** Counts x, y and depth of some samples; NaN, which is nowhere, is left out. */
  add(screen: Float32Array): void {
    const { across, down, cell, counts } = this;
    for (let i = 0; i < screen.length; i += 3) {
      const column = Math.floor((screen[i] as number) / cell);
      const row = Math.floor((screen[i + 1] as number) / cell);
      if (column >= 0 && column < across && row >= 0 && row < down) {
        const at = row * across + column;
        counts[at] = (counts[at] as number) + 1;
      }
    }
  }

  /** The counts row by row, smoothed over neighbours. */
  smoothed(): Float32Array {
    const { across, down } = this;
    return smoothed(smoothed(this.counts, across, down, 1), across, down, across);
  }
}

/** x, y and depth of the samples from one number up to another. */
export type Places = (from: number, to: number) => Float32Array;
type Color = readonly [number, number, number];

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
  private readonly counting = new Slices();

  constructor(private readonly canvas: HTMLCanvasElement) {
    this.context = canvas.getContext("2d");
    showCanvas(canvas, false);
  }

  clear(): void {
    this.counting.stop();
    if (this.blank) return;
    this.blank = true;
    showCanvas(this.canvas, false);
    this.context?.clearRect(0, 0, this.canvas.width, this.canvas.height);
  }

  /** Draws so many samples, very many once all are counted; the colour is red, green, blue. */
  draw(places: Places, samples: number, size: Size, color: Color): void {
    const across = Math.ceil(size.width / CELL);
    const counts = new CellCounts(across, Math.ceil(size.height / CELL), CELL);
    this.counting.run(
      samples,
      (from, to) => counts.add(places(from, to)),
      () => this.show(counts, size, color),
    );
  }

  private show(counted: CellCounts, size: Size, [red, green, blue]: Color): void {
    const { across, down } = counted;
    const cells = this.cells.getContext("2d");
    if (this.context === null || cells === null) return;
    const counts = counted.smoothed();
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
