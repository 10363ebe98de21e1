// How each sample looks: its colour, and its mark, which says whether it is chosen from the others. What is told of another
// set of samples waits until its poses come.
import { MARK } from "../marks";
import { shuffled } from "./shuffle";

export class PointAttributes {
  paint: Uint8Array = new Uint8Array();
  marks: Uint8Array = new Uint8Array();
  /** The samples that are not hidden, in the order of drawing. */
  order: Uint32Array = new Uint32Array();
  /** How many of them are chosen from the others. */
  selected = 0;
  /** How large each is drawn, in hundredths of the common size; empty where all are alike. */
  scales: Uint8Array = new Uint8Array();
  private shuffled: Uint32Array = new Uint32Array();
  private nextPaint: Uint8Array = new Uint8Array();
  private nextMarks: Uint8Array = new Uint8Array();

  get samples(): number {
    return this.shuffled.length;
  }

  hold(samples: number): void {
    this.shuffled = shuffled(samples);
    this.paint = new Uint8Array(4 * samples);
    this.marks = new Uint8Array(samples);
    this.order = this.shuffled;
    this.setPaint(this.nextPaint);
    this.setMarks(this.nextMarks);
  }

  /** Four bytes a sample. False where they have to wait. */
  setPaint(paint: Uint8Array): boolean {
    this.nextPaint = paint;
    const fits = paint.length === 4 * this.samples;
    if (fits) this.paint = paint;
    return fits;
  }

  /** One mark a sample. False where they have to wait. */
  setMarks(marks: Uint8Array): boolean {
    this.nextMarks = marks;
    const fits = marks.length === this.samples;
    if (fits) {
      this.marks = marks;
      this.order = orderOfDrawing(this.shuffled, marks);
      this.selected = this.order.reduce((sum, id) => sum + Number(standsOut(marks[id])), 0);
    }
    return fits;
  }

  /** A byte a sample, or none where all are alike. */
  setScales(scales: Uint8Array): void {
    this.scales = scales;
  }

  scaleOf(sample: number): number {
    return this.scales.length === this.samples ? (this.scales[sample] as number) / 100 : 1;
  }

  /** Hidden samples lie nowhere; `screen`, of those from number `first` on, is changed. */
  hide(screen: Float32Array, first = 0): Float32Array {
    if (this.order.length === this.samples) return screen;
    for (let i = 0; i < screen.length / 3; i += 1) {
      if (this.marks[first + i] === MARK.hidden) screen[3 * i] = screen[3 * i + 1] = Number.NaN;
    }
    return screen;
  }
}

export function standsOut(mark: number | undefined): boolean {
  return mark === MARK.selected || mark === MARK.chosen;
}

/** The given order without the hidden; raised ones and those that are chosen from the others last, so that they lie on top. */
export function orderOfDrawing(order: Uint32Array, marks: Uint8Array): Uint32Array {
  const below = order.filter((id) => (marks[id] as number) < MARK.selected);
  const above = [MARK.raised, MARK.selected, MARK.chosen].map((mark) =>
    order.filter((id) => marks[id] === mark),
  );
  const sorted = new Uint32Array(below.length + above.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of [below, ...above]) {
    sorted.set(part, at);
    at += part.length;
  }
  return sorted;
}
