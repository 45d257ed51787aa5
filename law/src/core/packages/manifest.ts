import { err, ok, type Result } from '@ioi/basis';
import { type Json, parseStrict } from '@ioi/canon';
import { isWorkerManifest, parseCapability, type WorkerManifest } from '@ioi/protocol';
import { lineStarts, positionOf } from '../policy/locate.ts';
import { placed, type Shape, type ShapeFlaw, shapeFaults, type TextFault } from '../shape/index.ts';
import type { ManifestCode } from './codes.ts';

export type ManifestFault = TextFault<ManifestCode>;
type Flaw = ShapeFlaw<ManifestCode>;

export const MANIFEST_BYTES_MAX = 1024 * 1024;
/** What is filled in when a worker is packed. */
const FILLED = ['authority', 'package', 'tasks', 'public_key', 'signature'] as const;

/** What the author of a worker writes of its manifest. */
export type ManifestDraft = Omit<WorkerManifest, (typeof FILLED)[number]>;

/** `shape`: the JSON Schema of WorkerManifest, as it is published. */
export function readDraft(
  text: string,
  shape: Shape,
): Result<ManifestDraft, readonly ManifestFault[]> {
  const { properties = {}, required = [] } = shape;
  const isWritten = (name: string): boolean => !(FILLED as readonly string[]).includes(name);
  const written = Object.entries(properties).filter(([name]) => isWritten(name));
  const draft: Shape = {
    ...shape,
    properties: Object.fromEntries(written),
    required: required.filter(isWritten),
  };
  const read = readShaped(text, draft);
  return read.ok ? ok(read.value as unknown as ManifestDraft) : read;
}

/** The whole manifest, as a package has it; its signature is for `openPackage`. */
export function readManifest(
  text: string,
  shape: Shape,
): Result<WorkerManifest, readonly ManifestFault[]> {
  const read = readShaped(text, shape);
  if (!read.ok) return read;
  const { value } = read;
  if (isWorkerManifest(value)) return ok(value);
  const message = 'this is no WorkerManifest';
  return err(placed([{ code: 'manifest.wrong_type', pointer: '', message }], text));
}

function readShaped(text: string, shape: Shape): Result<Json, readonly ManifestFault[]> {
  const parsed = parseStrict(text, { maxBytes: MANIFEST_BYTES_MAX });
  if (!parsed.ok) {
    const { code, pointer = '', message, offset = 0 } = parsed.error;
    return err([{ code, pointer, message, ...positionOf(offset, lineStarts(text)) }]);
  }
  const misshapen = shapeFaults(parsed.value, shape).map((flaw): Flaw => {
    return { ...flaw, code: `manifest.${flaw.code}` };
  });
  if (misshapen.length > 0) return err(placed(misshapen, text));
  const impossible = flawsIn(parsed.value as unknown as ManifestDraft);
  return impossible.length > 0 ? err(placed(impossible, text)) : ok(parsed.value);
}

/** What no node could give, or would know by another name. */
function flawsIn({ entry, requirements, policy_defaults }: ManifestDraft): readonly Flaw[] {
  const found: Flaw[] = [];
  const impossible = (pointer: string, message: string): void => {
    found.push({ code: 'manifest.impossible_requirement', pointer, message });
  };
  if (!FILES[entry.language].test(entry.file)) {
    impossible('/entry/file', `${entry.file} is no file of ${entry.language}`);
  }
  const framework = requirements?.framework;
  if (framework !== undefined) {
    const why = unmet(framework, entry.language);
    if (why !== undefined) impossible('/requirements/framework', why);
  }
  if (entry.compat !== undefined && entry.language !== 'python') {
    impossible('/entry/compat', `${entry.compat} is for workers in Python`);
  }
  for (const name of Object.keys(policy_defaults ?? {})) {
    if (isCapability(name)) continue;
    const pointer = `/policy_defaults/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    const message = `\`${name.slice(0, 80)}\` is neither prim:… nor scope:…`;
    found.push({ code: 'manifest.unknown_capability', pointer, message });
  }
  return found;
}

/** What starts a worker is told by its language and the name of its file, and both say the same. */
const FILES: Readonly<Record<ManifestDraft['entry']['language'], RegExp>> = {
  python: /\.py$/,
  typescript: /(?<!\.guest)\.(?:ts|mjs|js)$/,
  guest: /\.guest\.(?:js|mjs|ts)$/,
  wasm: /\.wasm$/,
};

/** The examples of the whitepaper name `cap:network`, which has no one primitive. */
const BY_EXAMPLE = ['cap:network'];

function isCapability(name: string): boolean {
  return parseCapability(name).ok || BY_EXAMPLE.includes(name);
}

const OLDEST_PYTHON = 11;

function unmet(framework: string, language: string): string | undefined {
  const [, name = '', major = '', minor] = /^([a-z]+)-(\d+)(?:\.(\d+))?$/.exec(framework) ?? [];
  const runs = name === 'python' ? 'python' : 'typescript';
  if (runs !== language) return `${framework} runs nothing that is written in ${language}`;
  if (name !== 'python') return undefined;
  if (Number(major) === 3 && Number(minor ?? OLDEST_PYTHON) >= OLDEST_PYTHON) return undefined;
  return `the SDK needs python-3.${OLDEST_PYTHON} or later, not ${framework}`;
}
