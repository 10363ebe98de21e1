// Finds the sample under the pointer and stays with it while the picture moves.
import { nearest } from "./screen";

const RADIUS = 14;

export interface Pointed {
  readonly sample: number;
  /** Where it lies on the stage, and how wide it is drawn there, in CSS pixels. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

export class Pointing {
  private pointer: readonly [number, number] | null = null;
  private sample: number | null = null;
  private waiting = 0;

  constructor(
    private readonly screen: () => Float32Array,
    private readonly mark_width: () => number,
    private readonly tell: (at: Pointed | null) => void,
  ) {}

  /** The pointer is there now; null when it has left. Looks once an animation frame, since looking takes time. */
  move(pointer: readonly [number, number] | null): void {
    this.pointer = pointer;
    if (pointer === null) {
      this.point_at(null);
      return;
    }
    if (this.waiting === 0) this.waiting = requestAnimationFrame(() => this.pick());
  }

  /** The picture has changed: the same sample may lie elsewhere. */
  follow(): void {
    if (this.sample !== null) this.point_at(this.sample);
  }

  sample_at([x, y]: readonly [number, number]): number | null {
    return nearest(this.screen(), x, y, RADIUS, this.mark_width() / 2);
  }

  private pick(): void {
    this.waiting = 0;
    if (this.pointer !== null) this.point_at(this.sample_at(this.pointer));
  }

  point_at(sample: number | null): void {
    const before = this.sample;
    this.sample = sample;
    if (sample === null) {
      if (before !== null) this.tell(null);
      return;
    }
    const screen = this.screen();
    const [x, y] = [screen[3 * sample], screen[3 * sample + 1]];
    if (x === undefined || y === undefined || Number.isNaN(x)) this.point_at(null);
    else this.tell({ sample, x, y, width: this.mark_width() });
  }
}
