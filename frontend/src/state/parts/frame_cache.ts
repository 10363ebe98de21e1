// The frames of one layer in one coordinate system: fetches them, the wanted step first, and holds as many as memory
// allows.
import { type ReadonlySignal, type Signal, signal, untracked } from "@preact/signals";
import { samplesKey } from "../../model/comparison/same_samples";
import { hasOwnBasis, sameView } from "../../model/projection/views";
import { isUnderWay } from "../../model/projection/waiting";
import { type Turn, UNTURNED_AXES } from "../../model/scene/components";
import { type Held, holdStill, placesOf } from "../../model/scene/hold_still";
import { extentOfPoses, poseOf } from "../../model/scene/pose";
import { type Alignment, UNTURNED } from "../../model/scene/rotations";
import { type Basis, basisQuery, continues } from "../../model/time/basis";
import { missingSteps, nextBlock, stepsToHold, writeSteps } from "../../model/time/requests";
import type { Progress } from "../../progress";
import type { Dimensions, Frame, Layer, Pose, ProjectionKey, Run, View } from "../../types";
import type { Activity } from "./activity";
import type { FrameServer } from "./frame_server";

/** How this projection lies on the one before it, seen flat and seen in space. */
export type Alignments = Readonly<Record<Dimensions, Alignment>>;

/** Milliseconds between two looks at a layout that the server works on. */
const LOOK = 1000;

const UNALIGNED: Alignments = { 2: UNTURNED, 3: UNTURNED };

export class FrameCache {
  alignments: Alignments = UNALIGNED;
  /** The frames whose place these take, laid onto them. */
  refits: FrameCache | null = null;
  /** From which side frames of ten components are seen. */
  turn: Turn = UNTURNED_AXES;
  /** What stays where it is while the rest moves. */
  still: Held | null = null;
  /** A fair part of the samples was there before all of them. */
  began = false;
  private readonly held = signal<ReadonlyMap<number, Frame>>(new Map());
  private readonly sampled = signal<Frame | null>(null);
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
  private readonly starting = signal(false);
  private looking = 0;

  constructor(
    private run: Run,
    private layer: Layer,
    readonly view: View,
    readonly basis: Basis,
    wanted: number,
    private readonly activity: Activity,
    /** The other steps wait for this: nothing may compete with the first picture. */
    private readonly mayPrefetch: Promise<void>,
    private readonly server: FrameServer,
  ) {
    this.wanted = signal(wanted);
    this.pump();
  }

  get frames(): ReadonlySignal<ReadonlyMap<number, Frame>> {
    return this.held;
  }

  /** Where a fair part of very many samples lies, until all of them are there. */
  get sample(): ReadonlySignal<Frame | null> {
    return this.sampled;
  }

  get key(): ProjectionKey {
    return {
      run: this.run.run,
      layer: this.layer.name,
      version: this.layer.version,
      view: this.view,
      basisSteps: hasOwnBasis(this.view) ? basisQuery(this.basis, this.run, this.layer) : null,
    };
  }

  /** The step that somebody waits for, null when it is there. */
  get awaited(): number | null {
    return this.held.value.has(this.wanted.value) ? null : this.wanted.value;
  }

  get complete(): boolean {
    const held = this.held.value;
    return this.toHold().every((step) => held.has(step));
  }

  /** How far the server is with a layout; null before its first answer. */
  get progress(): ReadonlySignal<Progress | null> {
    return this.reached;
  }

  /** Nothing more comes unless somebody asks for it. */
  get idle(): boolean {
    const progress = this.reached.value;
    return progress !== null && !isUnderWay(progress) && !this.starting.value;
  }

  /** The server has been asked to begin, or works already. */
  get underWay(): boolean {
    const progress = this.reached.value;
    return this.starting.value || (progress !== null && isUnderWay(progress));
  }

  /** Equal for frames of the same samples. */
  get samples(): string {
    return samplesKey(this.run.run, this.layer);
  }

  get stopped(): AbortSignal {
    return this.stopping.signal;
  }

  /** Whether these are the frames of that layer, as far as it was recorded when they were made. */
  shows(run: Run, layer: Layer, view: View): boolean {
    const listed = { run: this.run, layer: this.layer };
    return sameView(view, this.view) && continues(listed, { run, layer });
  }

  /** Whether both are of one layer of one recording. */
  showsLayer(other: FrameCache): boolean {
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
    if (grown && followed) this.starting.value = true;
    this.pump();
  }

  /** Has the server lay out what is missing. */
  start(): void {
    this.starting.value = true;
    this.pump();
  }

  /** Has the server stop; what is finished stays. */
  async cancel(): Promise<void> {
    this.starting.value = false;
    await this.server.cancelLayout(this.key, this.stopping.signal);
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
    return frame === undefined ? null : this.poseAmong(frame, frame, dimensions);
  }

  /** Where others than the samples are drawn at a step, which go along with its samples. */
  poseOfGuests(guests: Frame, dimensions: Dimensions): Pose | null {
    const frame = this.held.peek().get(guests.step);
    return frame === undefined ? null : this.poseAmong(guests, frame, dimensions);
  }

  private poseAmong(drawn: Frame, frame: Frame, dimensions: Dimensions): Pose {
    const { turn } = this;
    const still = this.canHold(this.still) ? this.still : null;
    let known = this.poses.get(drawn);
    if (known?.turn !== turn || known.still !== still) known = { turn, still, of: {} };
    known.of[dimensions] ??= this.steadied(drawn, frame, dimensions);
    this.poses.set(drawn, known);
    return known.of[dimensions];
  }

  /** Another recording in this one's place may have fewer samples. */
  private canHold(still: Held | null): boolean {
    if (still === null || !this.held.peek().has(still.step)) return false;
    return (still.ids.at(-1) ?? 0) < this.layer.samples;
  }

  private steadied(drawn: Frame, frame: Frame, dimensions: Dimensions): Pose {
    const { still, turn } = this;
    const pose = (one: Frame) => poseOf(one, this.alignments[dimensions], dimensions, turn);
    const there = still && this.held.peek().get(still.step);
    if (still === null || there == null || !this.canHold(still)) return pose(drawn);
    const places = placesOf(pose(there), still.ids);
    return holdStill(pose(frame), still.ids, places, dimensions, pose(drawn));
  }

  /** Frames as they lie by themselves, of one step or all: holding samples still must not move the camera. */
  extent(dimensions: Dimensions, step: number | null): Float32Array[] {
    const alignment = this.alignments[dimensions];
    const poses = [...this.held.peek()]
      .filter(([one]) => step === null || one === step)
      .map(([, frame]) => poseOf(frame, alignment, dimensions, this.turn));
    return extentOfPoses(poses);
  }

  stop(): void {
    clearTimeout(this.looking);
    this.stopping.abort();
  }

  private toHold(): readonly number[] {
    return stepsToHold(this.layer.steps, this.wanted.value, this.layer.samples);
  }

  /** Asks the server for what is missing. */
  pump(): void {
    untracked(() => this.fetchNext());
  }

  private async fetchNext(): Promise<void> {
    if (this.fetching !== null || this.stopping.signal.aborted) return;
    clearTimeout(this.looking);
    const block = this.nextBlock();
    if (block.length === 0) return;
    const abort = new AbortController();
    const signal = AbortSignal.any([abort.signal, this.stopping.signal]);
    this.fetching = { block, abort };
    if (!block.includes(this.wanted.peek())) await this.mayPrefetch;
    // Whoever tries again what was refused wants the same.
    const work = this.starting.peek() ? "start" : "look";
    await this.activity.attemptQuietly(`projection of ${this.layer.name}`, signal, async () => {
      this.fetching = { block, abort };
      try {
        signal.throwIfAborted();
        if (this.held.peek().size === 0) await this.fetchSample(signal);
        const steps = writeSteps(block, this.layer.steps);
        const { frames, progress } = await this.server.fetchFrames(this.key, steps, signal, work);
        signal.throwIfAborted();
        const before = this.reached.peek()?.layout;
        if (before !== undefined && progress.layout !== undefined && before !== progress.layout) {
          this.held.value = new Map();
        }
        this.hold(frames);
        this.reached.value = { ...progress, layout: progress.layout ?? before };
      } finally {
        if (work === "start") this.starting.value = false;
        if (this.fetching?.abort === abort) this.fetching = null;
      }
      this.goOn(block);
    });
  }

  private async fetchSample(signal: AbortSignal): Promise<void> {
    const sample = await this.server.fetchSample?.(this.key, this.wanted.peek(), signal);
    signal.throwIfAborted();
    if (sample == null) return;
    this.began = true;
    this.sampled.value = sample;
  }

  private nextBlock(): readonly number[] {
    const held = new Set(this.held.peek().keys());
    return this.view.iterative
      ? missingSteps(this.toHold(), held, this.layer.samples)
      : nextBlock(this.toHold(), held, this.layer.samples);
  }

  /** Asks for more: at once where there is more, later where the server still works, never where it does not. */
  private goOn(asked: readonly number[]): void {
    const progress = this.reached.peek();
    const came = asked.some((step) => this.held.peek().has(step));
    if (
      this.starting.peek() ||
      (came && (progress === null || progress.done > this.held.peek().size))
    ) {
      this.pump();
    } else if (progress !== null && isUnderWay(progress)) {
      this.looking = window.setTimeout(() => this.pump(), LOOK);
    } else if (!this.view.iterative) {
      this.pump();
    }
  }

  private hold(frames: readonly Frame[]): void {
    const worth = new Set(this.toHold());
    const kept = [...this.held.peek()].filter(([step]) => worth.has(step));
    this.held.value = new Map([...kept, ...frames.map((frame) => [frame.step, frame] as const)]);
    if (frames.length > 0) this.sampled.value = null;
  }
}
