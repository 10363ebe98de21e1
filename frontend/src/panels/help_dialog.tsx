// Lists what hands can do.
import { useEffect, useRef } from "preact/hooks";
import { showHelp } from "../state/actions/choose_view";
import type { Store } from "../state/store";

const KEYS: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
  [
    "Stage",
    [
      ["Drag", "Pan; in 3-D orbit, with Shift or the right button pan"],
      ["Wheel, pinch", "Zoom at the pointer"],
      ["← ↑ → ↓", "Pan; in 3-D orbit, with Shift pan"],
      ["+ −", "Zoom"],
      ["0, H", "Home: the step in view"],
      ["Point at a sample", "Its thumbnail and its row"],
      ["Click a sample", "Select it: its card, its neighbors"],
      ["P, L, B", "Dragging moves the view, draws a lasso, draws a box"],
      ["Shift, Ctrl", "With click, lasso or box: add to the selection, take away"],
    ],
  ],
  [
    "Show",
    [
      ["Trails", "Where hovered and selected samples and the classes have come from"],
      ["Class names, labels", "At the classes' medians; beside samples, by any column"],
      ["Ghost, onion skin", "Dimmed dots of another step, or of two"],
      ["Density", "How many samples lie where, beyond 100,000 by itself"],
      ["Hold still", "In the selection: each step turned and shifted so that it stays"],
    ],
  ],
  [
    "Compare",
    [
      ["Two panes", "Another run, layer, view or step beside this one, under one slider"],
      ["Point, click, draw", "In either pane; the same samples stand out in the other"],
      ["Drag, wheel, home", "Both cameras move together"],
    ],
  ],
  [
    "Search",
    [
      ["red car", "Both words, anywhere in the row"],
      ['"red car" /^re?d/', "Exactly this; a regular expression"],
      ["7", "Label 7 if there is one, else sample 7"],
      ["label:7 loss<0.5", "Columns: equal, != not equal, < <= > >="],
      ["correct:no confidence<0.5", "What the model says at this step"],
      ["date<2024-02-01 date:2024-02", "Dates: a day or month counts as a whole"],
      ['label:""', "Samples without a value"],
      ["Enter", "Select what is found; with Shift add, with Ctrl take away"],
    ],
  ],
  [
    "Legend",
    [
      ["Click", "Hide or show a class"],
      ["Alt-click", "Show it alone"],
      ["Shift-click", "Select its samples"],
    ],
  ],
  [
    "Lists, and the strip of predictions",
    [
      ["← ↑ → ↓, Home, End", "From one to the next, to the first, to the last"],
      ["Enter", "Look at the sample; go to the step"],
    ],
  ],
  [
    "Timeline",
    [
      ["← →", "Step"],
      ["Space", "Play and pause"],
    ],
  ],
  [
    "Anywhere outside fields",
    [
      [", .", "Step back and forth"],
      ["[ ]", "Previous and next sample, of those selected or of all"],
      ["1 2 3", "Tag: wrong label, fine, unsure"],
      ["/", "Search"],
      ["Esc", "Select nothing"],
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
        <h1 id="help-title">Keys and gestures</h1>
        <button type="button" title="Closes this help (Esc)" onClick={() => showHelp(store, false)}>
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
