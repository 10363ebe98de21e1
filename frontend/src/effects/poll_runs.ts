// Keeps up with runs that are still being recorded: asks for news, follows the last step, and makes the axes anew when it
// is time, without letting the picture jump.
import { batch, effect, untracked } from "@preact/signals";
import { type RunsWanted, readRuns, requestRuns } from "../api";
import { watchReload } from "../host";
import { poseOf, scenePositions } from "../model/scene/pose";
import { type Alignment, align, UNTURNED } from "../model/scene/rotations";
import { type Basis, isOutdated, needsRefit, takeBasis } from "../model/time/basis";
import { REFIT_MOVE } from "../model/time/moves";
import { settleRun } from "../state/actions/settle_run";
import type { FrameCache } from "../state/parts/frame_cache";
import { until } from "../state/parts/until";
import { lastStep, type Store } from "../state/store";
import type { Dimensions, Run } from "../types";

const POLL = 5000;

/** Takes the first answer, then asks every five seconds while the page can be seen, once it is seen again, and when TensorBoard reloads. */
export function keepUp(store: Store, firstAnswer: Promise<Response>, signal: AbortSignal): void {
  const what = "the list of runs";
  let answer: Promise<Response> | null = firstAnswer;
  const receive = async () => {
    const asked = requestRuns(namedRuns(store), signal, answer);
    // Whoever tries again wants another answer.
    answer = null;
    const { runs, problems, unread } = await readRuns(asked);
    batch(() => {
      store.unreadRuns.value = unread;
      if (problems.join() !== store.logdirProblems.peek().join()) {
        store.logdirProblems.value = problems;
      }
      receiveRuns(store, runs);
    });
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
    store.activity.attemptQuietly(what, signal, receive).then(answered);
  };
  effect(() => {
    if (!store.visible.value) return;
    // Nobody who comes back to the page should look at old news.
    untracked(ask);
    const timer = setInterval(ask, POLL);
    return () => clearInterval(timer);
  });
  effect(() => {
    if (store.unreadRuns.value === 0) return;
    const listed = new Set(store.runs.value?.map(({ run }) => run));
    if (Object.values(namedRuns(store)).some((run) => !listed.has(run))) ask();
  });
  watchReload(ask);
}

/** The runs that somebody has named, by an address or a bookmark say, while some are not listed yet. */
function namedRuns(store: Store): RunsWanted {
  if (store.runs.value !== null && store.unreadRuns.value === 0) return {};
  const beside = store.comparison.secondPane.value?.run ?? null;
  const [run, onto] = [store.runName.value, store.ontoRun.value];
  return {
    ...(run !== null && { run }),
    ...(onto !== null && { onto_run: onto }),
    ...(beside !== null && { with_run: beside }),
  };
}

export function receiveRuns(store: Store, runs: readonly Run[]): void {
  const before = store.runs.peek();
  if (before !== null && JSON.stringify(before) === JSON.stringify(runs)) {
    settleRun(store);
    return;
  }
  const stoodLast = store.step.peek() === lastStep(store.steps.peek());
  batch(() => {
    store.runs.value = runs;
    const steps = store.steps.value;
    if (before === null || store.run.value === null || store.layer.value === null) {
      settleRun(store);
      return;
    }
    const gone = !steps.includes(store.step.value ?? Number.NaN);
    const follows = store.display.follow.peek() && stoodLast;
    if (gone || follows) store.step.value = lastStep(steps);
  });
}

const refitting = new WeakMap<FrameCache, FrameCache>();

/** When there is twice as much to see, or all, takes a new basis and swaps once its picture of this step is there. */
export function refitIfDue(
  store: Store,
  old: FrameCache,
  make: (basis: Basis) => FrameCache,
  wanted = false,
): void {
  const run = store.run.peek();
  const layer = store.layer.peek();
  if (run === null || layer === null) return;
  const underWay = refitting.get(old);
  if (underWay !== undefined) underWay.extend(run, layer);
  const newest = underWay ?? old;
  const due = needsRefit(newest.basis, run, layer);
  if (!due && !(wanted && isOutdated(newest.basis, layer))) return;
  underWay?.stop();
  const next = make(takeBasis(run, layer));
  refitting.set(old, next);
  swap(store, old, next).catch(() => next.stop());
}

async function swap(store: Store, old: FrameCache, next: FrameCache): Promise<void> {
  const unwanted = AbortSignal.any([old.stopped, next.stopped]);
  await until(() => {
    const step = store.step.value;
    if (step === null) return false;
    next.want(step);
    return next.frames.value.has(step) && old.frames.value.has(step);
  }, unwanted);
  const step = store.step.peek() ?? 0;
  next.alignments = { 2: layOnto(old, next, step, 2), 3: layOnto(old, next, step, 3) };
  next.refits = old;
  store.motion.next = REFIT_MOVE;
  store.frames.value = next;
  old.stop();
}

function layOnto(
  old: FrameCache,
  next: FrameCache,
  step: number,
  dimensions: Dimensions,
): Alignment {
  const frame = next.frames.peek().get(step);
  const pose = old.pose(step, dimensions);
  if (frame === undefined || pose === null) return UNTURNED;
  const from = scenePositions(poseOf(frame, UNTURNED, dimensions));
  return align(from, scenePositions(pose), dimensions);
}
