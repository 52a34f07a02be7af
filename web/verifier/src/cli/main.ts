/** The verifier of the command line, for Node. */

import { readFileSync } from "node:fs";
import { type Policy, parsePolicy } from "../policy.ts";
import { verifyReceipt } from "../receipt.ts";
import { Broken } from "../refusal.ts";
import { verifyRelease } from "../release.ts";
import { exitCode } from "../verdict.ts";
import { verifyBundle } from "../verify.ts";
import { type Command, HELP, parseCommand, UsageError } from "./arguments.ts";
import { evidenceText, receiptJson, reportJson } from "./json.ts";
import { receiptText, reportText } from "./text.ts";

const UNREADABLE = 2;

/** A file cannot be read, or the policy is none. */
class Unreadable extends Error {}

function read(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new Unreadable(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function readPolicy(file: string): Policy {
  const bytes = read(file);
  try {
    return parsePolicy(bytes);
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
    throw new Unreadable(`${file} is no policy: ${evidenceText(error.evidence)}`);
  }
}

function run(command: Command): number {
  const policy = readPolicy(command.policy);
  const file = read(command.file);
  const proof = command.proof === undefined ? undefined : read(command.proof);
  const opening = command.opening === undefined ? undefined : read(command.opening);
  if (command.kind === "receipt") {
    const evidence = { ...(proof && { proof }), ...(opening && { opening }) };
    const report = verifyReceipt(file, evidence, policy);
    console.log(command.json ? receiptJson(report) : receiptText(report));
    return exitCode(report.outcome);
  }
  const report =
    proof === undefined ? verifyBundle(file, policy) : verifyRelease(file, proof, policy);
  console.log(command.json ? reportJson(report) : reportText(report));
  return exitCode(report.outcome);
}

function main(args: readonly string[]): number {
  try {
    const command = parseCommand(args);
    if (command !== "help") return run(command);
    console.log(HELP);
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError) && !(error instanceof Unreadable)) throw error;
    console.error(`verifier: ${error.message}`);
    if (error instanceof UsageError) console.error(`\n${HELP}`);
    return UNREADABLE;
  }
}

process.exitCode = main(process.argv.slice(2));
