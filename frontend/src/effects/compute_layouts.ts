// Layouts that start by themselves, and what may be said of how long those under way still take.
import { effect, untracked } from "@preact/signals";
import { isUnderWay, nextEstimate, startsByItself } from "../model/projection/waiting";
import type { FrameCache } from "../state/parts/frame_cache";
import type { Store } from "../state/store";

/** Milliseconds until a server that works on something else is looked at again. */
const LATER = 1000;

export function computeLayouts(store: Store, signal: AbortSignal): void {
  startShortOnes(store, signal);
  followEstimate(store);
}

function startShortOnes(store: Store, signal: AbortSignal): void {
  let again = 0;
  signal.addEventListener("abort", () => clearTimeout(again));
  effect(() => {
    clearTimeout(again);
    const frames = store.frames.value;
    const progress = frames?.progress.value ?? null;
    const facts = store.engines.value.find(({ name }) => name === frames?.view.engine);
    const chosenByHand = store.picture.chosenByHand.value;
    store.picture.startsLater.value = false;
    if (frames === null || progress === null || !frames.view.iterative) return;
    const decision = startsByItself({
      state: progress.state,
      expectedSeconds: progress.expected_seconds,
      jobs: progress.jobs ?? 0,
      chosenByHand,
      available: facts?.unavailable === null,
    });
    if (decision === "yes") untracked(() => frames.start());
    store.picture.startsLater.value = decision === "later";
    if (decision === "later") again = window.setTimeout(() => frames.pump(), LATER);
  });
}

/** An estimate is that of one layout: another one begins anew, and so does one that is started again. */
function followEstimate(store: Store): void {
  let of: FrameCache | null = null;
  effect(() => {
    const frames = store.frames.value;
    const progress = frames?.progress.value ?? null;
    const { estimate } = store.picture;
    const before = of === frames ? estimate.peek() : null;
    of = frames;
    const shown = progress !== null && isUnderWay(progress);
    estimate.value = shown ? nextEstimate(before, progress) : null;
  });
}
