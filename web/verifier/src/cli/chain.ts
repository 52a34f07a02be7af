/** The command `chain`: follows a node's headers from the genesis block. */

import type { Followed } from "../chain/follow.ts";
import type { ChainNode } from "../chain/node.ts";
import { checkChainId, startAt, sync, type Synced } from "../chain/sync.ts";
import type { Chain, Policy } from "../policy.ts";
import { Refused } from "../refusal.ts";
import { Unreadable } from "../unreadable.ts";
import type { ChainCommand } from "./arguments.ts";
import { chainJson, type ChainReport, chainText } from "./chain-report.ts";
import { evidenceText } from "./json.ts";
import { progressOf } from "./progress.ts";
import { nodeAt } from "./sources.ts";
import { readChain, Store } from "./store.ts";

const KEEP_EVERY_MS = 30_000;

/** The chain that a folder keeps, to look blocks up in. */
export function keptChain(folder: string, rules: Chain): Followed {
  const followed = opening(() => readChain(folder, rules));
  if (followed === null) throw new Unreadable(`${folder} keeps no chain: make it with chain`);
  return followed;
}

/** What fails before the following begins is of another chain or policy: no verdict. */
function opening<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw unopened(error);
  }
}

function unopened(error: unknown): unknown {
  if (!(error instanceof Refused)) return error;
  return new Unreadable(`opening the chain: ${error.check}: ${evidenceText(error.evidence)}`);
}

export async function followChain(command: ChainCommand, policy: Policy): Promise<number> {
  const { chain: rules } = policy;
  if (rules.consensus !== "clique") {
    throw new Unreadable("the policy's chain is for development: nobody seals it");
  }
  const { chain: folder } = command;
  const opened = folder === undefined ? null : opening(() => Store.open(folder, rules));
  try {
    const node = nodeAt(command.rpc);
    const followed = await start(node, rules, opened?.followed ?? null);
    const outcome = await following(followed, node, opened?.store ?? null);
    const report: ChainReport = { followed, outcome, policy: policy.fingerprint };
    console.log(command.json ? chainJson(report) : chainText(report));
    return outcome instanceof Refused ? 1 : 0;
  } finally {
    opened?.store.close();
  }
}

async function start(node: ChainNode, rules: Chain, followed: Followed | null): Promise<Followed> {
  try {
    await checkChainId(node, rules);
    return followed ?? (await startAt(node, rules));
  } catch (error) {
    throw unopened(error);
  }
}

/** Follows the node; what was checked is kept, however it ends. */
async function following(
  followed: Followed,
  node: ChainNode,
  store: Store | null,
): Promise<Synced | Refused> {
  const progress = progressOf((reached, newest) => `followed to block ${reached} of ${newest}`);
  let keptAt = Date.now();
  let isNew = false;
  try {
    return await sync(followed, node, (reached, newest) => {
      isNew = true;
      progress(reached, newest);
      if (Date.now() - keptAt < KEEP_EVERY_MS) return;
      store?.keep(followed);
      keptAt = Date.now();
    });
  } catch (error) {
    if (error instanceof Refused) return error;
    throw error;
  } finally {
    if (isNew) store?.keep(followed);
  }
}
