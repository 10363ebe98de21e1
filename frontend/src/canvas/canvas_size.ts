// The canvas as an area to draw on: how large it is, and in how many pixels.
import type { Size } from "./camera";

const MOST_PIXELS = 2;
const SMALLEST = 2;

export class CanvasSize {
  /** In CSS pixels; null until it has been seen. */
  size: Size | null = null;
  /** Pixels a CSS pixel. */
  ratio = 0;

  constructor(private readonly canvas: HTMLCanvasElement) {}

  /** Takes on the size of the canvas's box: whether that is another one, or null where it is too small to be seen. */
  fit(): boolean | null {
    const width = this.canvas.clientWidth;
    const height = this.canvas.clientHeight;
    // A hidden tab has no height.
    if (width < SMALLEST || height < SMALLEST) return null;
    const ratio = Math.min(MOST_PIXELS, devicePixelRatio);
    const same = this.size?.width === width && this.size.height === height && this.ratio === ratio;
    if (same) return false;
    this.size = { width, height };
    this.ratio = ratio;
    return true;
  }
}
