/** The log's signed tree head (§3). */

import type { Bytes } from "./bytes.ts";
import { unbase64, unposition } from "./encoding.ts";
import { parseNote, verifyNote } from "./note.ts";
import type { Policy } from "./policy.ts";
import { must } from "./refusal.ts";

export type Checkpoint = {
  readonly size: bigint;
  readonly root: Bytes;
  readonly witnesses: number;
};

/** Reads a checkpoint of the policy's log, with as many witnesses as the policy wants. */
export function verifyCheckpoint(text: string, policy: Policy): Checkpoint {
  const note = parseNote(text);
  const lines = note.text.split("\n");
  const [origin = "", size = "", root = "", end] = lines;
  must(lines.length === 4 && end === "", "checkpointForm");
  must(origin === policy.origin, "checkpointOrigin", { origin });
  const [sizeRead, rootRead] = [unposition(size), unbase64(root)];
  must(sizeRead !== null && rootRead?.length === 32, "checkpointForm");
  const signed = verifyNote(note, [policy.logKey, ...policy.witnessKeys]);
  must(signed.has(policy.logKey), "notSignedByLog");
  const witnesses = signed.size - 1;
  must(witnesses >= policy.witnessQuorum, "tooFewWitnesses", {
    witnesses: String(witnesses),
    quorum: String(policy.witnessQuorum),
  });
  return { size: sizeRead, root: rootRead, witnesses };
}
