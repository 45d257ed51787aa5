import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { err, ok, type Result } from '@ioi/basis';
import { parseStrict } from '@ioi/canon';
import type { Rejection } from '@ioi/protocol';
import { isOrganisationPublication, type OrganisationPublication } from '@ioi/protocol';
import { type Place, PUBLICATION, placeOf } from '../../core/index.ts';
import { gitBytes } from './git-bytes.ts';

/** Of a bundle with its rules, which have 2 MiB at most. */
const MOST_BYTES = 4_000_000;
const WEB_MS = 20_000;

export type FetchPublication = (
  source: string,
) => Promise<Result<OrganisationPublication, Rejection>>;

/** What an organisation publishes there, of the shape it has to have; not verified yet. */
export const fetchPublication: FetchPublication = async (source) => {
  const place = placeOf(source);
  if (place === undefined) {
    const message = `${source} is no folder, https:// address, or git address`;
    return err({ code: 'organisation.source_invalid', message });
  }
  let bytes: Uint8Array;
  try {
    bytes = await bytesAt(place);
  } catch (fault) {
    const message = fault instanceof Error ? firstLine(fault) : String(fault);
    return err({ code: 'organisation.unreachable', message: `${source}: ${message}` });
  }
  const parsed = parseStrict(bytes, { maxBytes: MOST_BYTES });
  if (parsed.ok && isOrganisationPublication(parsed.value)) return ok(parsed.value);
  const message = `${source} holds no ${PUBLICATION} that \`ioi org publish\` made`;
  return err({ code: 'organisation.not_published', message });
};

function bytesAt(place: Place): Promise<Uint8Array> {
  if (place.kind === 'web') return webBytes(place.url);
  if (place.kind === 'folder') return fileBytes(join(place.path, PUBLICATION));
  return gitBytes(place.address, PUBLICATION, { bytes: MOST_BYTES });
}

/** Never more than fits, whatever grows there meanwhile; a pipe in its place holds nothing up. */
async function fileBytes(path: string): Promise<Uint8Array> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const found = await file.stat();
    const { size } = found;
    if (!found.isFile()) throw new Error(`${path} is no file`);
    if (size > MOST_BYTES) throw new Error(`more than ${MOST_BYTES} bytes`);
    const bytes = new Uint8Array(size);
    const { bytesRead } = await file.read(bytes, 0, size, 0);
    return bytes.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function webBytes(url: string): Promise<Uint8Array> {
  const signal = AbortSignal.timeout(WEB_MS);
  const response = await fetch(url, { redirect: 'error', signal });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of response.body ?? []) {
    size += piece.length;
    if (size > MOST_BYTES) throw new Error(`more than ${MOST_BYTES} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** `fetch failed` says nothing, its cause does; git says its reason in the last line. */
function firstLine({ message, cause }: Error): string {
  const said = cause instanceof Error && cause.message !== '' ? cause.message : message;
  return said.trim().split('\n').at(-1)?.slice(0, 500) ?? said;
}
