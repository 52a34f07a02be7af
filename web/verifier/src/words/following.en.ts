/** The rules of chains that are followed and of logs that are replayed, in English. */

export const followingRules = {
  genesisSigners: "the genesis header lists no signers in order of address",
  gasLimit: "the gas limit of block {number} is too far from its parent's, or below 5,000",
  gasUsed: "block {number} uses more gas than its limit",
  baseFee: "the base fee of block {number} is not what EIP-1559 makes of its parent's",
  votedSigners:
    "block {number} may be sealed by {voted} by the chain's own votes, by {known} in the policy: " +
    "if you trust that vote, enter the change in the policy",
  settled:
    "the chain was rewritten: it leaves the one that was followed before block {settled}, which " +
    "was settled; ask other nodes, and keep what you have",
  otherBlock:
    "block {number} is {followed} in the chain that was followed from the genesis block, here it " +
    "is {found}",
  notKept: "not a followed chain as it was kept",
  nodeChain: "the node is of the chain {chainId}",
  nodeContradicts: "the node's header of block {number} has not the hash that it gives the block",
  slotValue: "the value {value} of a storage slot is not the one that is proven",
  contractHead: "slot 0 or 1 of contract {contract} does not fit its batches",
  contractEvents: "contract {contract} has {wanted} batches, the node shows events of {found}",
  anchoredDigest: "the anchored digest is of another batch than the event's",
  batchGap: "it starts at position {first}, the one before ended at {expected}",
  logShortened: "the log has {size} entries, {anchored} are anchored: its tail was cut off",
  entryBundle: "positions {first} to {last}: the entry bundle is malformed",
  tileLength: "tile {level}/{index} does not hold the hashes it should",
  tileHash: "tile {level}/{index}: hash {offset} is not the root of the tile below it",
  otherLeaf: "the entry does not match its leaf",
  otherSeq: "the entry says it is at {found}",
  atDecreases: "recorded earlier than the entry before it",
  effectiveDecreases: "effective earlier than an entry before it",
  repeatedId: "the event id occurred before",
  streamVersion: "version {found} of stream {stream}, expected {expected}",
  streamPrevious: "prev is not the previous leaf of stream {stream}",
  batchRoot: "positions {first} to {last}: the recomputed root is not the anchored one",
  logRoot: "positions {first} to {last}: the recomputed log root is not the anchored one",
  replayedRoot: "the checkpoint's root at size {size} is not the one recomputed, {computed}",
} as const;
