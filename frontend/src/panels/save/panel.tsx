// Files of what is shown, its address, and bookmarks. Folded until it is wanted.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { CopyButton } from "../../controls/copy_button";
import { download } from "../../controls/download";
import { Menu } from "../../controls/menu";
import { coordinatesCsv, heldSteps, offlinePage } from "../../effects/export_files";
import { addressOf } from "../../effects/sync_address";
import { rowsCsv } from "../../model/samples/csv";
import { withoutRepeats } from "../../model/samples/prediction_columns";
import { countedSteps, namedStep, stepNoun } from "../../state/derived/titles";
import type { Store } from "../../state/store";
import { Pictures } from "./pictures";

const ICON = "M11 3h2v9h4l-5 5-5-5h4zM4 16h2v3h12v-3h2v5H4z";

/** `children` are the bookmarks. */
export function SaveMenu({ store, children }: { store: Store; children: ComponentChildren }) {
  const [problem, setProblem] = useState<string | null>(null);
  const attempt = (work: () => void | Promise<void>) => {
    setProblem(null);
    Promise.resolve()
      .then(work)
      .catch((reason) => setProblem(reason instanceof Error ? reason.message : String(reason)));
  };
  const name = fileName(store);
  return (
    <Menu name="Save" title="Pictures, tables, a web page, the link, bookmarks" icon={ICON} stays>
      <div class="save">
        <Pictures store={store} name={name} attempt={attempt} />
        <WebPage store={store} name={name} attempt={attempt} />
        <Tables store={store} name={name} />
        {problem !== null && <p role="alert">{problem}</p>}
        {children}
      </div>
    </Menu>
  );
}

interface PartProps {
  readonly store: Store;
  /** Of the files, without what follows the dot. */
  readonly name: string;
}

interface AttemptProps extends PartProps {
  readonly attempt: (work: () => void | Promise<void>) => void;
}

function WebPage({ store, name, attempt }: AttemptProps) {
  const [saving, setSaving] = useState(false);
  const incomplete = store.frames.value?.complete !== true;
  const save = async () => {
    setSaving(true);
    try {
      download(`${name}.html`, await offlinePage(store), "text/html");
    } finally {
      setSaving(false);
    }
  };
  return (
    <>
      <h2>Web page</h2>
      <div class="row-of-fields">
        <button
          type="button"
          disabled={incomplete || saving}
          title={
            incomplete
              ? "Available once this view is computed"
              : `All ${stepNoun(store)}s in one HTML file that plays in 2D without a server`
          }
          onClick={() => attempt(save)}
        >
          {saving ? "Saving…" : "HTML page"}
        </button>
        <CopyButton
          name="Copy link"
          title="The address of this view, with camera and selection"
          text={() => addressOf(store)}
        />
      </div>
    </>
  );
}

function Tables({ store, name }: PartProps) {
  const steps = heldSteps(store);
  const here = store.pinned.value ?? store.step.value;
  const { columns, count } = store.samples;
  const all = () => [...Array(count.value).keys()];
  return (
    <>
      <h2>Tables (CSV)</h2>
      <div class="row-of-fields">
        <button
          type="button"
          disabled={here === null}
          title={`Coordinates of each sample${here === null ? "" : ` at ${namedStep(store, here)}`}`}
          onClick={() =>
            here !== null && download(`${name}.csv`, coordinatesCsv(store, [here]), "text/csv")
          }
        >
          Coordinates
        </button>
        {steps.length > 1 && (
          <button
            type="button"
            title={`Coordinates of each sample at every ${stepNoun(store)}`}
            onClick={() => download(`${name}-all.csv`, coordinatesCsv(store, steps), "text/csv")}
          >
            {steps.length < store.steps.value.length
              ? countedSteps(store, steps.length)
              : `All ${stepNoun(store)}s`}
          </button>
        )}
        <button
          type="button"
          title={`All samples: metadata, tags, predictions at this ${stepNoun(store)}`}
          onClick={() =>
            download(
              `${name}-samples.csv`,
              rowsCsv(all(), withoutRepeats(columns.value)),
              "text/csv",
            )
          }
        >
          Samples
        </button>
      </div>
    </>
  );
}

function fileName(store: Store): string {
  const { runName, layerName, engine, step } = store;
  const at = step.value === null ? "" : namedStep(store, step.value);
  return [runName.value, layerName.value, engine.value, at]
    .join(" ")
    .replace(/[^\p{L}\p{N}._-]+/gu, "-")
    .replace(/^[-.]+|-+$/g, "");
}
