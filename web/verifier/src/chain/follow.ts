/** The chain as it was followed from its genesis block on, and the branches it may go on with (§13). */

import { type Bytes, equal } from "../bytes.ts";
import { type Hex, hex } from "../encoding.ts";
import type { Chain } from "../policy.ts";
import { inRange } from "../ranges.ts";
import { during, must } from "../refusal.ts";
import type { Header } from "./header.ts";
import { append, genesis, type Snapshot } from "./snapshot.ts";

/** A branch that leaves the chain before its newest so many blocks is refused. */
export const UNSETTLED_BLOCKS = 1_024;

/** A block that a heavier branch may still replace. */
export type Block = { readonly header: Header; readonly sealer: Hex; readonly after: Snapshot };

/** Blocks that follow the block `ancestor`, and may be followed instead of those after it. */
export type Branch = {
  readonly ancestor: bigint;
  readonly after: Snapshot;
  readonly blocks: readonly Block[];
};

/** A heavier branch took the place of blocks that were followed. */
export type Reorganisation = {
  readonly ancestor: bigint;
  readonly replaced: bigint;
  /** Enough signers stood behind one of them: they went back on their word. */
  readonly confirmed: boolean;
};

/** Who may seal from a block on. */
export type SignerSet = { readonly from: bigint; readonly signers: readonly Hex[] };

/** What is kept of a chain: `hashes` are those of the settled blocks, by number. */
export type Kept = {
  readonly settled: Snapshot;
  readonly signers: readonly SignerSet[];
  readonly hashes: readonly Bytes[];
  readonly unsettled: readonly Header[];
};

export class Followed {
  readonly rules: Chain;
  #settled: Snapshot;
  /** As far as the block after the settled ones. */
  #signers: readonly SignerSet[];
  readonly #hashes: Bytes[];
  /** Oldest first. */
  #tail: readonly Block[] = [];

  private constructor(rules: Chain, { settled, signers, hashes }: Omit<Kept, "unsettled">) {
    this.rules = rules;
    this.#settled = settled;
    this.#signers = signers;
    this.#hashes = [...hashes];
  }

  /** The chain that is only its genesis block, which must be the policy's. */
  static genesis(rules: Chain, header: Header): Followed {
    during("anchor", () =>
      must(equal(header.hash, rules.genesisHash), "otherGenesis", { hash: hex(header.hash) }),
    );
    const settled = during("headers", () => genesis(header));
    const signers = [{ from: 0n, signers: settled.signers }];
    return new Followed(rules, { settled, signers, hashes: [header.hash] });
  }

  /** The chain that was kept; what is not settled is checked again, and the policy may be another. */
  static kept(rules: Chain, { unsettled, ...kept }: Kept): Followed {
    const followed = new Followed(rules, kept);
    followed.#checkSettledSigners();
    followed.adopt(followed.extend(followed.branch(kept.settled.number), unsettled));
    return followed;
  }

  keep(): Kept {
    return {
      settled: this.#settled,
      signers: this.#signers,
      hashes: this.#hashes,
      unsettled: this.#tail.map(({ header }) => header),
    };
  }

  /** The chain up to its newest block. */
  get head(): Snapshot {
    return this.#tail.at(-1)?.after ?? this.#settled;
  }

  /** The number of the newest block that can no longer be replaced. */
  get settled(): bigint {
    return this.#settled.number;
  }

  /** The hash of a block, if it was followed. */
  hash(number: bigint): Bytes | undefined {
    return number <= this.settled
      ? this.#hashes[Number(number)]
      : this.#unsettled(number)?.header.hash;
  }

  /** Who may seal from which block on, by the chain's own votes. */
  get signers(): readonly SignerSet[] {
    return this.#tail.reduce<readonly SignerSet[]>(withSigners, this.#signers);
  }

  /** The newest block that check 13 holds for; `undefined` if that is settled, or none. */
  newestConfirmed(): Block | undefined {
    const behind = new Set<Hex>();
    for (const [descendants, block] of this.#tail.toReversed().entries()) {
      behind.add(block.sealer);
      const signers = knownSigners(this.rules, block.header.number).length;
      if (descendants > 0 && behind.size > Math.floor(signers / 2)) return block;
    }
    return undefined;
  }

  /** A branch after the block `ancestor`, which is neither settled nor unknown. */
  branch(ancestor: bigint): Branch {
    return during("ancestry", () => {
      const after = ancestor === this.settled ? this.#settled : this.#unsettled(ancestor)?.after;
      must(after !== undefined, "settled", { settled: String(this.settled) });
      return { ancestor, after, blocks: [] };
    });
  }

  /** The branch with `headers` after it, each of which must be one that may follow. */
  extend(branch: Branch, headers: readonly Header[]): Branch {
    const blocks = [...branch.blocks];
    let before = branch.after;
    for (const header of headers) {
      const block = this.#next(before, header);
      blocks.push(block);
      before = block.after;
    }
    return { ...branch, blocks, after: before };
  }

  #next(before: Snapshot, header: Header): Block {
    checkSigners(before.signers, this.rules, before.number + 1n);
    const { after, sealer } = append(before, header, this.rules);
    return { header, after, sealer };
  }

  /**
   * Follows the branch from now on, if it is the heavier one. The answer is the branch to go on
   * extending, and what it replaced.
   */
  adopt(branch: Branch): { readonly branch: Branch; readonly replaced: Reorganisation | null } {
    const { head } = this;
    const { ancestor, after, blocks } = branch;
    if (after.totalDifficulty <= head.totalDifficulty) return { branch, replaced: null };
    const confirmed = (this.newestConfirmed()?.header.number ?? 0n) > ancestor;
    this.#tail = [...this.#tail.slice(0, Number(ancestor - this.settled)), ...blocks];
    this.#settle();
    const replaced = head.number - ancestor;
    return {
      branch: { ancestor: after.number, after, blocks: [] },
      replaced: replaced > 0n ? { ancestor, replaced, confirmed } : null,
    };
  }

  /** What is old enough can no longer be replaced. */
  #settle(): void {
    const count = Math.max(this.#tail.length - UNSETTLED_BLOCKS, 0);
    for (const block of this.#tail.slice(0, count)) {
      this.#hashes.push(block.header.hash);
      this.#signers = withSigners(this.#signers, block);
      this.#settled = block.after;
    }
    this.#tail = this.#tail.slice(count);
  }

  /** What the policy says of the signers of settled blocks has to be what the chain made of them. */
  #checkSettledSigners(): void {
    const ends = this.rules.signers.flatMap(({ from, to }) => (to === null ? [from] : [from, to]));
    for (const number of [...this.#signers.map(({ from }) => from), ...ends]) {
      const set = this.#signers.findLast(({ from }) => from <= number);
      if (set !== undefined && number <= this.settled) {
        checkSigners(set.signers, this.rules, number);
      }
    }
  }

  #unsettled(number: bigint): Block | undefined {
    const place = number - this.settled - 1n;
    return place < 0n ? undefined : this.#tail[Number(place)];
  }
}

function knownSigners(rules: Chain, number: bigint): readonly Hex[] {
  const range = rules.signers.find((candidate) => inRange(candidate, number));
  return (range?.signers ?? []).map(({ address }) => hex(address));
}

/** Whom the auditor does not trust is not let in by others. */
function checkSigners(voted: readonly Hex[], rules: Chain, block: bigint): void {
  const known = knownSigners(rules, block);
  const isSame = voted.length === known.length && voted.every((one, at) => one === known[at]);
  during("seals", () =>
    must(isSame, "votedSigners", {
      number: String(block),
      voted: voted.join(", "),
      known: known.join(", "),
    }),
  );
}

/** The signers of the block after `block` too, if they are others than before. */
function withSigners(sets: readonly SignerSet[], { after }: Block): readonly SignerSet[] {
  const isSame = sets.at(-1)?.signers.join() === after.signers.join();
  return isSame ? sets : [...sets, { from: after.number + 1n, signers: after.signers }];
}
