// The keys that work anywhere on the page outside fields. Those of one control belong to that control.
import { chooseTool, clearSelection, lookFurther, samplesToTag, tagSamples } from "./state/choose";
import { showHelp, stepBy } from "./state/intents";
import type { Store } from "./state/store";
import { TAGS } from "./state/tags";
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
  if (key === "Escape" && !store.helpOpen.value) clearSelection(store);
  else if (key === "[") lookFurther(store, -1);
  else if (key === "]") lookFurther(store, 1);
  else if (key === "/") document.getElementById("search")?.focus();
  else if (tool !== undefined) chooseTool(store, tool);
  else if (tag !== undefined) tagSamples(store, samplesToTag(store), tag);
  else return false;
  return true;
}
