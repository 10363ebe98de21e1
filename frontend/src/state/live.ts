// Keeps up with runs that are still being recorded: asks for news, follows the last step, and makes the axes anew when it
// is time, without letting the picture jump.
import { batch, effect } from "@preact/signals";
import { read_runs, request_runs } from "../api";
import { watch_reload } from "../host";
import type { Dimensions, Run } from "../types";
import { type Basis, is_outdated, needs_refit, take_basis } from "./basis";
import type { Frames } from "./frames";
import { choose_run } from "./intents";
import { REFIT_MOVE } from "./motion";
import { pose_of, scene_positions } from "./pose";
import { type Alignment, align, UNTURNED } from "./procrustes";
import { last_step, type Store } from "./store";
import { until } from "./until";

const POLL = 5000;

/** Takes the first answer, then asks every five seconds while the page can be seen, and when TensorBoard reloads. */
export function keep_up(store: Store, first_answer: Promise<Response>, signal: AbortSignal): void {
  const what = "the list of runs";
  let answer: Promise<Response> | null = first_answer;
  const receive = async () => {
    const asked = answer ?? request_runs(signal);
    // Whoever tries again wants another answer.
    answer = null;
    const { runs, problems } = await read_runs(asked);
    if (problems.join() !== store.logdir_problems.peek().join()) {
      store.logdir_problems.value = problems;
    }
    receive_runs(store, runs);
  };
  let asking = true;
  const answered = () => {
    asking = false;
  };
  store.activity.attempt(what, signal, receive).then(answered);
  // One question at a time: behind a server that hangs they would queue up.
  const ask = () => {
    if (asking) return;
    asking = true;
    store.activity.attempt_quietly(what, signal, receive).then(answered);
  };
  effect(() => {
    if (!store.visible.value) return;
    const timer = setInterval(ask, POLL);
    return () => clearInterval(timer);
  });
  watch_reload(ask);
}

export function receive_runs(store: Store, runs: readonly Run[]): void {
  const before = store.runs.peek();
  if (before !== null && JSON.stringify(before) === JSON.stringify(runs)) return;
  const stood_last = store.step.peek() === last_step(store.steps.peek());
  batch(() => {
    store.runs.value = runs;
    const steps = store.steps.value;
    if (store.run.value === null || store.layer.value === null) {
      const first = runs.find(({ layers }) => layers.length > 0) ?? runs[0];
      const named = store.run.value ?? first;
      if (named !== undefined) choose_run(store, named.run);
      return;
    }
    const gone = !steps.includes(store.step.value ?? Number.NaN);
    const follows = store.showing.follow.peek() && stood_last && before !== null;
    if (gone || follows) store.step.value = last_step(steps);
  });
}

const refitting = new WeakMap<Frames, Frames>();

/** When there is twice as much to see, or all, takes a new basis and swaps once its picture of this step is there. */
export function refit_if_due(
  store: Store,
  old: Frames,
  make: (basis: Basis) => Frames,
  wanted = false,
): void {
  const run = store.run.peek();
  const layer = store.layer.peek();
  if (run === null || layer === null) return;
  const under_way = refitting.get(old);
  if (under_way !== undefined) under_way.extend(run, layer);
  const newest = under_way ?? old;
  const due = needs_refit(newest.basis, run, layer);
  if (!due && !(wanted && is_outdated(newest.basis, layer))) return;
  under_way?.stop();
  const next = make(take_basis(run, layer));
  refitting.set(old, next);
  swap(store, old, next).catch(() => next.stop());
}

async function swap(store: Store, old: Frames, next: Frames): Promise<void> {
  const unwanted = AbortSignal.any([old.stopped, next.stopped]);
  await until(() => {
    const step = store.step.value;
    if (step === null) return false;
    next.want(step);
    return next.frames.value.has(step) && old.frames.value.has(step);
  }, unwanted);
  const step = store.step.peek() ?? 0;
  next.alignments = { 2: lay_onto(old, next, step, 2), 3: lay_onto(old, next, step, 3) };
  next.refits = old;
  store.motion.next = REFIT_MOVE;
  store.frames.value = next;
  old.stop();
}

function lay_onto(old: Frames, next: Frames, step: number, dimensions: Dimensions): Alignment {
  const frame = next.frames.peek().get(step);
  const pose = old.pose(step, dimensions);
  if (frame === undefined || pose === null) return UNTURNED;
  const from = scene_positions(pose_of(frame, UNTURNED, dimensions));
  return align(from, scene_positions(pose), dimensions);
}
