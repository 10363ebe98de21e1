// Starts the page: the store, the requests, and what TensorBoard's page around us tells. Knows nothing of drawing, so that
// the requests are on their way while the code that draws still loads.

import { start as startSession } from "./effects/session";
import { borrowFonts, watchRoom, watchTheme, watchVisibility } from "./host";
import { listenForKeys } from "./keys";
import { pause } from "./pause";
import { createStore } from "./state/new_store";
import { until } from "./state/parts/until";
import type { Store } from "./state/store";
import shared from "./style/index.css?inline";

/** The styles of single panels, after those that they share. */
const OF_PANELS = import.meta.glob<string>("./panels/*/style.css", {
  query: "?inline",
  import: "default",
  eager: true,
});

/** Below this the data panel leaves the stage too little room, and starts folded. */
const WIDE = 720;
/** From here on there is room for a second panel that opens by itself, and for two panes between both. */
const ROOM_TO_INSPECT = 1200;
const ROOM_TO_COMPARE = 1800;

/** Milliseconds without a page that nobody takes for an empty one. */
const PATIENCE = 200;

/** The part of the page that shows the store. */
export interface DrawingPart {
  /** Shows it in the document; the answer takes it away again. */
  mount(store: Store): () => void;
}

export async function start(
  firstAnswer: Promise<Response>,
  drawingPart: Promise<DrawingPart>,
): Promise<void> {
  const leaving = new AbortController();
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const store = createStore(() => still.matches, window.innerWidth >= WIDE);
  startSession(store, firstAnswer, leaving.signal);
  dressDocument();
  watchTheme((theme) => {
    store.theme.value = theme;
    document.documentElement.dataset.theme = theme;
  }, leaving.signal);
  watchVisibility((visible) => {
    store.visible.value = visible;
  }, leaving.signal);
  const rooms = [
    [ROOM_TO_INSPECT, store.samples.wideEnough],
    [ROOM_TO_COMPARE, store.comparison.wideEnough],
  ] as const;
  for (const [width, room] of rooms) {
    watchRoom(
      width,
      (wide) => {
        room.value = wide;
      },
      leaving.signal,
    );
  }
  listenForKeys(store, leaving.signal);
  const { mount } = await drawingPart;
  await asked(store, leaving.signal);
  const unmount = mount(store);
  window.addEventListener("pagehide", (event) => {
    // A page that is kept for the way back goes on living.
    if (event.persisted) return;
    leaving.abort();
    unmount();
  });
}

/**
 * Resolves once the first picture was asked for: the page is built while the server works on it. Where the list of runs does
 * not come at once, there is nothing to ask for, and the page says that it waits.
 */
async function asked(store: Store, signal: AbortSignal): Promise<void> {
  const listed = until(() => store.runs.value !== null, signal);
  await Promise.race([listed, pause(PATIENCE, signal)]);
}

/** TensorBoard's frame has no language, no title and no viewport of its own. */
function dressDocument(): void {
  document.documentElement.lang = "en";
  document.title = "Embeddings";
  const viewport = document.createElement("meta");
  viewport.name = "viewport";
  viewport.content = "width=device-width, initial-scale=1";
  document.head.append(viewport);
  for (const css of [shared, ...Object.values(OF_PANELS)]) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    document.adoptedStyleSheets.push(sheet);
  }
  borrowFonts();
}
