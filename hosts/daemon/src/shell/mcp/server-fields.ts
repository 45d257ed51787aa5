import { isAbsolute } from 'node:path';

type Entry = Readonly<Record<string, unknown>>;

const MANIFEST = ['paths', 'hosts', 'placeholders'];
const PATHS = ['read', 'write'];
const HOST = /^[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?$/;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;
/** Each from 1 to so many. */
const MOST = {
  calls_max: 4096,
  calls_per_minute: 100_000,
  seconds: 86_400,
  answer_bytes: 1_073_741_824,
} as const;
const COUNTS = Object.entries(MOST);

/** What is wrong with how a server is reached and bounded, as the rest of a pointer. */
export function wrongInReach(entry: Entry): string | undefined {
  const { transport, url, command, manifest, connector } = entry;
  if (transport !== undefined && (transport !== 'sse' || typeof url !== 'string')) {
    return '/transport can be "sse", for a server with /url';
  }
  const wrongCount = COUNTS.find(([name, most]) => !isCount(entry[name], most));
  if (wrongCount) return `/${wrongCount[0]} must be a whole number from 1 to ${wrongCount[1]}`;
  if (connector !== undefined && COUNTS.some(([name]) => entry[name] !== undefined)) {
    return '/connector has its limits in its own operations and contracts';
  }
  if (manifest === undefined) return undefined;
  if (typeof command !== 'string') return '/manifest is for a server with /command';
  const wrong = wrongInManifest(manifest);
  return wrong === undefined ? undefined : `/manifest${wrong}`;
}

function wrongInManifest(manifest: unknown): string | undefined {
  if (!isObject(manifest)) return ' must be an object';
  const unknown = Object.keys(manifest).find((key) => !MANIFEST.includes(key));
  if (unknown) return `/${unknown} is not known; known are ${MANIFEST.join(', ')}`;
  const { paths, hosts, placeholders } = manifest;
  if (!isObject(paths) || Object.keys(paths).some((key) => !PATHS.includes(key))) {
    return '/paths must have read and write';
  }
  const isPath = (each: unknown): boolean => typeof each === 'string' && isAbsolute(each);
  const bad = PATHS.find((kind) => !isListOf(paths[kind], isPath));
  if (bad) return `/paths/${bad} must be a list of absolute paths`;
  const isHost = (each: unknown): boolean => typeof each === 'string' && HOST.test(each);
  if (!isListOf(hosts, isHost)) return '/hosts must be a list of host or host:port';
  const isFit =
    isObject(placeholders) &&
    Object.entries(placeholders).every(
      ([name, value]) => VARIABLE.test(name) && typeof value === 'string',
    );
  return isFit ? undefined : '/placeholders must map names of variables to texts';
}

function isCount(value: unknown, most: number): boolean {
  if (value === undefined) return true;
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= most;
}

function isListOf(value: unknown, fits: (each: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(fits);
}

function isObject(value: unknown): value is Entry {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
