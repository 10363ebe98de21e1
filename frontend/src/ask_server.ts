// How the page asks the server, whatever it asks: one that is busy is asked again by itself, when it says; nobody is told
// that as an error.
import { pause } from "./pause";

/** By it the server is fair: it takes the questions of many pages in turns. */
const PAGE = {
  "X-TB-Embed-Page": Array.from(crypto.getRandomValues(new Uint32Array(3)), String).join("-"),
};

const TOO_MANY = 429;
const UNAVAILABLE = 503;
/** Milliseconds until a busy server is asked again that does not say when, and the most that it may say. */
const LATER = 1500;
const LATEST = 60_000;

let waiting = 0;
let tell: (waits: boolean) => void = () => {};

/** Calls back when the page begins and ceases to wait for a server that is busy. */
export function watchWaiting(listener: (waits: boolean) => void): void {
  tell = listener;
}

export function askServer(
  at: string,
  signal?: AbortSignal,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const options = { headers: { ...PAGE, ...headers }, ...(signal && { signal }) };
  return untilFree(() => fetch(at, options), signal);
}

/** Asks until the server is not busy. */
export async function untilFree(
  ask: () => Promise<Response>,
  signal?: AbortSignal,
): Promise<Response> {
  for (;;) {
    const response = await ask();
    if (!isBusy(response)) return response;
    waiting += 1;
    tell(true);
    try {
      await pause(untilLater(response.headers.get("retry-after")), signal);
    } finally {
      waiting -= 1;
      tell(waiting > 0);
    }
  }
}

function isBusy({ status, headers }: Response): boolean {
  if (status !== UNAVAILABLE) return status === TOO_MANY;
  // In plain words and without a time the server says what is not installed; a proxy has neither.
  return headers.has("retry-after") || !headers.get("content-type")?.startsWith("text/plain");
}

/** Milliseconds to wait, a little more or less, so that many pages do not come back at once. */
function untilLater(said: string | null): number {
  const seconds = Number(said ?? Number.NaN);
  const wanted = Number.isNaN(seconds) ? Date.parse(said ?? "") - Date.now() : 1000 * seconds;
  const later = Number.isNaN(wanted) ? LATER : Math.min(Math.max(wanted, 0), LATEST);
  return later + (250 + 0.2 * later) * Math.random();
}
