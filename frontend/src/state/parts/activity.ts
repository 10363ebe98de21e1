// What the page waits for and what went wrong, so that it can say both. Every foreground request goes through here.
import { type ReadonlySignal, signal } from "@preact/signals";

export interface Failure {
  readonly what: string;
  readonly message: string;
  /** Whether nobody answered at all: once somebody does, the page asks again by itself. */
  readonly unanswered: boolean;
  readonly retry: () => void;
}

export class Activity {
  /** The server has too much to do; it is asked again by itself. */
  readonly busy = signal(false);
  private readonly tasks = signal<readonly string[]>([]);
  private readonly troubles = signal<readonly Failure[]>([]);

  get waiting(): ReadonlySignal<readonly string[]> {
    return this.tasks;
  }

  get failures(): ReadonlySignal<readonly Failure[]> {
    return this.troubles;
  }

  /** Does the work and says so meanwhile. */
  async attempt(what: string, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    this.tasks.value = [...this.tasks.peek(), what];
    await this.attemptQuietly(what, signal, work);
    const tasks = [...this.tasks.peek()];
    tasks.splice(tasks.indexOf(what), 1);
    this.tasks.value = tasks;
  }

  /** Says only what went wrong, with a way to try again, until the same work succeeds or nobody wants it any more. */
  async attemptQuietly(
    what: string,
    signal: AbortSignal,
    work: () => Promise<void>,
  ): Promise<void> {
    try {
      await work();
      this.forgive(what);
      this.retryUnanswered();
    } catch (reason) {
      if (signal.aborted) return;
      this.forgive(what);
      const message = reason instanceof Error ? reason.message : String(reason);
      const retry = () => {
        this.forgive(what);
        this.attempt(what, signal, work);
      };
      const failure = { what, message, unanswered: isUnanswered(reason), retry };
      this.troubles.value = [...this.troubles.peek(), failure];
      signal.addEventListener("abort", () => this.forgive(what), { once: true });
    }
  }

  /** The server is back. */
  private retryUnanswered(): void {
    for (const { unanswered, retry } of this.troubles.peek()) if (unanswered) retry();
  }

  private forgive(what: string): void {
    const left = this.troubles.peek().filter((failure) => failure.what !== what);
    if (left.length < this.troubles.peek().length) this.troubles.value = left;
  }
}

function isUnanswered(reason: unknown): boolean {
  return reason instanceof Error && "status" in reason && reason.status === 0;
}
