// Draws very many samples: few enough for a frame while anything moves; once it stands still all of them, behind the
// picture and in slices, so that a gesture begun at any moment waits for one slice at most.
import type { Matrix4 } from "three";
import { Pace } from "./pace";

/** Fewer are drawn at once. */
export const MOST_AT_ONCE = 200_000;
/** Milliseconds without a new picture after which nothing moves. */
const REST = 120;

export interface Sight {
  readonly pair: readonly [Matrix4, Matrix4];
  readonly clip: Matrix4;
}

/** What draws a part of the samples. */
export interface SlicePainter {
  /** Those that are selected, and of the others that many. */
  drawSome(sight: Sight, most: number): void;
  /** Some in the order of drawing, behind the picture; with 0 begins another one. */
  drawSlice(sight: Sight, from: number, to: number): void;
  /** Puts what was drawn in slices on the canvas. */
  showSlices(): void;
  /** Whether all that was asked for has been drawn. */
  idle(): boolean;
}

export class Gradual {
  private readonly pace = new Pace();
  private scheduled = 0;
  private drawn = 0;
  private last = 0;
  private drawing: { readonly samples: number; readonly began: number } | null = null;

  constructor(
    private readonly painter: SlicePainter,
    /** All are on the canvas now. */
    private readonly complete: () => void,
  ) {}

  /** Draws as many as a frame's time allows, and the others once nothing has asked again; how many there are now. */
  draw(sight: Sight, samples: number): number {
    this.stop();
    this.last = performance.now();
    this.notePace();
    const most = Math.min(samples, this.pace.most);
    this.painter.drawSome(sight, most);
    this.begin(most);
    this.goOn(sight, samples, most === samples);
    return most;
  }

  /** What is left is not drawn any more. */
  stop(): void {
    cancelAnimationFrame(this.scheduled);
    this.drawn = 0;
  }

  /** Looks each animation frame whether what was asked for is drawn; then asks for more, unless that was the `whole`. */
  private goOn(sight: Sight, samples: number, whole: boolean): void {
    this.scheduled = requestAnimationFrame(() => {
      // One slice at a time: what the graphics card has been given cannot be taken back.
      if (!this.painter.idle()) return this.goOn(sight, samples, whole);
      this.notePace();
      if (whole) return;
      if (this.drawn === samples) {
        this.painter.showSlices();
        this.drawn = 0;
        this.complete();
        return;
      }
      this.goOn(sight, samples, whole);
      if (performance.now() - this.last < REST) return;
      const to = Math.min(samples, this.drawn + this.pace.most);
      this.painter.drawSlice(sight, this.drawn, to);
      this.begin(to - this.drawn);
      this.drawn = to;
    });
  }

  private begin(samples: number): void {
    this.drawing = { samples, began: performance.now() };
  }

  private notePace(): void {
    if (this.drawing === null) return;
    const { samples, began } = this.drawing;
    // Not the animation frame's own time, which may lie before what was begun in it.
    const taken = performance.now() - began;
    if (this.painter.idle()) this.pace.note(samples, taken);
    else this.pace.noteUnfinished(samples, taken);
    this.drawing = null;
  }
}
