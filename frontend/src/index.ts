// What TensorBoard imports. It asks for the runs at once; then the smaller part of the page, which asks for everything
// else, and the larger one, which draws it, travel side by side.

export async function render(): Promise<void> {
  const first_answer = fetch("runs");
  // The page itself reports a failed answer; until it has loaded nobody else listens.
  first_answer.catch(() => {});
  const drawing_part = import("./app");
  const { start } = await import("./start");
  start(first_answer, drawing_part);
}
