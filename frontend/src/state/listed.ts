// What the lists of samples have in common: what is seen of each, and what pointing at it and choosing it does.
import { clickSample, pointAt } from "./choose";
import { coloringValue } from "./colors";
import type { Store } from "./store";

export function listed(store: Store) {
  return {
    sprites: store.sprites.value,
    chosen: store.choosing.sample.value,
    choose: (sample: number) => clickSample(store, sample, "replace"),
    point: (sample: number | null) => pointAt(store, sample),
    sampleValue: coloringValue(store),
  };
}
