// Lets follow what must follow when the store changes: which requests, which moves. The table of contents is `start`.
import { batch } from "@preact/signals";
import { fetch_engines } from "../api";
import { fetch_catalog } from "../measures_api";
import { follow_bookmarks } from "./bookmarking";
import { keep_companion } from "./companion";
import { keep_address, open_address } from "./keep_address";
import { keep_choices } from "./keeping";
import { keep_up } from "./live";
import { load_measured } from "./measured";
import { watch_neighbors } from "./neighbors";
import { load_picture } from "./picture";
import { play_on_wish } from "./playing";
import { try_patterns } from "./searching";
import type { Store } from "./store";
import { tour_on_wish } from "./touring";
import { until } from "./until";

export function start(store: Store, first_answer: Promise<Response>, signal: AbortSignal): void {
  load_picture(store, signal);
  load_engines(store, signal);
  load_catalog(store, signal);
  tour_on_wish(store);
  play_on_wish(store, signal);
  keep_choices(store);
  try_patterns(store, signal);
  follow_bookmarks(store);
  watch_neighbors(store, signal);
  load_measured(store, signal);
  keep_companion(store);
  open_address(store, signal);
  keep_up(store, first_answer, signal);
  keep_address(store, signal);
}

/** Whether there is a choice of views at all is not worth a request before the first picture. */
function load_engines(store: Store, signal: AbortSignal): void {
  const load = async () => {
    await until(() => store.first_picture.value || store.view.value === null, signal);
    const engines = await fetch_engines(signal);
    batch(() => {
      store.engines.value = engines;
      const known = engines.some(({ name }) => name === store.engine.peek());
      // An address may name what another version of us has.
      if (!known) store.engine.value = "pca";
    });
  };
  store.activity.attempt_quietly("the list of views", signal, load);
}

/** As the views: what samples can be colored by. */
function load_catalog(store: Store, signal: AbortSignal): void {
  const load = async () => {
    await until(() => store.first_picture.value || store.view.value === null, signal);
    store.measuring.catalog.value = await fetch_catalog(signal);
  };
  store.activity.attempt_quietly("the list of what is measured", signal, load);
}
