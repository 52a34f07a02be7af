/** Dossiers: topic by topic what the others say, and nothing of what is none. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import { type Finding, NoDossier, type Opinion, verdictOf, verifyDossier } from "../src/library.ts";
import { readArchive } from "../src/dossier/archive.ts";
import { Event } from "../src/dossier/event.ts";
import { penaltyOf } from "../src/dossier/execution.ts";
import { TOPICS } from "../src/dossier/opinion.ts";
import { aggregate, computePoints } from "../src/dossier/points.ts";
import { halfUp, Said } from "../src/dossier/said.ts";
import type { Envelope } from "../src/envelope.ts";
import { parseJson } from "../src/json/parse.ts";
import { canonical, type Json } from "../src/json/value.ts";
import { plain } from "../src/words/plain.ts";
import { archiveOf, type DossierCase, dossierCase, dossiers } from "./support/dossiers.ts";
import { policy, project } from "./support/vectors.ts";
import { zip, type ZipFile } from "./support/zip.ts";

const SHORT = "stored and deflated files are the same dossier, 1";

/** The opinion, or `null` of what is no dossier. */
function judge(bytes: Uint8Array, policyName = "dossiers"): Opinion | null {
  try {
    return verifyDossier(bytes, policy(policyName));
  } catch (error) {
    assert.ok(error instanceof NoDossier, String(error));
    return null;
  }
}

function topicOf(finding: Finding): DossierCase["topics"][number] {
  const { topic, standing } = finding;
  const event = finding.standing === "refused" ? finding.why.event : null;
  return [topic, standing, event === null ? null : String(event.position)];
}

test("every dossier ends with the opinion of the others, topic by topic", () => {
  const refused = new Set<string>();
  const differences = dossiers.flatMap((one) => {
    const opinion = judge(archiveOf(one), one.policy);
    const findings = opinion?.findings ?? [];
    const topics = findings.filter(({ standing }) => standing !== "proven").map(topicOf);
    for (const [topic, standing] of topics) if (standing === "refused") refused.add(topic);
    const got = [opinion === null ? "no-dossier" : verdictOf(opinion), topics];
    const want = [one.opinion, one.topics];
    return JSON.stringify(want) === JSON.stringify(got)
      ? []
      : [`${one.name}: want ${JSON.stringify(want)}, got ${JSON.stringify(got)}`];
  });
  assert.deepEqual(differences, []);
  const never = TOPICS.filter((topic) => topic !== "anchoring" && !refused.has(topic));
  assert.deepEqual(never, [], "topics that no vector refuses");
});

/** Why these files are no dossier's archive; `null` if they can be one's. */
function faultOf(files: readonly ZipFile[] | Uint8Array): string | null {
  try {
    readArchive(files instanceof Uint8Array ? files : zip(files));
    return null;
  } catch (error) {
    assert.ok(error instanceof NoDossier, String(error));
    return error.fault;
  }
}

const MIB = 1024 * 1024;
const name = "documents/aa";

test("what a header says of a length is not believed, and no bomb is unpacked", () => {
  const content = new Uint8Array(100).fill(7);
  assert.equal(faultOf([{ name, content }]), null);
  assert.equal(faultOf([{ name, content, isDeflated: true }]), null);
  assert.equal(faultOf([{ name, content, isDeflated: true, length: 99 }]), "unpack");
  assert.equal(faultOf([{ name, content, isDeflated: true, length: 101 }]), "unpack");
  assert.equal(faultOf([{ name, content, length: 101 }]), "layout");
  // What is missing is no zeros, even if they had the checksum.
  const crc = crc32(Buffer.concat([content, Buffer.alloc(1)]));
  assert.equal(faultOf([{ name, content, isDeflated: true, length: 101, crc }]), "unpack");
  const most = new Uint8Array(MIB);
  assert.equal(faultOf([{ name, content: most, isDeflated: true }]), null);
  const more = new Uint8Array(MIB + 1);
  assert.equal(faultOf([{ name, content: more, isDeflated: true }]), "fileTooLong");
  // What would unpack to a gibibyte is given up on long before.
  const bomb = { name, content: new Uint8Array(1024 * MIB), isDeflated: true, length: MIB };
  const started = performance.now();
  const packed = zip([bomb]);
  const made = performance.now();
  assert.equal(faultOf(packed), "unpack");
  assert.ok(performance.now() - made < (made - started) / 4 + 200, "the bomb was unpacked");
});

test("what cannot be unpacked, or has another checksum, is no dossier", () => {
  const content = new TextEncoder().encode("a document of some length, of some length");
  const right = zip([{ name, content, isDeflated: true }]);
  for (const packed of [Uint8Array.of(7), Uint8Array.of(0, 1, 2), content]) {
    assert.equal(faultOf([{ name, content, isDeflated: true, packed }]), "unpack");
  }
  const cut = right.slice(30 + name.length, 30 + name.length + 20);
  assert.equal(faultOf([{ name, content, isDeflated: true, packed: cut }]), "unpack");
  assert.equal(faultOf([{ name, content, packed: content.map((byte) => byte ^ 1) }]), "unpack");
});

test("a name that could leave its folder, or is hidden, is no name", () => {
  const content = new Uint8Array();
  for (const wrong of [
    "../policy.json",
    "/etc/passwd",
    "proofs/../../x",
    "proofs/..",
    "proofs/.hidden",
    "proofs/a..b",
    "proofs/a/b",
    "proofs\\a",
    "proofs/",
    "other/a",
    "README",
    "releases/á.json",
    "releases/a\nb",
    "",
    `proofs/${"a".repeat(201)}`,
  ]) {
    assert.equal(faultOf([{ name: wrong, content }]), "name", wrong);
  }
  assert.equal(faultOf([{ name: `proofs/${"a".repeat(200)}`, content }]), null);
  assert.equal(faultOf([name, name].map((each) => ({ name: each, content }))), "order");
});

test("all files together have a limit, and so has their number", () => {
  const content = new Uint8Array(4 * MIB);
  const many = (count: number) =>
    Array.from({ length: count }, (_, at) => `releases/${String(at).padStart(3, "0")}.json`).map(
      (name) => ({ name, content, isDeflated: true }),
    );
  assert.equal(faultOf(many(65)), "unpacked");
  const empty = new Uint8Array();
  const files = (count: number) =>
    Array.from({ length: count }, (_, at) => ({
      name: `documents/${String(at).padStart(5, "0")}`,
      content: empty,
    }));
  assert.equal(faultOf(files(20_000)), null);
  assert.equal(faultOf(files(20_001)), "tooManyFiles");
  assert.equal(faultOf(new Uint8Array(128 * MIB + 1)), "tooLong");
});

test("no byte of a stored archive can be another", () => {
  const bytes = archiveOf(dossierCase(SHORT));
  assert.equal(judge(bytes)?.findings.length, TOPICS.length);
  const changed = (at: number) => bytes.map((byte, place) => (place === at ? byte ^ 0x20 : byte));
  const step = Math.ceil(bytes.length / 400);
  for (let at = 0; at < bytes.length; at += step)
    assert.equal(judge(changed(at)), null, String(at));
  // The end record, and two files as they begin.
  const end = bytes.length - 22;
  const directory = new DataView(bytes.buffer).getUint32(end + 16, true);
  for (const start of [0, directory, end]) {
    const length = Math.min(46, bytes.length - start);
    for (let at = start; at < start + length; at += 1) {
      // Who made it, and for which system, is nobody's business.
      const isFree = start === directory && [4, 5, 36, 37, 38, 39, 40, 41].includes(at - start);
      if (!isFree) assert.equal(judge(changed(at)), null, `byte ${at}`);
    }
  }
  for (const length of [0, 1, 21, 22, 30, bytes.length - 23, bytes.length - 1]) {
    assert.equal(judge(bytes.slice(0, length)), null, `${length} bytes`);
  }
});

type Scored = {
  readonly key: string;
  readonly sheet: readonly number[];
  readonly price: string;
};
type Scoring = {
  readonly name: string;
  readonly proposals: readonly Scored[];
  readonly ballots: readonly (readonly (readonly number[])[])[];
  readonly expected: {
    readonly solvent: readonly string[];
    readonly outlierCells: readonly number[];
    readonly scores: Readonly<
      Record<
        string,
        {
          readonly technical: number;
          readonly economic: number;
          readonly results: Readonly<Record<string, { social: number; total: number }>>;
        }
      >
    >;
  };
};

/** The call that those numbers were computed for. */
const CALL = `{"budget":{"centavos":"200000000","currency":"MXN"},"technicalMinimum":3750,
  "socialCriteria":[{"weightPercent":40},{"weightPercent":30},{"weightPercent":30}],
  "weights":{"economic":3000,"social":2000,"technical":5000}}`;

function eventOf(envelope: Partial<Envelope> | null, leaf = new Uint8Array(32)): Event {
  const head = { log: "x", seq: 1n, id: "", at: 0n, atText: "", clock: "wall" } as const;
  return new Event({
    entry: { ...head, leaf, envelope: null, seal: null },
    envelope: envelope as Envelope | null,
    disclosed: new Map(),
    block: null,
    isSealedChain: false,
    isLate: false,
    witnesses: 0,
  });
}

function callOf(text: string): Said {
  return new Said(eventOf(null), parseJson(text));
}

test("an event of a stream names the leaf of the one before it", () => {
  const first = eventOf({ ver: 1n, prev: null });
  const second = (prev: string | null) => eventOf({ ver: 2n, prev });
  second(first.leaf).follows(first);
  first.follows(null);
  const other = eventOf(null, new Uint8Array(32).fill(1));
  for (const prev of [null, other.leaf]) {
    assert.throws(() => second(prev).follows(first), { what: "streamBreak" });
  }
  assert.throws(() => second(first.leaf).follows(null), { what: "streamGap" });
});

const plainJson = (value: Json) => JSON.parse(canonical(value)) as Record<string, unknown>;

test("the points are those of an independent program of exact fractions", () => {
  const file = new URL("../../domain/tests/data/scoring.json", project);
  const cases = JSON.parse(readFileSync(file, "utf8")) as readonly Scoring[];
  assert.ok(cases.length > 1);
  const letters = [..."ABCDEF"];
  for (const { name, proposals, ballots, expected } of cases) {
    const masks = letters.slice(0, proposals.length);
    const computed = computePoints(
      masks,
      callOf(CALL),
      proposals.map(({ sheet, price }, at) => ({
        mask: letters[at] ?? "",
        technical: BigInt(sheet.reduce((sum, score) => sum + score, 0)),
        price: { centavos: BigInt(price), currency: "MXN" },
      })),
      ballots.map((scores, at) => ({
        pseudonym: `EV-${String(at).padStart(2, "0")}`,
        scores: new Map(masks.map((mask, place) => [mask, scores[place] ?? []])),
      })),
    );
    assert.equal(computed.scores.length, expected.solvent.length, name);
    for (const score of computed.scores.map(plainJson)) {
      const key = proposals[letters.indexOf(String(score["mask"]))]?.key ?? "";
      const wanted = expected.scores[key];
      assert.deepEqual(
        [score["technical"], score["economic"]],
        [wanted?.technical, wanted?.economic],
      );
      const results = (score["results"] as Record<string, unknown>[]).map(
        ({ aggregation, social, total }) => [aggregation, { social, total }],
      );
      assert.deepEqual(Object.fromEntries(results), wanted?.results, `${name} ${key}`);
    }
    const cells = computed.outliers
      .map(plainJson)
      .map(({ pseudonym, cells }) => [pseudonym, cells]);
    const wanted = expected.outlierCells.flatMap((cells, at) =>
      cells === 0 ? [] : [[`EV-${String(at).padStart(2, "0")}`, cells]],
    );
    assert.deepEqual(cells, wanted, name);
  }
});

test("a half is rounded up, and the trimmed mean needs five ballots", () => {
  const ratios = [
    [1n, 2n],
    [3n, 2n],
    [149n, 100n],
    [0n, 7n],
  ] as const;
  assert.deepEqual(
    ratios.map(([top, of]) => halfUp(top, of)),
    [1n, 2n, 1n, 0n],
  );
  assert.deepEqual(aggregate("median", [10n, 15n]), { top: 25n, of: 2n });
  assert.equal(aggregate("trimmedMean", [0n, 10n, 20n, 100n]), null);
  assert.deepEqual(aggregate("trimmedMean", [0n, 10n, 20n, 30n, 100n]), { top: 60n, of: 3n });
  assert.equal(aggregate("mean", []), null);
});

test("a penalty is half up, and no more than the value and what is left of the guarantee", () => {
  const of = (left: bigint, value: bigint) => penaltyOf({ perMille: 5n, left }, value, 3);
  assert.deepEqual(
    [of(9n, 100n), of(9n, 99n), of(9n, 1000n), of(1n, 100n), of(0n, 100n)],
    [2n, 1n, 9n, 1n, 0n],
  );
  assert.equal(penaltyOf({ perMille: 50n, left: 900n }, 100n, 30), 100n);
});

test("what a dossier says commands no terminal and turns no text", () => {
  assert.equal(
    plain("\u001b[2J\u009b\u202ea\u2066\nñ", 100),
    "\ufffd[2J\ufffd\ufffda\ufffd\ufffdñ",
  );
  assert.equal(plain("😀😀😀", 2), "😀😀…");
  assert.equal(plain("😀😀", 2), "😀😀");
});
