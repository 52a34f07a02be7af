/** The page as it was built, opened from disk in Chromium without a network. */

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { after, before, suite, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { TOPICS } from "../src/dossier/opinion.ts";
import { standings, topics } from "../src/words/dossier-page.ts";
import { archiveOf, type DossierCase, dossierCase, dossiers } from "./support/dossiers.ts";
import { Folder } from "./support/command.ts";
import { logs, recordingOf } from "./support/recorded.ts";
import {
  bundleCase,
  bundles,
  bytes,
  load,
  policyTexts,
  project,
  type ReceiptCase,
  type ReleaseCase,
} from "./support/vectors.ts";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];
const folders = (process.env["PATH"] ?? "").split(":");
const executable = [
  process.env["CHROMIUM"],
  ...NAMES.flatMap((name) => folders.map((folder) => `${folder}/${name}`)),
].find((path) => path !== undefined && existsSync(path));
const skip = executable === undefined && "no Chromium: set CHROMIUM, or install it";
if (skip !== false) console.error(`NOT TESTED, the page: ${skip}`);

/** A folder with the files of a recorded log. */
function copyOf(name: string): Folder {
  const one = logs.find((candidate) => candidate.name === name);
  assert.ok(one !== undefined, name);
  const folder = new Folder();
  for (const [path, file] of Object.entries(recordingOf(one).log)) {
    const place = join(folder.path, path);
    if (file === null) continue;
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, bytes(file));
  }
  return folder;
}

type Given = Partial<
  Record<"policy" | "proof" | "release" | "receipt" | "opening" | "dossier", Uint8Array>
>;

const policyBytes = (name: string) => Buffer.from(JSON.stringify(policyTexts[name]));

suite("the page", { skip }, () => {
  let browser: Browser;
  let page: Page;
  const requests: string[] = [];
  const faults: string[] = [];

  before(async () => {
    browser = await chromium.launch({
      executablePath: executable ?? "",
      // A browser of root's has no sandbox to run in.
      args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
    });
    const context = await browser.newContext({ offline: true, locale: "es-MX" });
    page = await context.newPage();
    page.on("request", (request) => requests.push(request.url()));
    page.on("pageerror", (error) => faults.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error") faults.push(message.text());
    });
  });

  after(async () => {
    await browser.close();
  });

  /** Opens the page anew and gives it files; the answer is verdict and check. */
  async function verdictOf(given: Given): Promise<readonly (string | undefined)[]> {
    await page.goto(new URL("build/verifier.html", project).href);
    for (const [kind, content] of Object.entries(given)) {
      const file = { name: `${kind}.json`, mimeType: "application/json" };
      await page.setInputFiles(`#file-${kind}`, { ...file, buffer: Buffer.from(content) });
      await page.locator(`.slot:has(#file-${kind}) .name`).waitFor();
    }
    const { verdict, check } = await page
      .locator("#result .verdict")
      .evaluate((shown: HTMLElement) => ({ ...shown.dataset }));
    return [verdict, check];
  }

  /** What the page calls a verdict of the vectors. */
  function called(verdict: string, late: boolean): string {
    return late && verdict === "anchored" ? "late" : verdict;
  }

  test("says of bundles what the vectors say", async () => {
    // The first case of each ending, and a sample of the others.
    const endings = new Set<string>();
    const sample = bundles.filter(({ verdict, check, late }, at) => {
      const ending = JSON.stringify([verdict, check, late]);
      const isNew = !endings.has(ending);
      endings.add(ending);
      return isNew || at % 40 === 0;
    });
    assert.ok(endings.size >= 15, [...endings].join());
    for (const { name, policy, bundle, verdict, check, late } of sample) {
      const shown = await verdictOf({ policy: policyBytes(policy), proof: bytes(bundle) });
      assert.deepEqual(shown, [called(verdict, late), check ?? ""], name);
    }
  });

  test("says of releases what the vectors say", async () => {
    const cases = load<readonly ReleaseCase[]>("releases").filter((_, at) => at % 6 === 0);
    for (const { name, policy, bundle, release, verdict, check, late } of cases) {
      const shown = await verdictOf({
        policy: policyBytes(policy),
        proof: bytes(bundle),
        release: bytes(release),
      });
      assert.deepEqual(shown, [called(verdict, late), check ?? ""], name);
    }
  });

  test("says of receipts what the vectors say", async () => {
    const cases = load<readonly ReceiptCase[]>("receipts").filter((_, at) => at % 12 === 0);
    for (const { name, policy, receipt, proof, opening, verdict, check } of cases) {
      const shown = await verdictOf({
        policy: policyBytes(policy),
        receipt: bytes(receipt),
        ...(proof !== null && { proof: bytes(proof) }),
        ...(opening !== null && { opening: bytes(opening) }),
      });
      const expected = verdict === "anchored" ? "receiptAnchored" : verdict;
      assert.deepEqual(shown, [expected, check ?? ""], name);
    }
  });

  test("replays the copy of a log and compares it with the batch of a proof", async () => {
    const one = bundleCase("an entry at position 12");
    const given = { policy: policyBytes(one.policy), proof: bytes(one.bundle) };
    for (const [name, tone, said] of [
      ["honest", "good", /^La copia es el registro anclado. Se recalcularon 15 asientos, 1 de/],
      ["the first entry changed and everything recomputed", "bad", /«Registro entero»: lote 2: /],
      ["a hash of a tile changed", "bad", /«Registro entero»: posición 5: /],
      ["a checkpoint by another key", "bad", /«Punto de control»/],
      ["a checkpoint of less than is anchored", "bad", /se le cortó el final/],
      ["an entry bundle is missing", "bad", /^La copia no está completa: /],
      ["no checkpoint", "warn", /^La carpeta no tiene log\/checkpoint/],
    ] as const) {
      await verdictOf(given);
      const copy = copyOf(name);
      await page.setInputFiles("#log-folder", copy.path);
      const shown = page.locator(`#log-result .${tone}`, { hasText: said });
      await shown.waitFor({ timeout: 10_000 });
      copy.remove();
    }
    // Positions 3 to 7: what comes after is not behind this proof.
    const earlier = bundleCase("an entry at position 5");
    await verdictOf({ policy: given.policy, proof: bytes(earlier.bundle) });
    const copy = copyOf("honest");
    await page.setInputFiles("#log-folder", copy.path);
    await page.locator("#log-result", { hasText: "A los 7 asientos siguientes" }).waitFor();
    await page.locator(".slot:has(#file-proof) button").click();
    await page.locator("#log-result .warn", { hasText: "agregue arriba la prueba" }).waitFor();
    copy.remove();
  });

  const givenOf = (one: DossierCase) => ({
    policy: policyBytes(one.policy),
    dossier: archiveOf(one),
  });

  test("says of dossiers what the vectors say, topic by topic", async () => {
    // The first case of each opinion and of each topic that is refused first.
    const endings = new Set<string>();
    const sample = dossiers.filter(({ opinion, topics: [first] }) => {
      const ending = JSON.stringify([opinion, first?.[0]]);
      const isNew = opinion !== "no-dossier" && !endings.has(ending);
      endings.add(ending);
      return isNew;
    });
    assert.ok(sample.length >= 15, [...endings].join());
    const called: Readonly<Record<string, readonly string[]>> = {
      refused: [standings.refused],
      "not-proven": [standings.unanchored, standings.incomplete],
      "not-examined": [standings.absent],
    };
    for (const one of sample) {
      const refused = one.topics.find(([, standing]) => standing === "refused");
      const shown = await verdictOf(givenOf(one));
      assert.deepEqual(shown, [one.opinion, refused?.[0] ?? ""], one.name);
      const lines = await page.locator("#result .steps li").allInnerTexts();
      assert.equal(lines.length, TOPICS.length, one.name);
      for (const [topic, standing, position] of one.topics) {
        const line = lines[TOPICS.findIndex((known) => known === topic)] ?? "";
        assert.ok(line.startsWith(topics[topic as keyof typeof topics]), line);
        assert.ok(
          called[standing]?.some((word) => line.includes(word)),
          line,
        );
        if (position !== null) assert.ok(line.includes(`Posición ${position}, `), line);
        assert.doesNotMatch(line, /\{\w+\}/);
      }
    }
  });

  test("concludes nothing from what is no dossier", async () => {
    const one = dossiers.find(({ opinion }) => opinion === "no-dossier");
    assert.ok(one !== undefined);
    await page.goto(new URL("build/verifier.html", project).href);
    const given = Object.entries(givenOf(one));
    for (const [kind, buffer] of given) {
      const file = { name: kind, mimeType: "", buffer: Buffer.from(buffer) };
      await page.setInputFiles(`#file-${kind}`, file);
      await page.locator(`.slot:has(#file-${kind}) .name`).waitFor();
    }
    const said = await page.locator("#result .bad").innerText();
    assert.match(said, /^El archivo no es un expediente: .+ No se concluye nada de él\.$/);
    assert.equal(await page.locator("#result .verdict").count(), 0);
    assert.equal(await page.locator("#result").getAttribute("aria-busy"), "false");
  });

  test("says that it is busy, and shows only what was asked for last", async () => {
    const one = dossierCase("an honest dossier is proven in every topic, 1");
    const { policy, dossier } = givenOf(one);
    await page.goto(new URL("build/verifier.html", project).href);
    await page.evaluate(() => {
      const seen: string[] = [];
      Object.assign(window, { seen });
      const result = document.getElementById("result");
      if (result === null) throw new Error("no result");
      const note = () => {
        if (result.getAttribute("aria-busy") === "true") seen.push(result.innerText.trim());
      };
      new MutationObserver(note).observe(result, { attributes: true, childList: true });
    });
    const given = { name: "x", mimeType: "" };
    await page.setInputFiles("#file-dossier", { ...given, buffer: Buffer.from(dossier) });
    await page.locator(".slot:has(#file-dossier) .name").waitFor();
    await page.setInputFiles("#file-policy", { ...given, buffer: policy });
    await page.locator("#result progress").waitFor();
    await page.getByRole("button", { name: "Quitar: Política" }).click();
    await page.getByText("Falta la política").waitFor();
    await page.setInputFiles("#file-policy", { ...given, buffer: policy });
    await page.locator("#result .verdict").waitFor();
    const seen = await page.evaluate(() => (window as unknown as { seen: string[] }).seen);
    assert.ok(
      seen.some((text) => /^Examinando el expediente: \d+ de \d+ pruebas…$/.test(text)),
      seen.join("\n"),
    );
    assert.equal(await page.locator("#result .verdict").count(), 1);
  });

  test("takes dropped files to their places by what they say they are", async () => {
    const one = bundleCase("everything withheld, disclosed");
    await page.goto(new URL("build/verifier.html", project).href);
    const dropped = await page.evaluateHandle(
      (texts) => {
        const transfer = new DataTransfer();
        texts.forEach((text, at) => transfer.items.add(new File([text], `file-${at}.json`)));
        return transfer;
      },
      [Buffer.from(bytes(one.bundle)).toString(), policyBytes(one.policy).toString()],
    );
    await page.dispatchEvent("#drop", "drop", { dataTransfer: dropped });
    const verdict = page.locator("#result .verdict");
    await verdict.waitFor();
    assert.equal(await verdict.getAttribute("data-verdict"), one.verdict);
  });

  test("asks nobody for anything and reports no fault", () => {
    const page = new URL("build/verifier.html", project).href;
    assert.ok(requests.length > 0);
    assert.deepEqual(
      requests.filter((url) => url !== page),
      [],
    );
    assert.deepEqual(faults, []);
  });

  test("is refused a connection by its own policy", async () => {
    const outcome = await page.evaluate(async () => {
      const blocked: string[] = [];
      document.addEventListener("securitypolicyviolation", ({ effectiveDirective }) =>
        blocked.push(effectiveDirective),
      );
      await fetch("http://127.0.0.1:9/").catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve));
      return blocked;
    });
    assert.deepEqual(outcome, ["connect-src"]);
  });

  for (const [width, height] of [
    [1280, 900],
    [390, 844],
  ] as const) {
    test(`is accessible, and fits a screen of ${width} pixels`, async () => {
      const source = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
      await page.setViewportSize({ width, height });
      const one = bundleCase("everything withheld, disclosed");
      const good = { policy: policyBytes(one.policy), proof: bytes(one.bundle) };
      const bad = bundles.find(({ check }) => check === "storage");
      assert.ok(bad !== undefined);
      const receipt = load<readonly ReceiptCase[]>("receipts").find(
        ({ verdict, opening }) => verdict === "breach" && opening !== null,
      );
      assert.ok(receipt !== undefined);
      const states: Record<string, Given> = {
        anchored: good,
        refused: { policy: policyBytes(bad.policy), proof: bytes(bad.bundle) },
        breach: {
          policy: policyBytes(receipt.policy),
          receipt: bytes(receipt.receipt),
          opening: bytes(receipt.opening ?? ""),
        },
        dossier: givenOf(dossierCase("an honest dossier is proven in every topic, 1")),
        dossierRefused: givenOf(longest("refused", "refused")),
        dossierIncomplete: givenOf(longest("incomplete", "not-proven")),
      };
      const folder = new URL("build/screens/", project);
      mkdirSync(folder, { recursive: true });
      for (const [name, given] of Object.entries(states)) {
        await verdictOf(given);
        const path = fileURLToPath(new URL(`${name}-${width}.png`, folder));
        await page.screenshot({ path, fullPage: true });
        const wide = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(wide <= width, `${name}: ${wide} pixels`);
        // Evaluated from outside, which the page's policy does not stop.
        await page.evaluate(readFileSync(source, "utf8"));
        const violations = await page.evaluate(async () => {
          const { axe } = window as unknown as {
            axe: { run(): Promise<{ violations: { id: string; help: string }[] }> };
          };
          return (await axe.run()).violations.map(({ id, help }) => `${id}: ${help}`);
        });
        assert.deepEqual(violations, [], name);
      }
    });
  }

  /** The case of an opinion with the most topics of a standing. */
  function longest(opinion: string, wanted: string): DossierCase {
    const count = ({ topics }: DossierCase) =>
      topics.filter(([, standing]) => standing === wanted).length;
    const cases = dossiers.filter((one) => one.opinion === opinion);
    const [first] = cases.sort((a, b) => count(b) - count(a));
    assert.ok(first !== undefined, opinion);
    return first;
  }

  test("is used with the keyboard alone", async () => {
    await page.goto(new URL("build/verifier.html", project).href);
    const reached: string[] = [];
    for (let presses = 0; presses < 6; presses += 1) {
      await page.keyboard.press("Tab");
      reached.push(await page.evaluate(() => document.activeElement?.id ?? ""));
    }
    const order = ["policy", "proof", "release", "receipt", "opening", "dossier"];
    assert.deepEqual(
      reached,
      order.map((kind) => `file-${kind}`),
    );
  });
});
