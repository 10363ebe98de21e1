// Puts the inspector together: which panels each of its tabs holds.
import { InspectorFrame } from "./panels/inspector_frame";
import { NamedSelections } from "./panels/named_selections";
import { NeighborsPanel } from "./panels/neighbors_panel";
import { SampleCard } from "./panels/sample_card";
import { SelectionList } from "./panels/selection_list";
import { SelectionSummary } from "./panels/selection_summary";
import { TagBar } from "./panels/tag_bar";
import { selected_ids } from "./state/choose";
import type { InspectorTab } from "./state/choosing";
import type { Store } from "./state/store";

export function Inspector({ store }: { store: Store }) {
  const pages: Readonly<Record<InspectorTab, () => preact.JSX.Element>> = {
    Selection: () => (
      <>
        <SelectionSummary store={store} />
        <TagBar store={store} ids={selected_ids(store)} />
        <SelectionList store={store} />
        <NamedSelections store={store} />
      </>
    ),
    Sample: () => {
      const sample = store.choosing.sample.value;
      return (
        <>
          <SampleCard store={store} />
          <TagBar store={store} ids={sample === null ? [] : [sample]} />
          <NeighborsPanel store={store} />
        </>
      );
    },
  };
  return <InspectorFrame store={store}>{(tab) => pages[tab]()}</InspectorFrame>;
}
