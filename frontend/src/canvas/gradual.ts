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
    this.notePace(this.last);
    const most = Math.min(samples, this.pace.most);
    this.painter.drawSome(sight, most);
    this.begin(most);
    if (most < samples) this.goOn(sight, samples);
    return most;
  }

  /** What is left is not drawn any more. */
  stop(): void {
    cancelAnimationFrame(this.scheduled);
    this.drawn = 0;
  }

  private goOn(sight: Sight, samples: number): void {
    this.scheduled = requestAnimationFrame((now) => {
      if (this.drawn === samples && this.painter.idle()) {
        this.drawing = null;
        this.painter.showSlices();
        this.drawn = 0;
        this.complete();
        return;
      }
      this.goOn(sight, samples);
      // One slice at a time: what the graphics card has been given cannot be taken back.
      if (!this.painter.idle()) return;
      this.notePace(now);
      if (now - this.last < REST || this.drawn === samples) return;
      const to = Math.min(samples, this.drawn + this.pace.most);
      this.painter.drawSlice(sight, this.drawn, to);
      this.begin(to - this.drawn);
      this.drawn = to;
    });
  }

  private begin(samples: number): void {
    this.drawing = { samples, began: performance.now() };
  }

  /** What is not finished yet has taken at least that long. */
  private notePace(now: number): void {
    if (this.drawing === null) return;
    const { samples, began } = this.drawing;
    this.drawing = null;
    this.pace.note(samples, now - began);
  }
}
