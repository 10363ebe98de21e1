// The keys that work anywhere on the page outside fields. Those of one control belong to that control.
import { show_help, step_by } from "./state/intents";
import type { Store } from "./state/store";

export function listen_for_keys(store: Store, signal: AbortSignal): void {
  document.addEventListener(
    "keydown",
    (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || takes_text(event.target)) return;
      if (event.key === ",") step_by(store, -1);
      else if (event.key === ".") step_by(store, 1);
      else if (event.key === "?") show_help(store, true);
      else return;
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
