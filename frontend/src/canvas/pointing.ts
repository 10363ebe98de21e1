// Finds the sample under the pointer and stays with it while the picture moves.
import { nearest } from "./screen";

const RADIUS = 14;

export interface Pointed {
  readonly sample: number;
  /** Where it lies on the stage, and how wide it is drawn there, in CSS pixels. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  /** Nobody's pointer is there: something else on the page points at it. */
  readonly fromList: boolean;
}

export class Pointing {
  private pointer: readonly [number, number] | null = null;
  private sample: number | null = null;
  private fromList = false;
  private waiting = 0;

  constructor(
    private readonly screen: () => Float32Array,
    private readonly markWidth: () => number,
    private readonly tell: (at: Pointed | null) => void,
  ) {}

  /** The pointer is there now; null when it has left. Looks once an animation frame, since looking takes time. */
  move(pointer: readonly [number, number] | null): void {
    this.pointer = pointer;
    if (pointer === null) {
      this.pointAt(null);
      return;
    }
    if (this.waiting === 0) this.waiting = requestAnimationFrame(() => this.pick());
  }

  /** The picture has changed: the same sample may lie elsewhere. */
  follow(): void {
    if (this.sample !== null) this.pointAt(this.sample, this.fromList);
  }

  sampleAt([x, y]: readonly [number, number]): number | null {
    return nearest(this.screen(), x, y, RADIUS, this.markWidth() / 2);
  }

  private pick(): void {
    this.waiting = 0;
    if (this.pointer !== null) this.pointAt(this.sampleAt(this.pointer), false);
  }

  /** Stays with that sample; `fromList` by something else than a pointer over the canvas. */
  pointAt(sample: number | null, fromList = true): void {
    const before = this.sample;
    this.sample = sample;
    this.fromList = fromList;
    if (sample === null) {
      if (before !== null) this.tell(null);
      return;
    }
    const screen = this.screen();
    const [x, y] = [screen[3 * sample], screen[3 * sample + 1]];
    if (x === undefined || y === undefined || Number.isNaN(x)) this.pointAt(null);
    else this.tell({ sample, x, y, width: this.markWidth(), fromList });
  }
}
