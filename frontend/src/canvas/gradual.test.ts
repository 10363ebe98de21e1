import { Matrix4 } from "three";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Gradual, type Sight, type SlicePainter } from "./gradual";

const SIGHT: Sight = { pair: [new Matrix4(), new Matrix4()], clip: new Matrix4() };
const SAMPLES = 1_000_000;

/** A graphics card that needs a millisecond for so many samples. */
class Card implements SlicePainter {
  readonly done: string[] = [];
  readonly slices: [number, number][] = [];
  some: number[] = [];
  private until = 0;

  constructor(private readonly perMillisecond: number) {}

  drawSome(_: Sight, most: number): void {
    this.some.push(most);
    this.work(most);
  }

  drawSlice(_: Sight, from: number, to: number): void {
    expect(this.idle()).toBe(true);
    if (from === 0) this.slices.length = 0;
    this.slices.push([from, to]);
    this.work(to - from);
  }

  showSlices(): void {
    expect(this.idle()).toBe(true);
    this.done.push("shown");
  }

  idle(): boolean {
    return performance.now() >= this.until;
  }

  /** Milliseconds until all is drawn that was asked for. */
  get left(): number {
    return Math.max(0, this.until - performance.now());
  }

  private work(samples: number): void {
    this.until = performance.now() + this.left + samples / this.perMillisecond;
  }
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance", "setTimeout", "clearTimeout"] });
  vi.stubGlobal("requestAnimationFrame", (frame: (now: number) => void) =>
    setTimeout(() => frame(performance.now()), 16),
  );
  vi.stubGlobal("cancelAnimationFrame", (id: number) => clearTimeout(id));
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function begun(perMillisecond: number) {
  const card = new Card(perMillisecond);
  const gradual = new Gradual(card, () => card.done.push("complete"));
  return { card, gradual };
}

test("at first a fair sample is drawn, then all the others once, in slices, and shown at the end", () => {
  const { card, gradual } = begun(1500);
  expect(gradual.draw(SIGHT, SAMPLES)).toBe(100_000);
  vi.advanceTimersByTime(10_000);
  expect(card.done).toEqual(["shown", "complete"]);
  expect(card.slices[0]?.[0]).toBe(0);
  expect(card.slices.at(-1)?.[1]).toBe(SAMPLES);
  for (const [i, [from]] of card.slices.entries()) {
    if (i > 0) expect(from).toBe(card.slices[i - 1]?.[1]);
  }
});

test("while it moves, as many are drawn as the machine draws in a frame, and no slices", () => {
  const { card, gradual } = begun(1500);
  for (let i = 0; i < 40; i += 1) {
    gradual.draw(SIGHT, SAMPLES);
    vi.advanceTimersByTime(50);
  }
  // 33 ms of 1,500 a millisecond, less what is lost until the next animation frame tells.
  expect(card.some.at(-1)).toBeGreaterThan(15_000);
  expect(card.some.at(-1)).toBeLessThan(50_000);
  expect(card.slices).toEqual([]);
  expect(card.done).toEqual([]);
});

test("a gesture begun at any moment waits for one slice at most", () => {
  for (let moment = 0; moment < 1500; moment += 50) {
    const { card, gradual } = begun(1500);
    for (let i = 0; i < 20; i += 1) {
      gradual.draw(SIGHT, SAMPLES);
      vi.advanceTimersByTime(50);
    }
    vi.advanceTimersByTime(moment);
    expect(card.left).toBeLessThan(40);
    gradual.stop();
  }
});

test("what is asked for meanwhile begins anew, and what is stopped shows nothing", () => {
  const { card, gradual } = begun(1500);
  gradual.draw(SIGHT, SAMPLES);
  vi.advanceTimersByTime(500);
  expect(card.slices.length).toBeGreaterThan(0);
  gradual.draw(SIGHT, SAMPLES);
  gradual.stop();
  vi.advanceTimersByTime(10_000);
  expect(card.done).toEqual([]);
});

test("a machine that draws all of them in a frame comes to draw them at once", () => {
  const { card, gradual } = begun(1_000_000);
  for (let i = 0; i < 10; i += 1) {
    gradual.draw(SIGHT, SAMPLES);
    vi.advanceTimersByTime(16);
  }
  expect(card.some.at(-1)).toBe(SAMPLES);
});

test("a gesture that breaks off a slice just begun is no sign that more could be drawn", () => {
  for (let moment = 0; moment < 40; moment += 1) {
    const { card, gradual } = begun(1500);
    for (let i = 0; i < 20; i += 1) {
      gradual.draw(SIGHT, SAMPLES);
      vi.advanceTimersByTime(50);
    }
    while (card.slices.length === 0) vi.advanceTimersByTime(1);
    vi.advanceTimersByTime(moment);
    gradual.draw(SIGHT, SAMPLES);
    expect(card.some.at(-1)).toBeLessThan(60_000);
    gradual.stop();
  }
});

test("an animation frame whose time lies before what was begun is no sign of speed", () => {
  vi.stubGlobal("requestAnimationFrame", (frame: (now: number) => void) =>
    setTimeout(() => frame(performance.now() - 60), 16),
  );
  const { card, gradual } = begun(1500);
  for (let i = 0; i < 20; i += 1) {
    gradual.draw(SIGHT, SAMPLES);
    vi.advanceTimersByTime(100);
  }
  expect(Math.max(...card.some.slice(1))).toBeLessThan(60_000);
});

test("a machine that draws all at once does so after a rest, too", () => {
  const { card, gradual } = begun(1_000_000);
  for (let i = 0; i < 10; i += 1) {
    gradual.draw(SIGHT, SAMPLES);
    vi.advanceTimersByTime(16);
  }
  vi.advanceTimersByTime(60_000);
  gradual.draw(SIGHT, SAMPLES);
  expect(card.some.at(-1)).toBe(SAMPLES);
});
