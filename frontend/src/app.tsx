// Puts the page together: one store, the panels around the canvas, and what TensorBoard's page around us tells.
import { render } from "preact";
import { borrow_fonts, watch_theme, watch_visibility } from "./host";
import { listen_for_keys } from "./keys";
import { DataPanel } from "./panels/data_panel";
import { EmptyState } from "./panels/empty_state";
import { HelpDialog } from "./panels/help_dialog";
import { HoverCard } from "./panels/hover_card";
import { LegendPanel } from "./panels/legend_panel";
import { Notices } from "./panels/notices";
import { QualityLine } from "./panels/quality_line";
import { StageBar } from "./panels/stage_bar";
import { StagePanel } from "./panels/stage_panel";
import { Timeline } from "./panels/timeline";
import { start as start_session } from "./state/session";
import { create_store, type Store } from "./state/store";
import css from "./style/index.css?inline";

/** Below this the data panel leaves the stage too little room, and starts folded. */
const WIDE = 720;

export function start(first_answer: Promise<Response>): void {
  dress_document();
  const leaving = new AbortController();
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const store = create_store(() => still.matches, window.innerWidth >= WIDE);
  watch_theme((theme) => {
    store.theme.value = theme;
    document.documentElement.dataset.theme = theme;
  }, leaving.signal);
  watch_visibility((visible) => {
    store.visible.value = visible;
  }, leaving.signal);
  listen_for_keys(store, leaving.signal);
  // The requests go out before the canvas is set up, which keeps the processor busy for a while.
  start_session(store, first_answer, leaving.signal);
  const unmount = mount(store);
  window.addEventListener("pagehide", (event) => {
    // A page that is kept for the way back goes on living.
    if (event.persisted) return;
    leaving.abort();
    unmount();
  });
}

function Page({ store }: { store: Store }) {
  if (store.runs.value?.length === 0) return <EmptyState />;
  return (
    <div class="page">
      {store.panel_open.value && (
        <aside class="panel" id="data-panel" aria-label="Data">
          <DataPanel store={store} />
          <LegendPanel store={store} />
        </aside>
      )}
      <main class="centre">
        <StageBar store={store} />
        <StagePanel store={store}>
          <HoverCard store={store} />
          <QualityLine store={store} />
          <Notices store={store} />
        </StagePanel>
      </main>
      <Timeline store={store} />
      <HelpDialog store={store} />
    </div>
  );
}

function mount(store: Store): () => void {
  const root = document.createElement("div");
  root.id = "tb-embed";
  document.body.append(root);
  render(<Page store={store} />, root);
  return () => render(null, root);
}

/** TensorBoard's frame has no language, no title and no viewport of its own. */
function dress_document(): void {
  document.documentElement.lang = "en";
  document.title = "Embeddings";
  const viewport = document.createElement("meta");
  viewport.name = "viewport";
  viewport.content = "width=device-width, initial-scale=1";
  document.head.append(viewport);
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  document.adoptedStyleSheets.push(sheet);
  borrow_fonts();
}
