// Which other layers hold the same samples, so that they can be compared with the one that is shown.
import type { Other } from "./measuring";
import type { Store } from "./store";

/** The layers of the same run first. */
export function others_of(store: Store): Other[] {
  const here = store.layer.value;
  const run = store.run.value?.run;
  const runs = store.runs.value ?? [];
  const ordered = [...runs].sort((a, b) => Number(b.run === run) - Number(a.run === run));
  return ordered.flatMap((one) =>
    one.layers
      .filter((layer) => layer.fingerprint !== "" && layer.fingerprint === here?.fingerprint)
      .filter((layer) => one.run !== run || layer.name !== here?.name)
      .filter(({ steps }) => steps.length > 0)
      .map(({ name }) => ({ run: one.run, layer: name })),
  );
}
