import type { Json } from '@ioi/canon';
import type { JsonObject } from '@ioi/jsonrpc';
import type { WorkerManifest } from '@ioi/protocol';
import type { A2aVersion } from './a2a-request.ts';

export const CARD_PATH = '/.well-known/agent-card.json';
export const KEYS_PATH = '/.well-known/jwks.json';

const MANIFEST_EXTENSION = 'urn:ioi:worker-manifest:1';
const MODES = ['text/plain', 'application/json'];

export type CardAbout = {
  readonly url: string;
  readonly name: string;
  readonly manifest: WorkerManifest;
  readonly manifestHash: string;
  /** Of its tasks, those that are served. */
  readonly tasks: WorkerManifest['tasks'];
};

/**
 * What an agent says of itself (A2A 1.0, 4.4.1). To a client that does not say 1.0 the card has the
 * members of 0.3 as well: readers of either find theirs. Which worker it is stands in an extension.
 */
export function cardOf(about: CardAbout, version: A2aVersion): JsonObject {
  const { url, name, manifest, tasks } = about;
  const at = (protocolVersion: string): JsonObject => ({
    ...{ url, protocolBinding: 'JSONRPC', protocolVersion },
  });
  const card = {
    name,
    description: manifest.about ?? `The worker ${manifest.id}.`,
    version: manifest.version,
    supportedInterfaces: [at('1.0'), at('0.3')],
    capabilities: {
      ...{ streaming: true, pushNotifications: false, extendedAgentCard: false },
      extensions: [extensionOf(about)],
    },
    securityRequirements: [{ schemes: { token: {} } }],
    defaultInputModes: MODES,
    defaultOutputModes: MODES,
    skills: tasks.map((task) => ({
      ...{ id: task.name, name: task.name, tags: ['ioi', 'worker'] },
      description: `Takes ${JSON.stringify(task.input_schema)}`,
    })),
  };
  const scheme = { httpAuthSecurityScheme: { scheme: 'Bearer' } };
  if (version === '1.0') return { ...card, securitySchemes: { token: scheme } };
  return {
    ...card,
    ...{ protocolVersion: '0.3.0', url, preferredTransport: 'JSONRPC' },
    securitySchemes: { token: { ...scheme, type: 'http', scheme: 'bearer' } },
    security: [{ token: [] }],
  };
}

/**
 * What is signed of a card (A2A 1.0, 8.4.1): the card of 1.0; the same without what is empty, as
 * official libraries take it before they look; and to whoever reads 0.3 all that they were sent.
 */
export function signedForms(about: CardAbout, version: A2aVersion): readonly JsonObject[] {
  const newer = cardOf(about, '1.0');
  const forms = [newer, withoutEmpty(newer) as JsonObject];
  return version === '1.0' ? forms : [...forms, cardOf(about, version)];
}

function withoutEmpty(value: Json): Json | undefined {
  if (value === null || value === '') return undefined;
  if (typeof value !== 'object') return value;
  if (Array.isArray(value)) {
    const kept = value.map(withoutEmpty).filter((each) => each !== undefined);
    return kept.length > 0 ? kept : undefined;
  }
  const kept = Object.entries(value).flatMap(([name, each]) => {
    const left = withoutEmpty(each);
    return left === undefined ? [] : [[name, left] as const];
  });
  return kept.length > 0 ? Object.fromEntries(kept) : undefined;
}

function extensionOf({ manifest, manifestHash }: CardAbout): JsonObject {
  const { id, version, authority } = manifest;
  return {
    uri: MANIFEST_EXTENSION,
    description: 'The signed manifest of the worker whose runs answer here.',
    params: { id, version, authority, manifest_hash: manifestHash },
  };
}
