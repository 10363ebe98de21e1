// The worker that tries regular expressions. It says how far it is, so that whoever waits knows one that takes for ever, and
// listens in between, so that a pattern that nobody waits for any more is given up.
import { type Block, type Texts, textsOf } from "../model/samples/pattern_rows";

export type Request =
  | { readonly kind: "rows"; readonly column: number; readonly block: Block }
  | { readonly kind: "forget"; readonly column: number }
  | {
      readonly kind: "find";
      readonly question: number;
      readonly regex: RegExp;
      readonly column: number;
    }
  | { readonly kind: "give_up" };

export type Report =
  | { readonly kind: "progress"; readonly question: number; readonly done: number }
  | { readonly kind: "found"; readonly question: number; readonly mask: Uint8Array<ArrayBuffer> }
  | { readonly kind: "failed"; readonly question: number; readonly message: string }
  | { readonly kind: "given_up"; readonly question: number };

const ROWS = 1000;
const MILLISECONDS = 20;

const columns = new Map<number, Texts[]>();
let wanted = -1;

self.addEventListener("message", ({ data }: MessageEvent<Request>) => {
  switch (data.kind) {
    case "rows": {
      const blocks = columns.get(data.column) ?? [];
      blocks.push(textsOf(data.block));
      columns.set(data.column, blocks);
      return;
    }
    case "forget":
      columns.delete(data.column);
      return;
    case "give_up":
      wanted = -1;
      return;
    case "find":
      wanted = data.question;
      find(data.question, data.regex, columns.get(data.column) ?? []).catch((reason) => {
        // A pattern may be too large to be made ready, which only trying it tells.
        const message = reason instanceof Error ? reason.message : String(reason);
        tell({ kind: "failed", question: data.question, message });
      });
  }
});

async function find(question: number, regex: RegExp, blocks: readonly Texts[]): Promise<void> {
  const mask = new Uint8Array(blocks.reduce((sum, { length }) => sum + length, 0));
  let row = 0;
  let heard = performance.now();
  let toldAt = 0;
  tell({ kind: "progress", question, done: 0 });
  for (const texts of blocks) {
    for (let i = 0; i < texts.length; i += 1, row += 1) {
      if (regex.test(texts.at(i))) mask[row] = 1;
      const now = performance.now();
      const due = now - heard >= MILLISECONDS;
      if (row - toldAt < ROWS && !due) continue;
      tell({ kind: "progress", question, done: row });
      toldAt = row;
      // Listening costs a turn of the loop: only so often that giving up is quick.
      if (!due) continue;
      heard = now;
      await nextMessage();
      if (wanted !== question) return tell({ kind: "given_up", question });
    }
  }
  self.postMessage({ kind: "found", question, mask } satisfies Report, { transfer: [mask.buffer] });
}

function tell(report: Report): void {
  self.postMessage(report);
}

const turn = new MessageChannel();

/** Lets what has been posted come in. A timer would wait four milliseconds each time. */
function nextMessage(): Promise<void> {
  return new Promise((resolve) => {
    turn.port1.onmessage = () => resolve();
    turn.port2.postMessage(null);
  });
}
