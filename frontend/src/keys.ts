// The keys that work anywhere on the page outside fields. Those of one control belong to that control.

import { TAGS } from "./model/samples/tags";
import { lookFurther } from "./state/actions/choose_samples";
import { showHelp, stepBy } from "./state/actions/choose_view";
import type { Store } from "./state/store";
import type { Tool } from "./types";

const TOOLS: Readonly<Record<string, Tool>> = { p: "pan", l: "lasso", b: "box" };

export function listenForKeys(store: Store, signal: AbortSignal): void {
  document.addEventListener(
    "keydown",
    (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || takesText(event.target)) return;
      if (event.key === ",") stepBy(store, -1);
      else if (event.key === ".") stepBy(store, 1);
      else if (event.key === "?") showHelp(store, true);
      else if (!chooses(store, event)) return;
      event.preventDefault();
    },
    { signal },
  );
}

function takesText(target: EventTarget | null): boolean {
  if (target instanceof HTMLInputElement)
    return !["range", "radio", "checkbox"].includes(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

/** The keys that find and choose samples; false for any other. */
function chooses(store: Store, event: KeyboardEvent): boolean {
  const { key } = event;
  const tool = TOOLS[key.toLowerCase()];
  const tag = TAGS[Number(key) - 1];
  // In a dialog Escape closes it.
  if (key === "Escape" && !store.helpOpen.value) store.samples.clearSelection();
  else if (key === "[") lookFurther(store, -1);
  else if (key === "]") lookFurther(store, 1);
  else if (key === "/") document.getElementById("search")?.focus();
  else if (tool !== undefined) store.samples.chooseTool(tool);
  else if (tag !== undefined) store.samples.tagSamples(store.samples.samplesToTag(), tag);
  else return false;
  return true;
}
