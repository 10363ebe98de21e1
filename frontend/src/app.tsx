// Puts the page together: the panels around the canvas.
import { render } from "preact";
import { useMemo } from "preact/hooks";
import { answerSections } from "./effects/answer_sections";
import { Inspector } from "./inspector";
import { LAYER_SECTIONS } from "./layer_sections";
import { BookmarkList } from "./panels/bookmarks";
import { CompanionBar, PaneTitle } from "./panels/companion_bar";
import { DataPanel } from "./panels/data_panel";
import { EmptyState } from "./panels/empty_state";
import { FiltersPanel } from "./panels/filters_panel";
import { GuestsLegend } from "./panels/guests_legend";
import { HelpDialog } from "./panels/help_dialog";
import { HoverCard } from "./panels/hover_card";
import { LassoOverlay } from "./panels/lasso_overlay";
import { LayoutNotice } from "./panels/layout_notice";
import { LegendPanel } from "./panels/legend_panel";
import { Notices } from "./panels/notices";
import { OverlaysMenu } from "./panels/overlays_menu";
import { QualityLine } from "./panels/quality_line";
import { SaveMenu } from "./panels/save/panel";
import { SearchField } from "./panels/search_field";
import { GuestsLine, RegionsLine, ShownLine } from "./panels/shown_line";
import { StageBar } from "./panels/stage_bar";
import { type StageHands, StagePanel } from "./panels/stage_panel";
import { Timeline } from "./panels/timeline/panel";
import { ViewPanel } from "./panels/view_panel";
import { clickSample, enclose } from "./state/actions/choose_samples";
import { clickBeside, encloseBeside } from "./state/actions/compare";
import type { Store } from "./state/store";

declare global {
  interface Window {
    /**
     * For tests and the curious: where each sample is drawn now, in the first pane or (1) the second: x, y in CSS pixels of
     * the canvas, and its depth.
     */
    tbEmbed?: {
      readonly screenPositions: (pane?: 0 | 1) => Float32Array;
      /** x, y of each new sample, without a depth. */
      readonly guestPositions: (pane?: 0 | 1) => Float32Array;
    };
  }
}

function Page({ store }: { store: Store }) {
  if (store.runs.value?.length === 0) return <EmptyState store={store} />;
  return (
    <div class="page">
      <StageBar
        store={store}
        menus={
          <>
            <OverlaysMenu store={store} />
            <SaveMenu store={store}>
              <BookmarkList store={store} />
            </SaveMenu>
          </>
        }
      >
        <SearchField store={store} />
      </StageBar>
      {store.panelOpen.value && (
        <aside class="panel" id="data-panel" aria-label="Data">
          <DataPanel store={store}>
            <ViewPanel store={store} />
          </DataPanel>
          <GuestsLegend store={store} />
          <LegendPanel store={store} />
          <FiltersPanel store={store} />
        </aside>
      )}
      <main class="centre">
        <h1 class="unseen">Embeddings</h1>
        <Panes store={store} />
      </main>
      <Inspector store={store} />
      <Timeline store={store} />
      <HelpDialog store={store} />
    </div>
  );
}

/** One picture, or two side by side. */
function Panes({ store }: { store: Store }) {
  const companion = store.companion.value;
  const hands = useMemo(() => handsOf(store), [store]);
  return (
    <div class={companion === null ? "panes" : "panes two"}>
      {companion !== null && <PaneTitle store={store} />}
      <StagePanel key="first" store={store} hands={hands.first}>
        <LassoOverlay store={store} />
        <ShownLine store={store} />
        <StageNotes store={store} />
      </StagePanel>
      {companion !== null && <CompanionBar store={store} companion={companion} />}
      {companion !== null && (
        <StagePanel key="second" store={companion} hands={hands.second}>
          <LassoOverlay store={companion} />
          <div class="shown-lines">
            <RegionsLine store={companion} />
            <GuestsLine store={companion} />
          </div>
          <StageNotes store={companion} />
        </StagePanel>
      )}
    </div>
  );
}

function StageNotes({ store }: { store: Store }) {
  return (
    <>
      <HoverCard store={store} />
      <LayoutNotice store={store} />
      <QualityLine store={store} />
      <Notices store={store} />
    </>
  );
}

/** What clicks and outlines do in either pane: the same objects as long as the page lives. */
function handsOf(store: Store) {
  const of = (click: typeof clickSample, draw: typeof enclose): StageHands => ({
    click: (sample, how) => click(store, sample, how),
    enclose: (samples, how, outline) => draw(store, samples, how, outline),
  });
  return { first: of(clickSample, enclose), second: of(clickBeside, encloseBeside) };
}

export function mount(store: Store): () => void {
  window.tbEmbed = {
    screenPositions(pane = 0) {
      const shown = pane === 0 ? store : store.companion.peek();
      return shown?.pictureExport.peek()?.screenPositions() ?? new Float32Array();
    },
    guestPositions(pane = 0) {
      const shown = pane === 0 ? store : store.companion.peek();
      return shown?.guests.screenPositions() ?? new Float32Array();
    },
  };
  const root = document.createElement("div");
  root.id = "tb-embed";
  document.body.append(root);
  const leaving = new AbortController();
  answerSections(store, LAYER_SECTIONS, leaving.signal);
  render(<Page store={store} />, root);
  return () => {
    leaving.abort();
    render(null, root);
  };
}
