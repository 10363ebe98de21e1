// What the lists of samples have in common: what is seen of each, and what pointing at it and choosing it does.
import { click_sample, point_at } from "./choose";
import { coloring_value } from "./colors";
import type { Store } from "./store";

export function listed(store: Store) {
  return {
    sprites: store.sprites.value,
    chosen: store.choosing.sample.value,
    choose: (sample: number) => click_sample(store, sample, "replace"),
    point: (sample: number | null) => point_at(store, sample),
    value_of: coloring_value(store),
  };
}
