// Lists what hands can do.
import { useEffect, useRef } from "preact/hooks";
import { showHelp } from "../state/actions/choose_view";
import type { Store } from "../state/store";

const KEYS: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
  [
    "Stage",
    [
      ["Drag", "Pan; in 3D rotate, with Shift or the right button pan"],
      ["Wheel, pinch", "Zoom at the pointer"],
      ["← ↑ → ↓", "Pan; in 3D rotate, with Shift pan"],
      ["+ −", "Zoom"],
      ["0, H", "Home: fit the samples into the view; the outermost may lie outside"],
      ["Point at a sample", "Its thumbnail, label and prediction"],
      ["Click a sample", "Select it; opens its card and its neighbors"],
      ["P, L, B", "Pan, lasso, box: what dragging does"],
      ["Shift, Ctrl", "With a click, lasso or box: add to the selection, remove from it"],
    ],
  ],
  [
    "Overlays",
    [
      ["Trails", "The recent path of hovered and selected samples and of class medians"],
      ["Class names, labels", "At the class medians; next to samples, from any column"],
      ["Another epoch, two epochs", "Their samples, dimmed, behind the present ones"],
      ["Density", "How many samples lie where; the default beyond 100,000"],
      ["Align on selection", "In the selection: rotates and shifts each epoch so that it stays"],
    ],
  ],
  [
    "Compare",
    [
      ["Two panes", "Another run, layer, view or epoch beside this one, on one slider"],
      ["Point, click, draw", "In either pane; the same samples are highlighted in the other"],
      ["Drag, wheel, home", "Both cameras move together"],
    ],
  ],
  [
    "Search",
    [
      ["red car", "Both words, anywhere in the row"],
      ['"red car" /^re?d/', "Exactly this text; a regular expression"],
      ["7", "Label 7 if there is one, else sample 7"],
      ["label:7 loss<0.5", "Columns: equal, != not equal, < <= > >="],
      ["correct:no confidence<0.5", "Predictions at this epoch"],
      ["date<2024-02-01 date:2024-02", "Dates; a day or a month counts as a whole"],
      ['label:""', "Samples without a value"],
      ["Enter", "Select the matches; with Shift add them, with Ctrl remove them"],
    ],
  ],
  [
    "Legend",
    [
      ["Click", "Hide or show a class"],
      ["Alt-click", "Show only this class"],
      ["Shift-click", "Select its samples"],
    ],
  ],
  [
    "Lists and predictions",
    [
      ["← ↑ → ↓, Home, End", "Next, previous, first, last"],
      ["Enter", "Open the sample, or go to the epoch"],
    ],
  ],
  [
    "Timeline",
    [
      ["← →", "Previous and next epoch"],
      ["Space", "Play or pause"],
    ],
  ],
  [
    "Anywhere outside text fields",
    [
      [", .", "Previous and next epoch"],
      ["[ ]", "Previous and next sample, of the selection or of all"],
      ["1 2 3", "Tag: wrong label, fine, unsure"],
      ["/", "Search"],
      ["Esc", "Clear the selection"],
      ["?", "This help"],
    ],
  ],
];

export function HelpDialog({ store }: { store: Store }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const open = store.helpOpen.value;
  useEffect(() => {
    if (open) dialog.current?.showModal();
    else dialog.current?.close();
  }, [open]);
  return (
    <dialog ref={dialog} aria-labelledby="help-title" onClose={() => showHelp(store, false)}>
      <header>
        <h1 id="help-title">Keyboard and mouse</h1>
        <button type="button" title="Close (Esc)" onClick={() => showHelp(store, false)}>
          Close
        </button>
      </header>
      {KEYS.map(([place, rows]) => (
        <section key={place}>
          <h2>{place}</h2>
          <dl>
            {rows.map(([keys, meaning]) => (
              <div key={keys}>
                <dt>{keys}</dt>
                <dd>{meaning}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </dialog>
  );
}
