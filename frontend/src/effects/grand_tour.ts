// A grand tour: the view turns slowly through all components, from where it stands, as long as the store says so.
import { effect, untracked } from "@preact/signals";
import { type Turn, tour, UNTURNED_AXES } from "../model/scene/components";
import type { Store } from "../state/store";

export function tourOnWish(store: Store): void {
  effect(() => {
    if (!store.touring.value || !store.visible.value) return;
    const from: Turn = untracked(() => store.turn.value) ?? UNTURNED_AXES;
    const start = performance.now();
    let frame = requestAnimationFrame(function turn(now: number) {
      store.turn.value = tour(from, (now - start) / 1000, store.dimensions.peek());
      frame = requestAnimationFrame(turn);
    });
    return () => cancelAnimationFrame(frame);
  });
}
