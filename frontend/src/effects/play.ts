// Connects the rules of playing with the store: plays while the store says so.

import { effect, untracked } from "@preact/signals";
import type { Move } from "../model/time/moves";
import { type Player, play } from "../model/time/playback";
import { pause } from "../pause";
import { placeOfStep } from "../state/actions/choose_view";
import { stepBeside } from "../state/actions/compare";
import { until } from "../state/parts/until";
import type { Store } from "../state/store";

export function playOnWish(store: Store, signal: AbortSignal): void {
  effect(() => {
    if (!store.playing.value) return;
    const stopping = new AbortController();
    const stopped = AbortSignal.any([signal, stopping.signal]);
    untracked(() => play(playerOf(store, stopped)))
      .then(() => {
        store.playing.value = false;
      })
      // The only way to fail is to be stopped.
      .catch(() => {});
    return () => stopping.abort();
  });
}

function playerOf(store: Store, stopped: AbortSignal): Player {
  const stepAt = (place: number) => store.steps.peek()[place] ?? 0;
  return {
    place: () => placeOfStep(store),
    count: () => store.steps.peek().length,
    speed: () => store.speed.peek(),
    loops: () => store.display.loop.peek(),
    ready(place) {
      const step = stepAt(place);
      const beside = stepBeside(store, step);
      const companion = store.companion.peek();
      want(store, step);
      if (companion !== null && beside !== null) want(companion, beside);
      return until(() => {
        const second = store.companion.value;
        // What nobody has laid out there is not waited for.
        const idle = second === null || beside === null || second.frames.value?.idle === true;
        return store.visible.value && holds(store, step) && (idle || holds(second, beside));
      }, stopped);
    },
    async go(place: number, move: Move) {
      store.motion.next = move;
      const companion = store.companion.peek();
      if (companion !== null) companion.motion.next = move;
      store.step.value = stepAt(place);
      const started = performance.now();
      await store.motion.ended;
      // Where motion is reduced the picture jumps, and then stands as long as the move would have taken.
      await pause(move.duration - (performance.now() - started), stopped);
    },
    rest: (milliseconds) => pause(milliseconds, stopped),
  };
}

function want(store: Store, step: number): void {
  store.frames.peek()?.want(step);
}

function holds(store: Store, step: number): boolean {
  return store.frames.value?.frames.value.has(step) ?? false;
}
