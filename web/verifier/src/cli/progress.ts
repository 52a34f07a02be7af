/** Says how far a long command is, on the error output, every two seconds. */

const EVERY_MS = 2_000;

export function progressOf(
  say: (done: bigint, all: bigint) => string,
): (done: bigint, all: bigint) => void {
  let said = Date.now();
  return (done, all) => {
    if (Date.now() - said < EVERY_MS) return;
    said = Date.now();
    console.error(say(done, all));
  };
}
