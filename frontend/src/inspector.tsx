// Puts the inspector together: which panels each of its tabs holds.

import { LAYER_SECTIONS } from "./layer_sections";
import { FindingsPanel } from "./panels/findings/panel";
import { InspectorFrame } from "./panels/inspector_frame";
import { LayerTab } from "./panels/layer_tab";
import { NamedSelections } from "./panels/named_selections";
import { NeighborHistoryPanel } from "./panels/neighbor_history";
import { NeighborsPanel } from "./panels/neighbors_panel";
import { PredictionStrip } from "./panels/prediction_strip";
import { SampleCard } from "./panels/sample_card";
import { SelectionList } from "./panels/selection_list";
import { SelectionSummary } from "./panels/selection_summary";
import { TagBar } from "./panels/tag_bar";
import type { InspectorTab } from "./state/parts/samples";
import type { Store } from "./state/store";

export function Inspector({ store }: { store: Store }) {
  const pages: Readonly<Record<InspectorTab, () => preact.JSX.Element>> = {
    Findings: () => <FindingsPanel store={store} />,
    Layer: () => <LayerTab store={store} sections={LAYER_SECTIONS} />,
    Selection: () => (
      <>
        <SelectionSummary store={store} />
        <TagBar store={store} ids={store.samples.selectedIds()} />
        <SelectionList store={store} />
        <NamedSelections store={store} />
      </>
    ),
    Sample: () => {
      const sample = store.samples.sample.value;
      return (
        <>
          <SampleCard store={store} />
          <TagBar store={store} ids={sample === null ? [] : [sample]} />
          <PredictionStrip store={store} />
          <NeighborHistoryPanel store={store} />
          <NeighborsPanel store={store} />
        </>
      );
    },
  };
  return <InspectorFrame store={store}>{(tab) => pages[tab]()}</InspectorFrame>;
}
