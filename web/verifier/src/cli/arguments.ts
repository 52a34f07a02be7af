/** What the command line asks for; whatever it does not understand is a usage error. */

import { parseArgs } from "node:util";

export const HELP = `Checks proofs of a public-procurement log without trusting whoever runs it.
It shares no code with the verifier in Rust, and must come to the same verdict.

Usage: verifier.mjs bundle  FILE --policy FILE [--chain DIR] [--json]
       verifier.mjs release FILE --proof BUNDLE --policy FILE [--chain DIR] [--json]
       verifier.mjs receipt FILE --policy FILE [--proof BUNDLE] [--opening BUNDLE] [--rpc URL] [--json]
       verifier.mjs dossier FILE --policy FILE [--json]
       verifier.mjs chain   --rpc URL --policy FILE [--chain DIR] [--json]
       verifier.mjs log     URL|DIR --rpc URL --policy FILE [--patience-seconds N] [--json]

  bundle     Check that an event was recorded, no later than a block; offline
  release    Check that an OCDS release is the one that was published and recorded; offline
  receipt    Check a receipt, and whether the log kept what it promises; offline without --rpc
  dossier    Check everything of one procedure: what is proven, what is not, what was not examined; offline
  chain      Follow the chain from its genesis block, believing no node
  log        Replay a whole log, from a server or a folder, and compare it with what is anchored

  --policy   What you trust: keys, chain, signers, contracts. Never take it from where the proof is from
  --proof    The proof bundle of the release's publication, or of the receipt's position
  --opening  The proof bundle of the tender's ProposalsOpened event
  --rpc      JSON-RPC of any node of the chain: nothing it says is believed
  --chain    Your own folder with a followed chain: chain goes on from it and keeps it there, bundle
             and release look the anchoring block up in it
  --patience-seconds  How long to wait for a checkpoint that includes what is anchored; 20
  --json     Print the verdict as one line of JSON

Exit codes: 0 anchored, or followed · 1 refused, or a breach ·
            2 usage, or a file, log or node that cannot be read ·
            3 included or acknowledged but not anchored, or anchored in a development chain
of dossier: 0 everything that is there is proven and anchored · 1 something is refused ·
            2 no dossier · 3 not refused, and not all shown or anchored in a sealed chain

Examples:
  node verifier.mjs bundle event.proof.json --policy policy.json
  node verifier.mjs release record.json --proof release.proof.json --policy policy.json
  node verifier.mjs receipt acuse.json --policy policy.json --proof event.proof.json \\
      --opening opening.proof.json
  node verifier.mjs dossier ocds-000000-009000999-2018-1.zip --policy policy.json
  node verifier.mjs chain --rpc http://127.0.0.1:8545 --policy policy.json --chain followed
  node verifier.mjs bundle event.proof.json --policy policy.json --chain followed
  node verifier.mjs log https://tenders.example --rpc http://127.0.0.1:8545 --policy policy.json
  node verifier.mjs log /srv/copy --rpc http://127.0.0.1:8545 --policy policy.json
`;

/** What is asked of files that are given. */
export type FileCommand = {
  readonly kind: "bundle" | "release" | "receipt" | "dossier";
  readonly file: string;
  readonly policy: string;
  readonly proof: string | undefined;
  readonly opening: string | undefined;
  readonly rpc: string | undefined;
  readonly chain: string | undefined;
  readonly json: boolean;
};

export type ChainCommand = {
  readonly kind: "chain";
  readonly policy: string;
  readonly rpc: string;
  readonly chain: string | undefined;
  readonly json: boolean;
};

export type LogCommand = {
  readonly kind: "log";
  readonly place: string;
  readonly policy: string;
  readonly rpc: string;
  readonly patienceSeconds: number;
  readonly json: boolean;
};

export type Command = FileCommand | ChainCommand | LogCommand;

/** The command is not understood; the message says what is wrong with it. */
export class UsageError extends Error {}

const OPTIONS = {
  bundle: ["chain"],
  release: ["proof", "chain"],
  receipt: ["proof", "opening", "rpc"],
  dossier: [],
  chain: ["rpc", "chain"],
  log: ["rpc", "patience-seconds"],
} as const satisfies Record<Command["kind"], readonly string[]>;
const OPTIONAL = ["proof", "opening", "chain", "rpc", "patience-seconds"] as const;

function isKind(text: string): text is Command["kind"] {
  return Object.hasOwn(OPTIONS, text);
}

/** The command in `args`, or `help`. */
export function parseCommand(args: readonly string[]): Command | "help" {
  const { values, positionals } = parse(args);
  if (values.help === true) return "help";
  const [kind, file, ...rest] = positionals;
  if (kind === undefined || !isKind(kind)) {
    throw new UsageError(kind === undefined ? "no command" : `no command "${kind}"`);
  }
  const { policy, proof, opening, chain, rpc, json = false } = values;
  for (const name of OPTIONAL) {
    const isTaken = OPTIONS[kind].some((option) => option === name);
    if (values[name] !== undefined && !isTaken) {
      throw new UsageError(`${kind} takes no --${name}`);
    }
  }
  if (kind === "chain") {
    if (file !== undefined) throw new UsageError("chain takes no FILE");
    return { kind, policy: given(policy, "policy"), rpc: given(rpc, "rpc"), chain, json };
  }
  if (file === undefined || rest.length > 0) {
    throw new UsageError(`${kind} takes one ${kind === "log" ? "URL or DIR" : "FILE"}`);
  }
  const common = { policy: given(policy, "policy"), json };
  if (kind === "log") {
    const patienceSeconds = Number(values["patience-seconds"] ?? "20");
    if (!(patienceSeconds >= 0)) throw new UsageError("--patience-seconds is no number");
    return { kind, place: file, rpc: given(rpc, "rpc"), patienceSeconds, ...common };
  }
  if (kind === "release") given(proof, "proof");
  return { kind, file, proof, opening, chain, rpc, ...common };
}

function given(value: string | undefined, name: string): string {
  if (value === undefined) throw new UsageError(`--${name} is missing`);
  return value;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        policy: { type: "string" },
        proof: { type: "string" },
        opening: { type: "string" },
        chain: { type: "string" },
        rpc: { type: "string" },
        "patience-seconds": { type: "string" },
        json: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
