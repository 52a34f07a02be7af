/** What the command line asks for; whatever it does not understand is a usage error. */

import { parseArgs } from "node:util";

export const HELP = `Checks proofs of a public-procurement log, offline, without trusting whoever runs it.
It shares no code with the verifier in Rust, and must come to the same verdict.

Usage: verifier.mjs bundle  FILE --policy FILE [--json]
       verifier.mjs release FILE --proof BUNDLE --policy FILE [--json]
       verifier.mjs receipt FILE --policy FILE [--proof BUNDLE] [--opening BUNDLE] [--json]

  bundle     Check that an event was recorded, no later than a block
  release    Check that an OCDS release is the one that was published and recorded
  receipt    Check a receipt, and whether the log kept what it promises

  --policy   What you trust: keys, chain, signers, contracts. Never take it from where the proof is from
  --proof    The proof bundle of the release's publication, or of the receipt's position
  --opening  The proof bundle of the tender's ProposalsOpened event
  --json     Print the verdict as one line of JSON

Exit codes: 0 anchored · 1 refused, or a breach · 2 usage, or a file that cannot be read ·
            3 included or acknowledged but not anchored, or anchored in a development chain

Examples:
  node verifier.mjs bundle event.proof.json --policy policy.json
  node verifier.mjs release record.json --proof release.proof.json --policy policy.json
  node verifier.mjs receipt acuse.json --policy policy.json --proof event.proof.json \\
      --opening opening.proof.json
`;

export type Command = {
  readonly kind: "bundle" | "release" | "receipt";
  readonly file: string;
  readonly policy: string;
  readonly proof: string | undefined;
  readonly opening: string | undefined;
  readonly json: boolean;
};

/** The command is not understood; the message says what is wrong with it. */
export class UsageError extends Error {}

const OPTIONS = {
  bundle: [],
  release: ["proof"],
  receipt: ["proof", "opening"],
} as const satisfies Record<Command["kind"], readonly string[]>;

/** The command in `args`, or `help`. */
export function parseCommand(args: readonly string[]): Command | "help" {
  const { values, positionals } = parse(args);
  if (values.help === true) return "help";
  const [kind, file, ...rest] = positionals;
  if (kind !== "bundle" && kind !== "release" && kind !== "receipt") {
    throw new UsageError(kind === undefined ? "no command" : `no command "${kind}"`);
  }
  if (file === undefined || rest.length > 0) throw new UsageError(`${kind} takes one FILE`);
  const { policy, proof, opening, json = false } = values;
  if (policy === undefined) throw new UsageError("--policy is missing");
  for (const name of ["proof", "opening"] as const) {
    const isTaken = OPTIONS[kind].some((option) => option === name);
    if (values[name] !== undefined && !isTaken) {
      throw new UsageError(`${kind} takes no --${name}`);
    }
  }
  if (kind === "release" && proof === undefined) throw new UsageError("--proof is missing");
  return { kind, file, policy, proof, opening, json };
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
        json: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
