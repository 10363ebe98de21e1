// Work on very many samples, a slice of them an animation frame: whatever is wanted meanwhile waits for one slice at most.

/** Fewer are worked on at once. */
const MOST_AT_ONCE = 200_000;
const SLICE = 50_000;

export class Slices {
  private scheduled = 0;

  /** Has `work` done from one number up to another until all have had it; what ran before is given up. */
  run(samples: number, work: (from: number, to: number) => void, done: () => void): void {
    this.stop();
    if (samples > MOST_AT_ONCE) {
      this.goOn(0, samples, work, done);
      return;
    }
    work(0, samples);
    done();
  }

  /** What is left is not done any more. */
  stop(): void {
    cancelAnimationFrame(this.scheduled);
  }

  private goOn(
    from: number,
    samples: number,
    work: (from: number, to: number) => void,
    done: () => void,
  ): void {
    this.scheduled = requestAnimationFrame(() => {
      const to = Math.min(samples, from + SLICE);
      work(from, to);
      if (to === samples) done();
      else this.goOn(to, samples, work, done);
    });
  }
}
