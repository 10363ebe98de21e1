// Puts the page together: the panels around the canvas.
import { render } from "preact";
import { Inspector } from "./inspector";
import { BookmarkList } from "./panels/bookmarks";
import { DataPanel } from "./panels/data_panel";
import { EmptyState } from "./panels/empty_state";
import { FiltersPanel } from "./panels/filters_panel";
import { HelpDialog } from "./panels/help_dialog";
import { HoverCard } from "./panels/hover_card";
import { LayoutNotice } from "./panels/layout_notice";
import { LegendPanel } from "./panels/legend_panel";
import { Notices } from "./panels/notices";
import { QualityLine } from "./panels/quality_line";
import { SaveMenu } from "./panels/save_menu";
import { SearchField } from "./panels/search_field";
import { ShowMenu } from "./panels/show_menu";
import { ShownLine } from "./panels/shown_line";
import { SketchOverlay } from "./panels/sketch_overlay";
import { StageBar } from "./panels/stage_bar";
import { StagePanel } from "./panels/stage_panel";
import { Timeline } from "./panels/timeline";
import { ViewPanel } from "./panels/view_panel";
import type { Store } from "./state/store";

function Page({ store }: { store: Store }) {
  if (store.runs.value?.length === 0) return <EmptyState />;
  return (
    <div class="page">
      {store.panel_open.value && (
        <aside class="panel" id="data-panel" aria-label="Data">
          <DataPanel store={store}>
            <ViewPanel store={store} />
          </DataPanel>
          <LegendPanel store={store} />
          <FiltersPanel store={store} />
        </aside>
      )}
      <main class="centre">
        <h1 class="unseen">Embeddings</h1>
        <StageBar
          store={store}
          menu={
            <>
              <ShowMenu store={store} />
              <SaveMenu store={store}>
                <BookmarkList store={store} />
              </SaveMenu>
            </>
          }
        >
          <SearchField store={store} />
        </StageBar>
        <StagePanel store={store}>
          <SketchOverlay store={store} />
          <ShownLine store={store} />
          <HoverCard store={store} />
          <LayoutNotice store={store} />
          <QualityLine store={store} />
          <Notices store={store} />
        </StagePanel>
      </main>
      <Inspector store={store} />
      <Timeline store={store} />
      <HelpDialog store={store} />
    </div>
  );
}

export function mount(store: Store): () => void {
  const root = document.createElement("div");
  root.id = "tb-embed";
  document.body.append(root);
  render(<Page store={store} />, root);
  return () => render(null, root);
}
