// What asks a server again that has too much to do.
import { Refusal } from "../api";
import { pause } from "./pause";

const BUSY = 429;
/** Milliseconds until a busy server is asked again. */
const LATER = 1500;

/** Asks until the server has the time; passes on whatever else is refused. */
export async function askUntilFree<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (reason) {
      if (!(reason instanceof Refusal) || reason.status !== BUSY) throw reason;
      await pause(LATER, signal);
    }
  }
}
