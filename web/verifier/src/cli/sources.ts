/** Where logs and nodes are read from: servers and folders, each answer bounded in size and time. */

import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { join, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { type Bytes, concat } from "../bytes.ts";
import { ChainNode } from "../chain/node.ts";
import type { LogFiles } from "../log/tiles.ts";
import { Unreadable } from "../unreadable.ts";

const [TIMEOUT_MS, ANSWER_BYTES, ATTEMPTS] = [30_000, 16 * 1024 * 1024, 3];

/** The body of an answer of at most `limit` bytes; `null` if there is none (404). */
async function ask(url: string, limit: number, request: RequestInit): Promise<Bytes | null> {
  try {
    const answer = await answerOf(url, request);
    if (answer.status === 404) return null;
    if (answer.status !== 200) {
      throw new Unreadable(`${url} answered with status ${answer.status}`);
    }
    return await bodyOf(answer, limit, url);
  } catch (error) {
    if (error instanceof Unreadable) throw error;
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Unreadable(`${url} did not answer: ${why}`);
  }
}

async function answerOf(url: string, request: RequestInit): Promise<Response> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      // The operator's choice of address is the auditor's: redirections are not followed.
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      return await fetch(url, { ...request, redirect: "manual", signal });
    } catch (error) {
      // A server closes a connection on which nothing was asked while headers were checked.
      const isClosed = error instanceof TypeError && attempt < ATTEMPTS;
      if (!isClosed) throw error;
    }
  }
}

async function bodyOf({ body }: Response, limit: number, url: string): Promise<Bytes> {
  const parts: Bytes[] = [];
  let length = 0;
  for await (const part of (body ?? []) as AsyncIterable<Bytes>) {
    length += part.length;
    if (length > limit) throw new Unreadable(`${url} answered with more than ${limit} bytes`);
    parts.push(part);
  }
  return concat(...parts);
}

/** The node that answers at `url`. */
export function nodeAt(url: string): ChainNode {
  const headers = { "content-type": "application/json" };
  return new ChainNode(async (body) => {
    const answer = await ask(url, ANSWER_BYTES, { method: "POST", headers, body });
    if (answer === null) throw new Unreadable(`${url} answered with status 404`);
    return new TextDecoder().decode(answer);
  });
}

/** The log at an address, or in a folder with `log/checkpoint` and `log/tile/` in it. */
export function logAt(place: string): LogFiles {
  if (/^https?:\/\//.test(place)) {
    const base = place.replace(/\/+$/, "");
    return (path, limit) => ask(`${base}${path}`, limit, {});
  }
  return folderAt(place.startsWith("file://") ? pathOf(place) : resolve(place));
}

function pathOf(address: string): string {
  try {
    return fileURLToPath(address);
  } catch {
    throw new Unreadable(`${address} is not file:// and the absolute path of a folder`);
  }
}

/** A copy may be anybody's, with links in it: nothing is read that is not a file in the folder. */
function folderAt(folder: string): LogFiles {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    throw new Unreadable(`${folder} is no folder`);
  }
  const root = realpathSync(folder);
  return (path, limit) => {
    const named = join(root, path);
    if (!existsSync(named)) return Promise.resolve(null);
    const file = realpathSync(named);
    // Only then read: to open what is no file, a pipe say, may wait for ever.
    const found = statSync(file);
    if (!file.startsWith(root + sep) || !found.isFile()) {
      throw new Unreadable(`${named} is not a file in the log's folder`);
    }
    if (found.size > limit) throw new Unreadable(`${named} is longer than ${limit} bytes`);
    return Promise.resolve(readFileSync(file));
  };
}
