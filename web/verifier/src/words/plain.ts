/** Texts that others wrote, made fit to be read. */

const COMMANDS = /[\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/**
 * A text without what could command a terminal or turn its direction, and not longer than anybody
 * reads.
 */
export function plain(text: string, charactersMax: number): string {
  // A text of so many characters has at most twice as many code units.
  const characters = [...text.slice(0, 2 * charactersMax + 2)];
  const shown = characters.slice(0, charactersMax).join("").replaceAll(COMMANDS, "\ufffd");
  return characters.length > charactersMax ? `${shown}…` : shown;
}
