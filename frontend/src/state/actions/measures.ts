import type { Store } from "../store";
import { goToPlace } from "./choose_view";

export function goToStep(store: Store, step: number): void {
  const place = store.steps.value.indexOf(step);
  if (place !== -1) goToPlace(store, place);
}
