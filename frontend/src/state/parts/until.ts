// Waits for the store to come into a certain state.
import { effect } from "@preact/signals";

/** Resolves once `holds` is true; rejects when nobody waits any more. */
export function until(holds: () => boolean, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const ended = new AbortController();
    const stop = effect(() => {
      if (!ended.signal.aborted && holds()) {
        ended.abort();
        resolve();
      }
    });
    // The effect cannot stop itself while it runs for the first time.
    if (ended.signal.aborted) return stop();
    ended.signal.addEventListener("abort", stop);
    const giveUp = () => {
      ended.abort();
      reject(signal.reason);
    };
    signal.addEventListener("abort", giveUp, { once: true, signal: ended.signal });
  });
}
