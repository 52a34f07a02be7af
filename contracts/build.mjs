// Compiles src/ with the pinned solc and writes the committed artifacts; with --check, compares instead.
// Reads nothing but src/ and the pinned OpenZeppelin package, so the same sources give the same bytes everywhere.
import { readFileSync, writeFileSync, mkdirSync, existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import solc from "solc";

const root = dirname(fileURLToPath(import.meta.url));
const contracts = ["BatchAnchor", "Cosignatures"];

// The same settings stand in foundry.toml, so that the tests run the code that is deployed.
const settings = {
  evmVersion: "london",
  optimizer: { enabled: true, runs: 200 },
  metadata: { bytecodeHash: "none", appendCBOR: false },
};
const outputs = [
  "abi",
  "evm.bytecode.object",
  "evm.deployedBytecode.object",
  "evm.deployedBytecode.immutableReferences",
  "storageLayout",
];

function read(path) {
  const file = path.startsWith("src/") ? join(root, path) : join(root, "node_modules", path);
  return existsSync(file) ? { contents: readFileSync(file, "utf8") } : { error: `${path} not found` };
}

// solc names immutables by AST id, which is no name to keep in an artifact.
function immutableNames(node, names = new Map()) {
  if (Array.isArray(node)) node.forEach((child) => immutableNames(child, names));
  else if (node !== null && typeof node === "object") {
    if (node.nodeType === "VariableDeclaration" && node.mutability === "immutable") names.set(String(node.id), node.name);
    Object.values(node).forEach((child) => immutableNames(child, names));
  }
  return names;
}

function compile(contractName) {
  const entryPoint = `src/${contractName}.sol`;
  const input = {
    language: "Solidity",
    sources: { [entryPoint]: { content: read(entryPoint).contents } },
    settings: { ...settings, outputSelection: { "*": { [contractName]: outputs, "": ["ast"] } } },
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: read }));
  const problems = (output.errors ?? []).filter((problem) => problem.severity !== "info");
  if (problems.length > 0) {
    problems.forEach((problem) => console.error(problem.formattedMessage));
    process.exit(1);
  }
  const contract = output.contracts[entryPoint][contractName];
  const names = immutableNames(Object.values(output.sources).map((source) => source.ast));
  const immutables = Object.fromEntries(
    Object.entries(contract.evm.deployedBytecode.immutableReferences)
      .map(([id, places]) => [names.get(id), places])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
  return {
    contractName,
    compiler: `solc ${solc.version().split(".Emscripten")[0]}`,
    settings,
    storageLayout: contract.storageLayout.storage.map(({ label, slot, offset, type }) => ({ label, slot, offset, type })),
    immutables,
    abi: contract.abi,
    bytecode: `0x${contract.evm.bytecode.object}`,
    deployedBytecode: `0x${contract.evm.deployedBytecode.object}`,
  };
}

const isCheck = process.argv.includes("--check");
for (const contractName of contracts) {
  const name = `artifacts/${contractName}.json`;
  const built = `${JSON.stringify(compile(contractName), null, 2)}\n`;
  if (!isCheck) {
    mkdirSync(join(root, "artifacts"), { recursive: true });
    writeFileSync(join(root, name), built);
    console.log(`wrote ${name}, ${JSON.parse(built).deployedBytecode.length / 2 - 1} bytes deployed`);
  } else if (existsSync(join(root, name)) && readFileSync(join(root, name), "utf8") === built) {
    console.log(`${name} is what src/ compiles to`);
  } else {
    console.error(`${name} is not what src/ compiles to: run \`npm run build\` and commit it`);
    process.exit(1);
  }
}
