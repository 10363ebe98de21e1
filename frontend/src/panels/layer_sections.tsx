// What is measured of the layer, in sections of which one is open at a time.
import type { ComponentChildren } from "preact";
import { labelNote } from "../model/samples/label_column";

import { SECTIONS, type Section } from "../state/parts/measures";
import type { Store } from "../state/store";

const TITLES: Readonly<Record<Section, string>> = {
  Curves: "One number a step: accuracy, separation, dead units and more",
  CKA: "How alike the layer is at any two steps, and to other layers",
  Confusion: "How many samples of each label are predicted as each class",
  "Data map": "How surely and how steadily the model learns each sample",
  "Class pair": "How two classes part, and which samples change sides",
  Runs: "Another run of the same samples: its numbers, and the samples in which they differ",
  Units: "Which units tell the classes apart, and which are dead",
};

interface LayerSectionsProps {
  readonly store: Store;
  readonly children: (section: Section) => ComponentChildren;
}

export function LayerSections({ store, children }: LayerSectionsProps) {
  const open = store.measures.section.value;
  const note = labelNote(store.layer.value, store.requestedLabel.value);
  return (
    <div class="sections">
      {note !== null && <p class="note">{note}</p>}
      {SECTIONS.map((section) => (
        <section key={section} aria-label={section}>
          <h2>
            <button
              type="button"
              class="section-title"
              title={TITLES[section]}
              aria-expanded={section === open}
              onClick={() => store.measures.toggleSection(section)}
            >
              {section}
            </button>
          </h2>
          {section === open && <div class="page-of-section">{children(section)}</div>}
        </section>
      ))}
    </div>
  );
}
