// The frames of one layer in one coordinate system: fetches them, the wanted step first, and holds as many as memory
// allows.
import { type ReadonlySignal, type Signal, signal, untracked } from "@preact/signals";
import { fetch_frames, type ProjectionKey } from "../api";
import type { Dimensions, Frame, Layer, Pose, Run } from "../types";
import type { Activity } from "./activity";
import { type Basis, basis_query, continues } from "./basis";
import { next_block, steps_to_hold, write_steps } from "./blocks";
import { extent_of_poses, pose_of } from "./pose";
import { type Alignment, UNTURNED } from "./procrustes";

/** How this projection lies on the one before it, seen flat and seen in space. */
export type Alignments = Readonly<Record<Dimensions, Alignment>>;

const UNALIGNED: Alignments = { 2: UNTURNED, 3: UNTURNED };

export class Frames {
  alignments: Alignments = UNALIGNED;
  /** The frames whose place these take, laid onto them. */
  refits: Frames | null = null;
  private readonly held = signal<ReadonlyMap<number, Frame>>(new Map());
  private readonly wanted: Signal<number>;
  private readonly poses = new WeakMap<Frame, Partial<Record<Dimensions, Pose>>>();
  private readonly stopping = new AbortController();
  private fetching: { readonly block: readonly number[]; readonly abort: AbortController } | null =
    null;

  constructor(
    private run: Run,
    private layer: Layer,
    private readonly engine: string,
    readonly basis: Basis,
    wanted: number,
    private readonly activity: Activity,
    /** The other steps wait for this: nothing may compete with the first picture. */
    private readonly may_prefetch: Promise<void>,
  ) {
    this.wanted = signal(wanted);
    this.pump();
  }

  get frames(): ReadonlySignal<ReadonlyMap<number, Frame>> {
    return this.held;
  }

  get key(): ProjectionKey {
    return {
      run: this.run.run,
      layer: this.layer.name,
      version: this.layer.version,
      engine: this.engine,
      basis_steps: basis_query(this.basis, this.run, this.layer),
    };
  }

  /** The step that somebody waits for, null when it is there. */
  get awaited(): number | null {
    return this.held.value.has(this.wanted.value) ? null : this.wanted.value;
  }

  get complete(): boolean {
    const held = this.held.value;
    return this.to_hold().every((step) => held.has(step));
  }

  get stopped(): AbortSignal {
    return this.stopping.signal;
  }

  /** Whether these are the frames of that layer, as far as it was recorded when they were made. */
  shows(run: Run, layer: Layer, engine: string): boolean {
    const listed = { run: this.run, layer: this.layer };
    return engine === this.engine && continues(listed, { run, layer });
  }

  /** The run has gone on: the same frames and more. */
  extend(run: Run, layer: Layer): void {
    this.run = run;
    this.layer = layer;
    this.pump();
  }

  want(step: number): void {
    this.wanted.value = step;
    const missing = !this.held.peek().has(step);
    if (missing && this.fetching !== null && !this.fetching.block.includes(step)) {
      this.fetching.abort.abort();
      this.fetching = null;
    }
    this.pump();
  }

  pose(step: number, dimensions: Dimensions): Pose | null {
    const frame = this.held.peek().get(step);
    if (frame === undefined) return null;
    const poses = this.poses.get(frame) ?? {};
    poses[dimensions] ??= pose_of(frame, this.alignments[dimensions], dimensions);
    this.poses.set(frame, poses);
    return poses[dimensions] ?? null;
  }

  extent(dimensions: Dimensions): Float32Array[] {
    const poses = [...this.held.peek().keys()].flatMap((step) => this.pose(step, dimensions) ?? []);
    return extent_of_poses(poses);
  }

  stop(): void {
    this.stopping.abort();
  }

  private to_hold(): readonly number[] {
    return steps_to_hold(this.layer.steps, this.wanted.value, this.layer.samples);
  }

  private pump(): void {
    untracked(() => this.fetch_next());
  }

  private async fetch_next(): Promise<void> {
    if (this.fetching !== null || this.stopping.signal.aborted) return;
    const block = next_block(this.to_hold(), new Set(this.held.peek().keys()), this.layer.samples);
    if (block.length === 0) return;
    const abort = new AbortController();
    const signal = AbortSignal.any([abort.signal, this.stopping.signal]);
    this.fetching = { block, abort };
    if (!block.includes(this.wanted.peek())) await this.may_prefetch;
    await this.activity.attempt_quietly(`projection of ${this.layer.name}`, signal, async () => {
      this.fetching = { block, abort };
      try {
        signal.throwIfAborted();
        const steps = write_steps(block, this.layer.steps);
        const frames = await fetch_frames(this.key, steps, signal);
        signal.throwIfAborted();
        this.hold(frames);
      } finally {
        if (this.fetching?.abort === abort) this.fetching = null;
      }
      this.pump();
    });
  }

  private hold(frames: readonly Frame[]): void {
    const worth = new Set(this.to_hold());
    const kept = [...this.held.peek()].filter(([step]) => worth.has(step));
    this.held.value = new Map([...kept, ...frames.map((frame) => [frame.step, frame] as const)]);
  }
}
