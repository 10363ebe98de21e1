// What the lists of samples have in common: what is seen of each, and what pointing at it and choosing it does.

import { coloringValue } from "../derived/colors";
import type { Store } from "../store";
import { clickSample } from "./choose_samples";

export function sampleListProps(store: Store) {
  return {
    sprites: store.sprites.value,
    chosen: store.samples.sample.value,
    choose: (sample: number) => clickSample(store, sample, "replace"),
    point: (sample: number | null) => store.samples.pointAt(sample),
    sampleValue: coloringValue(store),
  };
}
