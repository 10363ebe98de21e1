// What is measured of the layer, in sections of which one is open at a time.
import { labelNote } from "../model/samples/label_column";
import type { Store } from "../state/store";
import type { LayerSection } from "./layer_section";

interface LayerTabProps {
  readonly store: Store;
  readonly sections: readonly LayerSection[];
}

export function LayerTab({ store, sections }: LayerTabProps) {
  const open = store.measures.section.value;
  const note = labelNote(store.layer.value, store.requestedLabel.value);
  return (
    <div class="sections">
      {note !== null && <p class="note">{note}</p>}
      {sections.map(({ name, title, panel: Panel }) => (
        <section key={name} aria-label={name}>
          <h2>
            <button
              type="button"
              class="section-title"
              title={title}
              aria-expanded={name === open}
              onClick={() => store.measures.toggleSection(name)}
            >
              {name}
            </button>
          </h2>
          {name === open && (
            <div class="page-of-section">
              <Panel store={store} />
            </div>
          )}
        </section>
      ))}
    </div>
  );
}
