// Lets follow what must follow when the store changes: which requests, which moves. The table of contents is `start`.
import { batch } from "@preact/signals";
import { fetchEngines } from "../api";
import { fetchCatalog } from "../measures_api";
import { followBookmarks } from "./bookmarking";
import { keepCompanion } from "./companion";
import { keepAddress, openAddress } from "./keep_address";
import { keepChoices } from "./keeping";
import { keepUp } from "./live";
import { loadMeasured } from "./measured";
import { watchNeighbors } from "./neighbors";
import { loadPicture } from "./picture";
import { playOnWish } from "./playing";
import { tryPatterns } from "./searching";
import type { Store } from "./store";
import { tourOnWish } from "./touring";
import { until } from "./until";

export function start(store: Store, firstAnswer: Promise<Response>, signal: AbortSignal): void {
  loadPicture(store, signal);
  loadEngines(store, signal);
  loadCatalog(store, signal);
  tourOnWish(store);
  playOnWish(store, signal);
  keepChoices(store);
  tryPatterns(store, signal);
  followBookmarks(store);
  watchNeighbors(store, signal);
  loadMeasured(store, signal);
  keepCompanion(store);
  openAddress(store, signal);
  keepUp(store, firstAnswer, signal);
  keepAddress(store, signal);
}

/** Whether there is a choice of views at all is not worth a request before the first picture. */
function loadEngines(store: Store, signal: AbortSignal): void {
  const load = async () => {
    await until(() => store.firstPicture.value || store.view.value === null, signal);
    const engines = await fetchEngines(signal);
    batch(() => {
      store.engines.value = engines;
      const known = engines.some(({ name }) => name === store.engine.peek());
      // An address may name what another version of us has.
      if (!known) store.engine.value = "pca";
    });
  };
  store.activity.attemptQuietly("the list of views", signal, load);
}

/** As the views: what samples can be colored by. */
function loadCatalog(store: Store, signal: AbortSignal): void {
  const load = async () => {
    await until(() => store.firstPicture.value || store.view.value === null, signal);
    store.measuring.catalog.value = await fetchCatalog(signal);
  };
  store.activity.attemptQuietly("the list of what is measured", signal, load);
}
