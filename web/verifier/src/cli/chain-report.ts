/** What following a chain showed, for people and for programs. */

import type { Followed, Reorganisation } from "../chain/follow.ts";
import { pendingVotes } from "../chain/snapshot.ts";
import type { Synced } from "../chain/sync.ts";
import { type Hex, hex, instantOfSeconds } from "../encoding.ts";
import { Refused } from "../refusal.ts";
import { evidenceText } from "./json.ts";
import { type Line, page } from "./text.ts";

export type ChainReport = {
  readonly followed: Followed;
  readonly outcome: Synced | Refused;
  readonly policy: Hex;
};

export function chainJson({ followed, outcome, policy }: ChainReport): string {
  const { head } = followed;
  const refused = outcome instanceof Refused ? outcome : null;
  const synced = outcome instanceof Refused ? null : outcome;
  const genesis = followed.hash(0n);
  const confirmed = followed.newestConfirmed()?.header.number;
  return JSON.stringify({
    block: String(head.number),
    blockHash: hex(head.hash),
    blockTime: instantOfSeconds(head.time),
    checked: synced && String(synced.headers),
    confirmedBlock: confirmed === undefined ? null : String(confirmed),
    exitCode: refused === null ? 0 : 1,
    genesisHash: genesis === undefined ? null : hex(genesis),
    pendingVotes: pendingVotes(head).map(([subject, votes]) => ({ subject, votes })),
    policy,
    refusal: refused && { check: refused.check, evidence: evidenceText(refused.evidence) },
    reorganisations: (synced?.reorganisations ?? []).map(reorganisationJson),
    signers: followed.signers.map(({ from, signers }) => ({ fromBlock: String(from), signers })),
    totalDifficulty: String(head.totalDifficulty),
    verdict: refused === null ? "followed" : "refused",
  });
}

function reorganisationJson({ ancestor, replaced, confirmed }: Reorganisation) {
  return {
    ancestor: String(ancestor),
    replaced: String(replaced),
    replacedConfirmed: confirmed,
  };
}

export function chainText({ followed, outcome, policy }: ChainReport): string {
  const { head } = followed;
  const title =
    outcome instanceof Refused
      ? `REFUSED by the check "${outcome.check}": ${evidenceText(outcome.evidence)}`
      : `FOLLOWED from the genesis block, ${outcome.headers} headers new`;
  const confirmed = followed.newestConfirmed()?.header.number;
  const genesis = followed.hash(0n);
  const signers = followed.signers.flatMap(({ from, signers }): readonly Line[] => [
    ["signers", `from block ${from}:`],
    ...signers.map((signer) => ["", signer] as const),
  ]);
  const replaced = outcome instanceof Refused ? [] : outcome.reorganisations.map(replacedText);
  return page(title, [
    ...(genesis === undefined ? [] : [["genesis", hex(genesis)] as const]),
    ["block", `${head.number} of ${instantOfSeconds(head.time)}`],
    ["block hash", hex(head.hash)],
    ["confirmed", confirmed === undefined ? "no block yet" : `block ${confirmed}`],
    ["difficulty", `${head.totalDifficulty} in all`],
    ...signers,
    ...pendingVotes(head).map(([subject, votes]) => ["vote", `${votes} on ${subject}`] as const),
    ...replaced.map((text) => ["replaced", text] as const),
    ["policy", policy],
  ]);
}

function replacedText({ ancestor, replaced, confirmed }: Reorganisation): string {
  const text = `${replaced} blocks after block ${ancestor}`;
  return confirmed ? `${text}, CONFIRMED ONES AMONG THEM: signers went back on their word` : text;
}
