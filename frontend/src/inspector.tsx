// Puts the inspector together: which panels each of its tabs holds.
import { CkaPanel } from "./panels/cka_panel";
import { ClassPairPanel } from "./panels/class_pair_panel";
import { ConfusionPanel } from "./panels/confusion_panel";
import { CurvesPanel } from "./panels/curves_panel";
import { DataMapPanel } from "./panels/data_map_panel";
import { FindingsPanel } from "./panels/findings_panel";
import { InspectorFrame } from "./panels/inspector_frame";
import { LayerSections } from "./panels/layer_sections";
import { NamedSelections } from "./panels/named_selections";
import { NeighborHistoryPanel } from "./panels/neighbor_history";
import { NeighborsPanel } from "./panels/neighbors_panel";
import { PredictionStrip } from "./panels/prediction_strip";
import { RunsPanel } from "./panels/runs_panel";
import { SampleCard } from "./panels/sample_card";
import { SelectionList } from "./panels/selection_list";
import { SelectionSummary } from "./panels/selection_summary";
import { TagBar } from "./panels/tag_bar";
import { UnitsPanel } from "./panels/units_panel";
import type { Section } from "./state/parts/measures";
import type { InspectorTab } from "./state/parts/samples";
import type { Store } from "./state/store";

export function Inspector({ store }: { store: Store }) {
  const sections: Readonly<Record<Section, () => preact.JSX.Element>> = {
    Curves: () => <CurvesPanel store={store} />,
    CKA: () => <CkaPanel store={store} />,
    Confusion: () => <ConfusionPanel store={store} />,
    "Data map": () => <DataMapPanel store={store} />,
    "Class pair": () => <ClassPairPanel store={store} />,
    Units: () => <UnitsPanel store={store} />,
    Runs: () => <RunsPanel store={store} />,
  };
  const pages: Readonly<Record<InspectorTab, () => preact.JSX.Element>> = {
    Findings: () => <FindingsPanel store={store} />,
    Layer: () => <LayerSections store={store}>{(section) => sections[section]()}</LayerSections>,
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
