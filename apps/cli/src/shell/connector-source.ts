import { readFileSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { secureUrl } from '@ioi/basis';
import { evmTools, type ReadConnector, readOpenapi } from '@ioi/law';
import { type ConnectorManifest, isConnectorManifest } from '@ioi/protocol';
import { CommandFault, messageOf, usageFault } from './fault.ts';

const MOST_BYTES = 16 * 1024 * 1024;
const FETCH_MS = 30_000;

export type ConnectorSource = {
  readonly manifest: ConnectorManifest;
  readonly read: ReadConnector;
  /** From the name of the manifest or the file. */
  readonly name: string;
};

/** A manifest (whitepaper C.4) with the document it names, or an OpenAPI document alone. */
export async function connectorSource(place: string, auth: string): Promise<ConnectorSource> {
  const given = await jsonAt(place);
  const isDocument = Object(given)['openapi'] !== undefined;
  const manifest = isDocument ? manifestFor(place, auth) : given;
  if (!isConnectorManifest(manifest)) {
    const message = `${place} is neither a connector manifest nor an OpenAPI document`;
    throw refusal('connector.manifest_invalid', message);
  }
  const { notarization, interface: through, connector_id: id } = manifest;
  if (notarization === 'required') {
    const message = `${id} wants its answers notarised, and this node has no notary`;
    throw refusal('connector.notary_missing', message);
  }
  if (through.type === 'ssh') {
    throw usageFault(`${id} is for SSH`, `ioi connector add ${through.url} --secret NAME`);
  }
  const name = nameOf(isDocument ? basename(place).replace(/\.[a-z]+$/i, '') : id);
  if (through.type === 'evm') {
    const { url } = through;
    return { manifest, name, read: { version: '1', serverUrl: url, tools: evmTools, leftOut: [] } };
  }
  const document = isDocument ? given : await jsonAt(besides(place, through.url));
  const read = readOpenapi(document, manifest);
  if (!read.ok) throw refusal(read.error.code, `${place}: ${read.error.message}`);
  return { manifest, name, read: read.value };
}

function manifestFor(place: string, auth: string): object {
  const url = isUrl(place) ? place : resolve(place);
  return {
    connector_id: `local:${nameOf(basename(place).replace(/\.[a-z]+$/i, ''))}`,
    interface: { type: 'openapi', url },
    auth_requirement: { type: auth },
    notarization: 'none',
  };
}

/** `std:salesforce:v58` is salesforce. */
function nameOf(given: string): string {
  const [first = '', second] = given.split(':');
  const name = (second ?? first).toLowerCase().replaceAll(/[^a-z0-9_-]+/g, '-');
  return name.replace(/^[^a-z]+/, '').slice(0, 64) || 'connector';
}

function besides(manifest: string, url: string): string {
  if (isUrl(url) || isAbsolute(url)) return url;
  return isUrl(manifest) ? new URL(url, manifest).href : join(dirname(manifest), url);
}

function isUrl(place: string): boolean {
  return /^https?:\/\//.test(place);
}

async function jsonAt(place: string): Promise<unknown> {
  const text = isUrl(place) ? await textAt(place) : fileAt(place);
  try {
    return JSON.parse(text);
  } catch {
    const hint = /^\s*(openapi|swagger):/m.test(text) ? '; YAML is not read, convert it' : '';
    throw refusal('connector.not_json', `${place} is not JSON${hint}`);
  }
}

function fileAt(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (fault) {
    throw usageFault(`${path} cannot be read: ${messageOf(fault)}`);
  }
}

async function textAt(url: string): Promise<string> {
  if (secureUrl(url) === undefined) {
    throw usageFault(`${url} is neither https nor on this machine`);
  }
  try {
    const signal = AbortSignal.timeout(FETCH_MS);
    const response = await fetch(url, { redirect: 'error', signal });
    const text = await response.text();
    if (!response.ok || text.length > MOST_BYTES) throw new Error(`HTTP ${response.status}`);
    return text;
  } catch (fault) {
    throw usageFault(`${url} cannot be read: ${messageOf(fault)}`);
  }
}

function refusal(code: string, message: string): CommandFault {
  return new CommandFault({ exit: 'usage', code, message, next: 'docs/guides/connectors.md' });
}
