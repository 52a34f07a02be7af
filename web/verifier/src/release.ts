/** That an OCDS release is the one that was published and recorded (§5, last paragraph). */

import { type Bytes, sha256, utf8 } from "./bytes.ts";
import { type Hex, hex } from "./encoding.ts";
import type { Envelope } from "./envelope.ts";
import { parseJson, textOf } from "./json/parse.ts";
import { canonical, isArray, isObject, type Json, type JsonObject } from "./json/value.ts";
import { Members } from "./members.ts";
import type { Policy } from "./policy.ts";
import { during, must, Refused } from "./refusal.ts";
import type { ReleaseFacts, Report } from "./verdict.ts";
import { examineBundle } from "./verify.ts";

const MAX_BYTES = 64 * 1024 * 1024;

/**
 * Checks the bundle of a `ReleasePublished` event, then that `file` is its release or a package
 * that holds it.
 */
export function verifyRelease(file: Bytes, bundle: Bytes, policy: Policy): Report {
  const { report, disclosed } = examineBundle(bundle, policy);
  if (report.outcome.kind === "refused") return report;
  try {
    const release = during("release", () => checkRelease(file, disclosed?.envelope ?? null));
    const values = { id: release.releaseId, sha256: release.sha256 };
    return { ...report, release, steps: [...report.steps, { check: "release", values }] };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const { check, evidence } = error;
    return { ...report, outcome: { kind: "refused", check, evidence } };
  }
}

type Published = { readonly ocid: string; readonly releaseId: string; readonly sha256: Hex };

function readPublished(envelope: Envelope | null): Published {
  must(envelope?.type === "ReleasePublished", "notReleasePublished", {
    type: envelope?.type ?? "Sealed",
  });
  const data = new Members(envelope.data, "data", ["ocid", "releaseId", "sha256", "mapping"]);
  return {
    ocid: data.text("ocid"),
    releaseId: data.text("releaseId"),
    sha256: hex(data.hex("sha256", 32)),
  };
}

function checkRelease(file: Bytes, envelope: Envelope | null): ReleaseFacts {
  const published = readPublished(envelope);
  must(file.length <= MAX_BYTES, "fileSize", { limit: String(MAX_BYTES) });
  const value = parseJson(textOf(file), "any");
  const isExact = hex(sha256(file)) === published.sha256;
  const found = isExact ? [value].filter(isObject) : releasesOf(value, published.releaseId);
  must(found.length > 0, "noSuchRelease", { id: published.releaseId });
  for (const release of found) {
    must(release.get("id") === published.releaseId, "noSuchRelease", { id: published.releaseId });
    const ocid = release.get("ocid");
    must(ocid === published.ocid, "releaseOcid", { ocid: published.ocid });
    if (isExact) continue;
    mustBePlain(release);
    const hash = hex(sha256(utf8(canonical(release))));
    must(hash === published.sha256, "releaseHash", { hash, recorded: published.sha256 });
  }
  return { ...published, found: isExact ? "exact" : "inside" };
}

/** The releases of an id in a file: the file itself, or those of its releases and its records. */
function releasesOf(value: Json, id: string): readonly JsonObject[] {
  if (isObject(value) && value.get("id") === id) return [value];
  const inRecords = listed(value, "records").flatMap((record) => listed(record, "releases"));
  return [...listed(value, "releases"), ...inRecords].filter(
    (release) => isObject(release) && release.get("id") === id,
  ) as readonly JsonObject[];
}

function listed(value: Json, name: string): readonly Json[] {
  const list = isObject(value) ? value.get(name) : undefined;
  return isArray(list) ? list : [];
}

/** That no number of a release needs an exponent, which not all write alike. */
export function mustBePlain(value: Json): void {
  if (isArray(value)) value.forEach(mustBePlain);
  if (isObject(value)) [...value.values()].forEach(mustBePlain);
  if (typeof value !== "number") return;
  const size = Math.abs(value);
  const isPlain = size === 0 || (size >= 1e-6 && size < 1e21);
  must(isPlain, "releaseNumber", { number: String(value) });
}
