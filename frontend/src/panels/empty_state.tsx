// No run yet: the three lines that make one; or why none can be seen.
import { counted, sentence } from "../model/text/words";
import type { Store } from "../state/store";

const LINES = `from tb_embed_plugin import EmbeddingCheckpoint
model.fit(x, y, epochs=10, callbacks=[EmbeddingCheckpoint("logs/run1", x_test, y_test)])
tensorboard --logdir logs`;

export function EmptyState({ store }: { store: Store }) {
  const problems = store.logdirProblems.value;
  const unread = store.unreadRuns.value;
  if (unread > 0) {
    return (
      <main class="empty">
        <h1>Reading the log directory</h1>
        <p>{counted(unread, "more run")} to read. Each is shown as soon as it has been read.</p>
      </main>
    );
  }
  if (problems.length > 0) {
    return (
      <main class="empty">
        <h1>No runs to show yet</h1>
        <ul class="problems" aria-label="Problems of the log directory">
          {problems.map((problem) => (
            <li key={problem}>{sentence(problem)}</li>
          ))}
        </ul>
        <p>This page checks again every few seconds; no need to reload.</p>
      </main>
    );
  }
  return (
    <main class="empty">
      <h1>No activations recorded here yet</h1>
      <p>Record a layer while a Keras model trains, then point TensorBoard at the directory:</p>
      <pre>
        <code>{LINES}</code>
      </pre>
      <p>This page checks again every few seconds; no need to reload.</p>
    </main>
  );
}
