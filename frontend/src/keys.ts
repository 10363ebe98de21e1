// The keys that work anywhere on the page outside fields. Those of one control belong to that control.
import {
  choose_tool,
  clear_selection,
  look_further,
  samples_to_tag,
  tag_samples,
} from "./state/choose";
import { show_help, step_by } from "./state/intents";
import type { Store } from "./state/store";
import { TAGS } from "./state/tags";
import type { Tool } from "./types";

const TOOLS: Readonly<Record<string, Tool>> = { p: "pan", l: "lasso", b: "box" };

export function listen_for_keys(store: Store, signal: AbortSignal): void {
  document.addEventListener(
    "keydown",
    (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || takes_text(event.target)) return;
      if (event.key === ",") step_by(store, -1);
      else if (event.key === ".") step_by(store, 1);
      else if (event.key === "?") show_help(store, true);
      else if (!chooses(store, event)) return;
      event.preventDefault();
    },
    { signal },
  );
}

function takes_text(target: EventTarget | null): boolean {
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
  if (key === "Escape" && !store.help_open.value) clear_selection(store);
  else if (key === "[") look_further(store, -1);
  else if (key === "]") look_further(store, 1);
  else if (key === "/") document.getElementById("search")?.focus();
  else if (tool !== undefined) choose_tool(store, tool);
  else if (tag !== undefined) tag_samples(store, samples_to_tag(store), tag);
  else return false;
  return true;
}
