// How many samples may be drawn at a time: as many as this machine has lately drawn within a frame.

/** Milliseconds that a frame may take while something moves. */
const FRAME = 33;
/** A fair sample to begin with: nothing is known of the machine yet. */
const FIRST = 100_000;
const LEAST = 10_000;

export class Pace {
  /** Samples that may be drawn at a time. */
  most = FIRST;

  /** So many samples were drawn in so many milliseconds. */
  note(samples: number, milliseconds: number): void {
    // What so few cost is the browser's, not the samples'.
    if (samples < LEAST) return;
    const fitting = (samples * FRAME) / Math.max(1, milliseconds);
    this.most = Math.max(LEAST, Math.round(fitting));
  }

  /** So many samples take longer than that: they may be too many, and are no sign that more would do. */
  noteUnfinished(samples: number, milliseconds: number): void {
    if (milliseconds > 0 && (samples * FRAME) / milliseconds < this.most) {
      this.note(samples, milliseconds);
    }
  }
}
