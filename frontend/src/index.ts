// What TensorBoard imports. It asks for the runs before the page's own code has arrived, so that both travel at once.

export async function render(): Promise<void> {
  const first_answer = fetch("runs");
  // The page itself reports a failed answer; until it has loaded nobody else listens.
  first_answer.catch(() => {});
  const { start } = await import("./app");
  start(first_answer);
}
