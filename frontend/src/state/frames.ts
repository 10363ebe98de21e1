// The frames of one layer in one coordinate system: fetches them, the wanted step first, and holds as many as memory
// allows.
import { type ReadonlySignal, type Signal, signal, untracked } from "@preact/signals";
import { cancel_layout, fetch_frames, type ProjectionKey } from "../api";
import type { Dimensions, Frame, Layer, Pose, Progress, Run, View } from "../types";
import type { Activity } from "./activity";
import { type Basis, basis_query, continues } from "./basis";
import { missing_steps, next_block, steps_to_hold, write_steps } from "./blocks";
import { type Held, hold_still, places_of } from "./holding";
import { extent_of_poses, pose_of } from "./pose";
import { type Alignment, UNTURNED } from "./procrustes";
import { type Turn, UNTURNED_AXES } from "./turn";

/** How this projection lies on the one before it, seen flat and seen in space. */
export type Alignments = Readonly<Record<Dimensions, Alignment>>;

/** Milliseconds between two looks at a layout that the server works on. */
const LOOK = 1000;

const UNALIGNED: Alignments = { 2: UNTURNED, 3: UNTURNED };

export class Frames {
  alignments: Alignments = UNALIGNED;
  /** The frames whose place these take, laid onto them. */
  refits: Frames | null = null;
  /** From which side frames of ten components are seen. */
  turn: Turn = UNTURNED_AXES;
  /** What stays where it is while the rest moves. */
  still: Held | null = null;
  private readonly held = signal<ReadonlyMap<number, Frame>>(new Map());
  private readonly wanted: Signal<number>;
  private readonly reached = signal<Progress | null>(null);
  private readonly poses = new WeakMap<
    Frame,
    { turn: Turn; still: Held | null; of: Partial<Record<Dimensions, Pose>> }
  >();
  private readonly stopping = new AbortController();
  private fetching: { readonly block: readonly number[]; readonly abort: AbortController } | null =
    null;
  /** Whether the next request has the server start its work. */
  private starting = false;
  private looking = 0;

  constructor(
    private run: Run,
    private layer: Layer,
    readonly view: View,
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
      view: this.view,
      basis_steps: has_own_basis(this.view) ? basis_query(this.basis, this.run, this.layer) : null,
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

  /** How far the server is with a layout; null before its first answer. */
  get progress(): ReadonlySignal<Progress | null> {
    return this.reached;
  }

  /** Nothing more comes unless somebody asks for it. */
  get idle(): boolean {
    const progress = this.reached.value;
    return progress !== null && !is_under_way(progress) && !this.starting;
  }

  get stopped(): AbortSignal {
    return this.stopping.signal;
  }

  /** Whether these are the frames of that layer, as far as it was recorded when they were made. */
  shows(run: Run, layer: Layer, view: View): boolean {
    const listed = { run: this.run, layer: this.layer };
    return same_view(view, this.view) && continues(listed, { run, layer });
  }

  /** Whether both are of one layer of one recording. */
  shows_layer(other: Frames): boolean {
    const listed = { run: other.run, layer: other.layer };
    return continues({ run: this.run, layer: this.layer }, listed);
  }

  /** The run has gone on: the same frames and more. */
  extend(run: Run, layer: Layer): void {
    const grown = layer.steps.some((step) => !this.layer.steps.includes(step));
    const followed = this.reached.peek()?.state === "done" && this.view.iterative;
    this.run = run;
    this.layer = layer;
    // Whoever had all frames laid out wants the new one too: it costs a fraction of the first.
    if (grown && followed) this.starting = true;
    this.pump();
  }

  /** Has the server lay out what is missing. */
  start(): void {
    this.starting = true;
    this.pump();
  }

  /** Has the server stop; what is finished stays. */
  async cancel(): Promise<void> {
    this.starting = false;
    await cancel_layout(this.key, this.stopping.signal);
    this.pump();
  }

  want(step: number): void {
    this.wanted.value = step;
    const missing = !this.held.peek().has(step);
    // A layout's frames come in the server's order, whichever is looked at.
    if (this.view.iterative) return;
    if (missing && this.fetching !== null && !this.fetching.block.includes(step)) {
      this.fetching.abort.abort();
      this.fetching = null;
    }
    this.pump();
  }

  pose(step: number, dimensions: Dimensions): Pose | null {
    const frame = this.held.peek().get(step);
    if (frame === undefined) return null;
    const { turn } = this;
    const still = this.can_hold(this.still) ? this.still : null;
    let known = this.poses.get(frame);
    if (known?.turn !== turn || known.still !== still) known = { turn, still, of: {} };
    known.of[dimensions] ??= this.steadied(
      pose_of(frame, this.alignments[dimensions], dimensions, turn),
      dimensions,
    );
    this.poses.set(frame, known);
    return known.of[dimensions] ?? null;
  }

  /** Another recording in this one's place may have fewer samples. */
  private can_hold(still: Held | null): boolean {
    if (still === null || !this.held.peek().has(still.step)) return false;
    return (still.ids.at(-1) ?? 0) < this.layer.samples;
  }

  private steadied(pose: Pose, dimensions: Dimensions): Pose {
    const { still, turn } = this;
    const frame = still && this.held.peek().get(still.step);
    if (still === null || frame == null || !this.can_hold(still)) return pose;
    const reference = pose_of(frame, this.alignments[dimensions], dimensions, turn);
    return hold_still(pose, still.ids, places_of(reference, still.ids), dimensions);
  }

  /** All frames as they lie by themselves: holding samples still must not move the camera. */
  extent(dimensions: Dimensions): Float32Array[] {
    const alignment = this.alignments[dimensions];
    const poses = [...this.held.peek().values()].map((frame) =>
      pose_of(frame, alignment, dimensions, this.turn),
    );
    return extent_of_poses(poses);
  }

  stop(): void {
    clearTimeout(this.looking);
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
    clearTimeout(this.looking);
    const block = this.next_block();
    if (block.length === 0) return;
    const abort = new AbortController();
    const signal = AbortSignal.any([abort.signal, this.stopping.signal]);
    this.fetching = { block, abort };
    if (!block.includes(this.wanted.peek())) await this.may_prefetch;
    await this.activity.attempt_quietly(`projection of ${this.layer.name}`, signal, async () => {
      this.fetching = { block, abort };
      const work = this.starting ? "start" : "look";
      try {
        signal.throwIfAborted();
        const steps = write_steps(block, this.layer.steps);
        const { frames, progress } = await fetch_frames(this.key, steps, signal, work);
        signal.throwIfAborted();
        if (work === "start") this.starting = false;
        const before = this.reached.peek()?.layout;
        if (before !== undefined && progress.layout !== undefined && before !== progress.layout) {
          this.held.value = new Map();
        }
        this.hold(frames);
        this.reached.value = { ...progress, layout: progress.layout ?? before };
      } finally {
        if (this.fetching?.abort === abort) this.fetching = null;
      }
      this.go_on(block);
    });
  }

  private next_block(): readonly number[] {
    const held = new Set(this.held.peek().keys());
    return this.view.iterative
      ? missing_steps(this.to_hold(), held, this.layer.samples)
      : next_block(this.to_hold(), held, this.layer.samples);
  }

  /** Asks for more: at once where there is more, later where the server still works, never where it does not. */
  private go_on(asked: readonly number[]): void {
    const progress = this.reached.peek();
    const came = asked.some((step) => this.held.peek().has(step));
    if (this.starting || (came && (progress === null || progress.done > this.held.peek().size))) {
      this.pump();
    } else if (progress !== null && is_under_way(progress)) {
      this.looking = window.setTimeout(() => this.pump(), LOOK);
    } else if (!this.view.iterative) {
      this.pump();
    }
  }

  private hold(frames: readonly Frame[]): void {
    const worth = new Set(this.to_hold());
    const kept = [...this.held.peek()].filter(([step]) => worth.has(step));
    this.held.value = new Map([...kept, ...frames.map((frame) => [frame.step, frame] as const)]);
  }
}

/** Whether the axes are made from this layer's own steps. */
export function has_own_basis({ iterative, onto }: View): boolean {
  return !iterative && onto === null;
}

export function same_view(a: View, b: View): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

export function is_under_way({ state }: Progress): boolean {
  return state === "waiting" || state === "running";
}
