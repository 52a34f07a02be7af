/**
 * The second verifier: everything of `docs/proof-format.md` §7, the releases of §5, the receipts of
 * §11, the whole logs of §9, the dossiers of §12 and the chains of §13. It does no input or output:
 * files and nodes are handed to it. It shares no code with the verifier in Rust.
 */

export { type Evidence, Broken } from "./refusal.ts";
export { type Policy, parsePolicy } from "./policy.ts";
export { verifyBundle } from "./verify.ts";
export { verifyRelease } from "./release.ts";
export { type ReceiptEvidence, verifyReceipt } from "./receipt.ts";
export { verifyReceiptWith } from "./held.ts";
export { verifyLog } from "./log/examine.ts";
export { sync, startAt } from "./chain/sync.ts";
export { NoDossier } from "./dossier/fault.ts";
export { type Finding, type Opinion, verdictOf } from "./dossier/opinion.ts";
export { verifyDossier } from "./dossier/verify.ts";
export { verifyConsistency, verifyInclusion } from "./merkle.ts";
export {
  exitCode,
  type Outcome,
  type ReceiptOutcome,
  type ReceiptReport,
  type Report,
} from "./verdict.ts";
