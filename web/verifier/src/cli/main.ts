/** The verifier of the command line, for Node. */

import { readFileSync } from "node:fs";
import { NoDossier } from "../dossier/fault.ts";
import { opinionExitCode } from "../dossier/opinion.ts";
import { verifyDossier } from "../dossier/verify.ts";
import { type Policy, parsePolicy } from "../policy.ts";
import { verifyReceiptWith } from "../held.ts";
import { verifyReceipt } from "../receipt.ts";
import { Broken } from "../refusal.ts";
import { verifyRelease } from "../release.ts";
import { exitCode, type ReceiptReport } from "../verdict.ts";
import { verifyBundle } from "../verify.ts";
import { withAncestry } from "../ancestry.ts";
import { Unreadable } from "../unreadable.ts";
import { type Command, type FileCommand, HELP, parseCommand, UsageError } from "./arguments.ts";
import { followChain, keptChain } from "./chain.ts";
import { replayLog } from "./log.ts";
import { nodeAt } from "./sources.ts";
import { evidenceText, receiptJson, reportJson } from "./json.ts";
import { noDossierText, opinionJson, opinionText } from "./opinion.ts";
import { receiptText, reportText } from "./text.ts";

const UNREADABLE = 2;

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

function runDossier(file: string, bytes: Uint8Array, policy: Policy, isJson: boolean): number {
  try {
    const opinion = verifyDossier(bytes, policy);
    console.log(isJson ? opinionJson(opinion) : opinionText(opinion));
    return opinionExitCode(opinion);
  } catch (error) {
    if (!(error instanceof NoDossier)) throw error;
    throw new Unreadable(`${file} is no dossier: ${noDossierText(error)}`);
  }
}

function run(command: Command): number | Promise<number> {
  const policy = readPolicy(command.policy);
  if (command.kind === "chain") return followChain(command, policy);
  if (command.kind === "log") return replayLog(command, policy);
  return runOnFiles(command, policy);
}

function runOnFiles(command: FileCommand, policy: Policy): number | Promise<number> {
  const file = read(command.file);
  if (command.kind === "dossier") return runDossier(command.file, file, policy, command.json);
  const proof = command.proof === undefined ? undefined : read(command.proof);
  const opening = command.opening === undefined ? undefined : read(command.opening);
  if (command.kind === "receipt") {
    const evidence = { ...(proof && { proof }), ...(opening && { opening }) };
    const tell = (report: ReceiptReport) => {
      console.log(command.json ? receiptJson(report) : receiptText(report));
      return exitCode(report.outcome);
    };
    if (command.rpc === undefined) return tell(verifyReceipt(file, evidence, policy));
    return verifyReceiptWith(nodeAt(command.rpc), file, evidence, policy).then(tell);
  }
  const found =
    proof === undefined ? verifyBundle(file, policy) : verifyRelease(file, proof, policy);
  const report =
    command.chain === undefined
      ? found
      : withAncestry(found, keptChain(command.chain, policy.chain));
  console.log(command.json ? reportJson(report) : reportText(report));
  return exitCode(report.outcome);
}

async function main(args: readonly string[]): Promise<number> {
  try {
    const command = parseCommand(args);
    if (command !== "help") return await run(command);
    console.log(HELP);
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError) && !(error instanceof Unreadable)) throw error;
    console.error(`verifier: ${error.message}`);
    if (error instanceof UsageError) console.error(`\n${HELP}`);
    return UNREADABLE;
  }
}

process.exitCode = await main(process.argv.slice(2));
