// Carries the picture from one pose to the next. A move that is broken off goes on from where the samples then are.
import { type ReadonlySignal, signal } from "@preact/signals";
import { blendPoses } from "../../model/scene/pose";
import { ease, type Move, STEP_MOVE } from "../../model/time/moves";
import type { Pose } from "../../types";

export interface Shown {
  readonly from: Pose;
  readonly to: Pose;
  readonly mix: number;
  /** Where on the timeline the move starts, ends and is, in steps counted from 0. */
  readonly fromAt: number;
  readonly toAt: number;
  readonly at: number;
}

export class Motion {
  /** How the next move goes; after it moves are steps again. */
  next: Move = STEP_MOVE;
  private readonly state = signal<Shown | null>(null);
  private frame = 0;
  private finish: () => void = () => {};
  private ending: Promise<void> = Promise.resolve();

  constructor(readonly reduced: () => boolean) {}

  get shown(): ReadonlySignal<Shown | null> {
    return this.state;
  }

  /** Resolves when the present move has ended or has been replaced by another. */
  get ended(): Promise<void> {
    return this.ending;
  }

  clear(): void {
    this.stop();
    this.state.value = null;
  }

  jump(pose: Pose, at: number): void {
    this.stop();
    this.next = STEP_MOVE;
    this.state.value = { from: pose, to: pose, mix: 0, fromAt: at, toAt: at, at };
  }

  move(pose: Pose, at: number): void {
    const now = this.state.peek();
    if (now?.to === pose) return;
    const { duration, easing } = this.next;
    if (now === null || duration === 0 || this.reduced() || differsInSamples(now.to, pose)) {
      this.jump(pose, at);
      return;
    }
    this.stop();
    this.next = STEP_MOVE;
    const from = standingPose(now);
    const fromAt = now.at;
    const start = performance.now();
    this.state.value = { from, to: pose, mix: 0, fromAt, toAt: at, at: fromAt };
    this.ending = new Promise((resolve) => {
      this.finish = resolve;
    });
    const advance = (time: number) => {
      const t = Math.min(1, Math.max(0, (time - start) / duration));
      if (t === 1) return this.jump(pose, at);
      const mix = easing === "ease" ? ease(t) : t;
      const here = fromAt + (at - fromAt) * mix;
      this.state.value = { from, to: pose, mix, fromAt, toAt: at, at: here };
      this.frame = requestAnimationFrame(advance);
    };
    this.frame = requestAnimationFrame(advance);
  }

  private stop(): void {
    cancelAnimationFrame(this.frame);
    this.finish();
    this.finish = () => {};
  }
}

function standingPose({ from, to, mix }: Shown): Pose {
  if (mix === 0) return from;
  return mix === 1 ? to : blendPoses(from, to, mix);
}

function differsInSamples(a: Pose, b: Pose): boolean {
  return a.positions.length !== b.positions.length;
}
