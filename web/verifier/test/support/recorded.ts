/** The recorded logs and nodes of the shared vectors, and a server that answers as they did. */

import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { bytes, load } from "./vectors.ts";

type Block = Readonly<Record<string, unknown>>;
export type RecordedNode = {
  readonly chainId: unknown;
  readonly newest: unknown;
  readonly blocks: Readonly<Record<string, Block | null>>;
  readonly logs: readonly { readonly address?: string; readonly blockNumber?: string }[];
  readonly proofs: Readonly<
    Record<string, { readonly accountProof: unknown; readonly slots?: Record<string, unknown> }>
  >;
};
export type Recording = {
  readonly policy: unknown;
  readonly log: Readonly<Record<string, string | null>>;
  readonly node: RecordedNode;
};
export type LogCase = {
  readonly name: string;
  readonly recording: string;
  readonly patches: readonly (readonly [at: string, value: unknown])[];
  readonly verdict: string;
  readonly check: string | null;
  readonly at: { readonly position?: string; readonly batch?: string } | null;
  readonly counts: unknown;
};

const recordings = load<Record<string, Recording>>("recordings");
export const logs = load<readonly LogCase[]>("logs");

/** The recording of a case, with what it replaces. */
export function recordingOf({ recording, patches }: LogCase): Recording {
  const found = structuredClone(recordings[recording]);
  if (found === undefined) throw new Error(`no recording "${recording}"`);
  for (const [at, value] of patches) {
    const names = at.slice(1).split("/");
    const decoded = names.map((name) => name.replaceAll("~1", "/"));
    const last = decoded.pop() ?? "";
    let holder = found as unknown as Record<string, unknown>;
    for (const name of decoded) holder = holder[name] as Record<string, unknown>;
    holder[last] = value;
  }
  return found;
}

export type Answer = (method: string, params: readonly unknown[]) => unknown;

/** What a recorded node answers. */
export function answers(node: RecordedNode): Answer {
  return (method, params) => {
    switch (method) {
      case "eth_chainId":
        return node.chainId;
      case "eth_blockNumber":
        return node.newest;
      case "eth_getBlockByNumber":
        return node.blocks[params[0] as string] ?? null;
      case "eth_getLogs": {
        const filter = params[0] as { address: string; fromBlock: string; toBlock: string };
        return node.logs.filter(
          ({ address, blockNumber }) =>
            blockNumber === undefined ||
            (address === filter.address &&
              BigInt(blockNumber) >= BigInt(filter.fromBlock) &&
              BigInt(blockNumber) <= BigInt(filter.toBlock)),
        );
      }
      case "eth_getProof": {
        const proof = node.proofs[params[0] as string];
        const slots = (params[1] as readonly string[]).map((key) => proof?.slots?.[key] ?? null);
        return { accountProof: proof?.accountProof ?? null, storageProof: slots };
      }
      default:
        throw new Error(`no such method: ${method}`);
    }
  };
}

/** An error of the node instead of a result. */
export class NodeError {
  readonly code = -32005;
}

type Request = { readonly id: number; readonly method: string; readonly params: unknown[] };

/** The body of an answer to the body of a request. */
export function respond(answer: Answer, body: string): string {
  const one = ({ id, method, params }: Request) => {
    const result = answer(method, params);
    if (result instanceof NodeError) return { jsonrpc: "2.0", id, error: { code: result.code } };
    return { jsonrpc: "2.0", id, result };
  };
  const request = JSON.parse(body) as Request | Request[];
  // In another order than asked: a client has to look at the ids.
  return JSON.stringify(Array.isArray(request) ? request.map(one).reverse() : one(request));
}

export type Served = {
  readonly url: string;
  closeConnections(): void;
  close(): Promise<void>;
};

/** Serves files below `/log/` and a node on one port of loopback. */
export async function serve(
  file: (path: string) => Uint8Array | null,
  answer: Answer,
): Promise<Served> {
  const listen: RequestListener = (request, response) => {
    if (request.method === "GET") {
      const found = file(request.url ?? "");
      response.writeHead(found === null ? 404 : 200);
      response.end(found ?? undefined);
      return;
    }
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => response.end(respond(answer, Buffer.concat(parts).toString())));
  };
  const server: Server = createServer(listen);
  // A test that fails leaves it open, and must end all the same.
  server.unref();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  const close = () =>
    new Promise<void>((done) => {
      server.closeAllConnections();
      server.close(() => done());
    });
  const closeConnections = () => server.closeAllConnections();
  return { url: `http://127.0.0.1:${port}`, closeConnections, close };
}

/** The file of a recording at a path. */
export function fileOf({ log }: Recording): (path: string) => Uint8Array | null {
  return (path) => {
    const file = log[path];
    return file === undefined || file === null ? null : bytes(file);
  };
}
