// The inspector's frame: its tabs and the page of the one that is chosen.
import type { ComponentChildren } from "preact";

import { INSPECTOR_TABS, type InspectorTab } from "../state/parts/samples";
import type { Store } from "../state/store";

const TITLES: Readonly<Record<InspectorTab, string>> = {
  Findings: "Warnings, and lists of samples worth a look",
  Selection: "The selected samples: images, table, tags",
  Sample: "One sample: its row, predictions, neighbors",
  Layer: "Measures of this layer over the training",
};

interface InspectorFrameProps {
  readonly store: Store;
  readonly children: (tab: InspectorTab) => ComponentChildren;
}

export function InspectorFrame({ store, children }: InspectorFrameProps) {
  const { tab, inspectorOpen } = store.samples;
  if (!inspectorOpen.value) return null;
  return (
    <aside class="inspector" aria-label="Inspector">
      <div class="tabs">
        <div
          role="tablist"
          aria-label="Inspector"
          onKeyDown={(event) => {
            const next = tabAfter(event.key, tab.value);
            if (next === null) return;
            event.preventDefault();
            store.samples.chooseTab(next);
            document.getElementById(`tab-${next}`)?.focus();
          }}
        >
          {INSPECTOR_TABS.map((name) => (
            <button
              key={name}
              id={`tab-${name}`}
              type="button"
              role="tab"
              title={TITLES[name]}
              aria-selected={tab.value === name}
              aria-controls="tab-page"
              tabIndex={tab.value === name ? 0 : -1}
              onClick={() => store.samples.chooseTab(name)}
            >
              {name}
            </button>
          ))}
        </div>
        <button
          type="button"
          class="icon"
          aria-label="Close the inspector"
          title="Close the inspector"
          onClick={() => store.samples.toggleInspector()}
        >
          <svg viewBox="0 0 24 24" aria-hidden="true">
            <path d="M18.300 5.700 12 12l6.300 6.300-1.400 1.400-6.300-6.300-6.300 6.300-1.400-1.400L9.200 12 2.900 5.700l1.400-1.400 6.300 6.300 6.300-6.300z" />
          </svg>
        </button>
      </div>
      <div class="tab-page" id="tab-page" role="tabpanel" aria-labelledby={`tab-${tab.value}`}>
        {children(tab.value)}
      </div>
    </aside>
  );
}

function tabAfter(key: string, tab: InspectorTab): InspectorTab | null {
  const at = INSPECTOR_TABS.indexOf(tab);
  const count = INSPECTOR_TABS.length;
  if (key === "ArrowRight") return INSPECTOR_TABS[(at + 1) % count] ?? null;
  if (key === "ArrowLeft") return INSPECTOR_TABS[(at + count - 1) % count] ?? null;
  return null;
}
