/** Whether every release that was published is there, byte for byte. */

import { type Bytes, equal, sha256 } from "../bytes.ts";
import { unposition } from "../encoding.ts";
import { parseJson, textOf } from "../json/parse.ts";
import { isObject, type Json } from "../json/value.ts";
import { Broken } from "../refusal.ts";
import type { Case } from "./case.ts";
import { Contradiction } from "./contradiction.ts";
import type { Event } from "./event.ts";
import { absent, type Found, proven } from "./found.ts";
import { asText } from "./said.ts";
import { releaseFile } from "./list.ts";

export function checkReleases(dossier: Case): Found {
  const published = dossier.all("ReleasePublished");
  for (const event of published) checkRelease(dossier, event);
  if (dossier.releases.size > published.length) {
    throw new Contradiction(null, "releaseNotNamed");
  }
  return published.length === 0
    ? absent("noRelease")
    : proven("releases", { all: published.length });
}

function checkRelease(dossier: Case, event: Event): void {
  const id = event.said.text("releaseId");
  const release = dossier.releases.get(id);
  if (release === undefined) throw event.refuse("releaseMissing", id);
  event.same("releaseProof", release.position, event.position);
  event.must(equal(sha256(release.bytes), event.said.hash("sha256")), "releaseBytes");
  const value = parse(event, release.bytes, releaseFile(id));
  const text = (name: string) => asText(isObject(value) ? value.get(name) : undefined) ?? "";
  event.same("releaseId", text("id"), id);
  event.same("releaseOcid", text("ocid"), dossier.ocid);
  // A release is named after the event that it tells.
  const prefix = `${dossier.ocid}-`;
  const position = id.startsWith(prefix) ? unposition(id.slice(prefix.length)) : null;
  const told = position === null ? undefined : dossier.at(position);
  const isThere = told !== undefined && !told.isSealed && told.position < event.position;
  event.must(isThere, "releaseOfNothing");
}

function parse(event: Event, bytes: Bytes, file: string): Json {
  try {
    return parseJson(textOf(bytes), "any");
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
    const { evidence } = error;
    throw event.refuse("releaseJson", { kind: "broken", file, check: null, evidence });
  }
}
