// Lets follow what must follow when the store changes: which requests, which moves. The table of contents is `start`.
import { batch } from "@preact/signals";
import { fetchEngines } from "../api";
import { watchWaiting } from "../ask_server";
import { fetchCatalog } from "../measures_api";
import { settleEngine } from "../state/actions/settle_run";
import { until } from "../state/parts/until";
import type { Store } from "../state/store";
import { followMistakes } from "./follow_mistakes";
import { tourOnWish } from "./grand_tour";
import { loadMeasured } from "./load_measures";
import { watchNeighbors } from "./load_neighbors";
import { loadPicture } from "./load_picture";
import { followBookmarks } from "./open_bookmarks";
import { playOnWish } from "./play";
import { keepUp } from "./poll_runs";
import { keepChoices } from "./remember_choices";
import { tryPatterns } from "./search_samples";
import { keepCompanion } from "./second_pane";
import { keepAddress, openAddress } from "./sync_address";

export function start(store: Store, firstAnswer: Promise<Response>, signal: AbortSignal): void {
  watchWaiting((waits) => {
    store.activity.busy.value = waits;
  });
  loadPicture(store, signal);
  loadEngines(store, signal);
  loadCatalog(store, signal);
  tourOnWish(store);
  playOnWish(store, signal);
  keepChoices(store);
  tryPatterns(store, signal);
  followBookmarks(store);
  followMistakes(store);
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
      settleEngine(store);
    });
  };
  store.activity.attemptQuietly("the list of views", signal, load);
}

/** As the views: what samples can be colored by. */
function loadCatalog(store: Store, signal: AbortSignal): void {
  const load = async () => {
    await until(() => store.firstPicture.value || store.view.value === null, signal);
    store.measures.catalog.value = await fetchCatalog(signal);
  };
  store.activity.attemptQuietly("the list of what is measured", signal, load);
}
