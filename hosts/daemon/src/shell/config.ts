import { readFileSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { type BucketConfig, type Place, wrongInBucket } from '@ioi/agentgres';
import { isSchemaName } from '@ioi/agentgres/shell';
import { secureUrl, sshOrigin } from '@ioi/basis';
import { type Digest, parseStrict } from '@ioi/canon';
import type { ListedTool } from '@ioi/drivers';
import type { ServerManifest } from '@ioi/drivers/shell';
import {
  checkDefinitions,
  NODE_SERVERS,
  onlyPrimitives,
  type RoutingTable,
  wrongInModels,
} from '@ioi/law';
import {
  classOf,
  type IntentDefinition,
  isIntentDefinition,
  isRuntimeToolContract,
  type RuntimeToolContract,
  type VerdictCode,
} from '@ioi/protocol';
import type { Shelf } from '../core/index.ts';
import { isPatience, type Patience, type Retention, readRetention } from '../core/index.ts';
import type { OfferedSkill } from './add-ons/skill-upstream.ts';
import { type ExecutionConfig, wrongInExecution } from './execution/execution-config.ts';
import { type ConnectorConfig, withConnectorContracts, wrongInConnector } from './mcp/connector.ts';
import { wrongInHttp } from './mcp/http-config.ts';
import { wrongInReach } from './mcp/server-fields.ts';
import { type MetricsConfig, wrongInMetrics } from './metrics/listener-config.ts';
import { readWitnesses, type WitnessTarget } from './witness/witness-config.ts';
import { type PeopleConfig, wrongInPeople } from './workbench/people-config.ts';

/** What was signed is what it may say: anything else of it is shown to nobody. */
export type AddOnServer = {
  readonly package: Digest;
  readonly shelf: Omit<Shelf, 'server' | 'tools'> & { readonly tools: readonly ListedTool[] };
  /** A function, so that two configurations are compared without their texts. */
  readonly skill?: () => OfferedSkill;
};

export type ServerConfig = {
  readonly name: string;
  readonly command?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly url?: string;
  /** The older HTTP with SSE; without it the server is asked what it speaks. */
  readonly transport?: 'sse';
  /** How many calls it is given at once. */
  readonly calls_max?: number;
  /** How many are begun in any minute, in which time each ends, and how long an answer is. */
  readonly calls_per_minute?: number;
  readonly seconds?: number;
  readonly answer_bytes?: number;
  /** What it needs of the machine, for whatever starts it to hold it to that. */
  readonly manifest?: ServerManifest;
  /** Name of the secret that the edge adds to what is sent to `url`. */
  readonly credential?: string;
  /** It is no MCP server: its operations are performed by the edge. */
  readonly connector?: ConnectorConfig;
  /** Absolute folder against which the server's paths and the policy's relative paths are read. */
  readonly workspace_root?: string;
  /** Contracts for tools the node has none for. */
  readonly contracts?: readonly RuntimeToolContract[];
  /** It is an installed skill or extension, and never of node.json. */
  readonly add_on?: AddOnServer;
};

/** Streamable HTTP towards MCP clients, on this machine. */
export type McpHttpConfig = {
  readonly port: number;
  /** Loopback unless told. */
  readonly host?: string;
  /** `none` lets everybody in who reaches the port. */
  readonly auth?: 'token' | 'none';
  /** Names, without ports, by which clients may reach it. */
  readonly allowed_hosts?: readonly string[];
  /** Whose access tokens are taken besides the node's own. */
  readonly authorization_server?: {
    readonly issuer: string;
    readonly jwks_uri: string;
    /** It says of every access token that it is one (RFC 9068), so no other is taken. */
    readonly token_type?: 'at+jwt';
  };
};

/** Where the logs are kept, when not in the node's own folder. */
export type StoreConfig = {
  readonly kind: 'postgres';
  readonly url: string;
  readonly schema?: string;
  /** Among the nodes that share it; no field of node.json. */
  readonly place?: Place;
};

export type NodeConfig = {
  readonly servers: readonly ServerConfig[];
  readonly retention: Retention;
  readonly witnesses: readonly WitnessTarget[];
  /** `false`: those an organisation names are not asked, so that a node can start to leave it. */
  readonly organisation_witnesses?: boolean;
  readonly store?: StoreConfig;
  /** Where the bytes of long contents are kept, when not in the node's own folder. */
  readonly artifacts?: BucketConfig;
  /** What this node can be asked for (whitepaper E.1). */
  readonly intents: readonly IntentDefinition[];
  readonly mcp_http?: McpHttpConfig;
  readonly metrics?: MetricsConfig;
  /** Where people of the organisation sign in; nobody does without. */
  readonly people?: PeopleConfig;
  /** Where executors connect; runs are leased to nobody without. */
  readonly execution?: ExecutionConfig;
  /** Which models a route leads to; read anew for each question. */
  readonly models?: RoutingTable;
  /** How long a call may wait for a person; by the client's own patience where absent. */
  readonly pending_answer_ms?: Patience;
  /** Whether programs in a sandbox may get placeholders: then an edge is started for them. */
  readonly run_credentials?: boolean;
  /** Acts under a policy that observes after which the node proposes to enforce; 0 for never. */
  readonly propose_after: number;
  /** Each open domain holds about sixteen files open. */
  readonly open_domains_max: number;
};

export class ConfigFault extends Error {
  readonly code = 'config.invalid';
}

const FIELDS = [
  'format',
  'servers',
  'store',
  'artifacts',
  'witnesses',
  'organisation_witnesses',
  'retention',
  'open_domains_max',
  'propose_after',
  'intents',
  'mcp_http',
  'metrics',
  'people',
  'execution',
  'models',
  'pending_answer_ms',
  'run_credentials',
  'sign_in_secrets',
];
const OPEN_DOMAINS_MAX = 256;
const PROPOSE_AFTER = 200;
const MOST_PROPOSE_AFTER = 1_000_000;
/** As the guardian names secrets. */
const SECRET_NAME = /^[a-z][a-z0-9_-]{0,63}$/;
const STORE_FIELDS = ['kind', 'url', 'schema'];
const KNOWN = [
  'name',
  'command',
  'args',
  'env',
  'url',
  'transport',
  'calls_max',
  'calls_per_minute',
  'seconds',
  'answer_bytes',
  'manifest',
  'credential',
  'connector',
  'workspace_root',
  'contracts',
];

/** Reads node.json; anything unknown or of the wrong type is refused, naming the place. */
export function readConfig(path: string): NodeConfig {
  const parsed = parseStrict(readFileSync(path));
  if (!parsed.ok) throw new ConfigFault(`${path}: ${parsed.error.message}`);
  const value = parsed.value as Record<string, unknown> | null;
  if (typeof value !== 'object' || value === null || value['format'] !== 'ioi-node/1') {
    throw new ConfigFault(`${path}: /format must be "ioi-node/1"`);
  }
  const unknown = Object.keys(value).find((key) => !FIELDS.includes(key));
  if (unknown) throw new ConfigFault(`${path}: /${unknown} is not known; known are ${FIELDS}`);
  for (const name of ['sign_in_secrets', 'run_credentials', 'organisation_witnesses']) {
    if (['boolean', 'undefined'].includes(typeof value[name])) continue;
    throw new ConfigFault(`${path}: /${name} must be true or false`);
  }
  const { servers, open_domains_max: openMax = OPEN_DOMAINS_MAX } = value;
  if (!Number.isInteger(openMax) || Number(openMax) < 1 || Number(openMax) > 10_000) {
    throw new ConfigFault(`${path}: /open_domains_max must be a whole number from 1 to 10000`);
  }
  const { propose_after: after = PROPOSE_AFTER } = value;
  if (!Number.isInteger(after) || Number(after) < 0 || Number(after) > MOST_PROPOSE_AFTER) {
    const wanted = `a whole number from 0 to ${MOST_PROPOSE_AFTER}`;
    throw new ConfigFault(`${path}: /propose_after must be ${wanted}`);
  }
  if (!Array.isArray(servers)) throw new ConfigFault(`${path}: /servers must be a list`);
  const names = new Set<string>();
  servers.forEach((server, index) => {
    const wrong = wrongIn(server, names);
    if (wrong) throw new ConfigFault(`${path}: /servers/${index}${wrong}`);
  });
  const wrong = value['store'] === undefined ? undefined : wrongInStore(value['store']);
  if (wrong) throw new ConfigFault(`${path}: /store${wrong}`);
  const { artifacts } = value;
  const wrongBucket = artifacts === undefined ? undefined : wrongInBucket(artifacts);
  if (wrongBucket) throw new ConfigFault(`${path}: /artifacts${wrongBucket}`);
  const wrongPort = wrongInReached(value);
  if (wrongPort) throw new ConfigFault(`${path}: ${wrongPort}`);
  const { pending_answer_ms: pendingMs } = value;
  if (pendingMs !== undefined && !isPatience(pendingMs)) {
    const wanted = 'a whole number, or one for each name of a client';
    throw new ConfigFault(`${path}: /pending_answer_ms must be ${wanted}`);
  }
  const read = readWitnesses(value['witnesses']);
  if ('wrong' in read) throw new ConfigFault(`${path}: /witnesses${read.wrong}`);
  const retention = readRetention(value['retention']);
  if (!retention.ok) throw new ConfigFault(`${path}: ${retention.error}`);
  const checked = {
    servers: (servers as ServerConfig[]).map(withConnectorContracts),
    intents: readIntents(value['intents'], path),
    witnesses: read.targets,
    retention: retention.value,
    open_domains_max: openMax,
    propose_after: after,
  };
  return { ...value, ...checked } as unknown as NodeConfig;
}

function wrongInReached(config: Record<string, unknown>): string | undefined {
  const { mcp_http: http, metrics, models, people, execution } = config;
  const wrongModels = models === undefined ? undefined : wrongInModels(models);
  if (wrongModels) return `/models${wrongModels}`;
  const wrongPeople = people === undefined ? undefined : wrongInPeople(people);
  if (wrongPeople) return `/people${wrongPeople}`;
  const wrongExecution = execution === undefined ? undefined : wrongInExecution(execution);
  if (wrongExecution) return `/execution${wrongExecution}`;
  const wrongHttp = http === undefined ? undefined : wrongInHttp(http);
  if (wrongHttp) return `/mcp_http${wrongHttp}`;
  const wrong = metrics === undefined ? undefined : wrongInMetrics(metrics);
  return wrong && `/metrics${wrong}`;
}

function wrongInStore(store: unknown): string | undefined {
  if (typeof store !== 'object' || store === null) return ' must be an object';
  const unknown = Object.keys(store).find((key) => !STORE_FIELDS.includes(key));
  if (unknown) return `/${unknown} is not known; known are ${STORE_FIELDS.join(', ')}`;
  const { kind, url, schema } = store as Record<string, unknown>;
  if (kind !== 'postgres') return '/kind must be "postgres"; without /store logs stay on this disk';
  // Never repeated in a message: it may hold a password.
  if (typeof url !== 'string' || !/^postgres(ql)?:\/\//.test(url)) {
    return '/url must begin with postgresql://';
  }
  if (schema === undefined || (typeof schema === 'string' && isSchemaName(schema)))
    return undefined;
  return '/schema must be lower case letters, digits and _, not beginning with pg_';
}

function wrongIn(server: unknown, names: Set<string>): string | undefined {
  if (typeof server !== 'object' || server === null) return ' must be an object';
  const each = server as Record<string, unknown>;
  const unknown = Object.keys(each).find((key) => !KNOWN.includes(key));
  if (unknown) return `/${unknown} is not known; known are ${KNOWN.join(', ')}`;
  const { name, command, args, env, url, workspace_root: root, contracts } = each;
  if (typeof name !== 'string' || !/^[a-z][a-z0-9_-]{0,63}$/.test(name)) {
    return '/name must be lower case letters, digits, - and _';
  }
  if (names.has(name) || NODE_SERVERS.includes(name)) return `/name ${name} is taken`;
  names.add(name);
  if ((typeof command === 'string') === (typeof url === 'string')) {
    return ' needs either /command or /url';
  }
  if (args !== undefined && !isTextList(args)) return '/args must be a list of strings';
  if (env !== undefined && !isTextMap(env)) return '/env must map names to strings';
  if (root !== undefined && (typeof root !== 'string' || !isAbsolute(root))) {
    return '/workspace_root must be an absolute path';
  }
  const wrong = wrongInReach(each) ?? wrongInCredential(each) ?? wrongInConnector(each);
  if (wrong !== undefined) return wrong;
  const list = contracts === undefined ? [] : contracts;
  if (!Array.isArray(list)) return '/contracts must be a list';
  const bad = list.findIndex((contract) => !isRuntimeToolContract(contract));
  if (bad >= 0) return `/contracts/${bad} does not fit RuntimeToolContract`;
  const foreign = (list as RuntimeToolContract[]).map(foreignIn).find((each) => each !== '');
  return foreign === undefined ? undefined : `/contracts: ${foreign}`;
}

function wrongInCredential(given: Record<string, unknown>): string | undefined {
  const { credential, url, connector } = given;
  if (credential === undefined) return undefined;
  if (typeof credential !== 'string' || !SECRET_NAME.test(credential)) {
    return '/credential must be lower case letters, digits, - and _';
  }
  if (typeof url !== 'string') return '/credential is for a server with /url';
  if (secureUrl(url) !== undefined) return undefined;
  if (connector !== undefined && sshOrigin(url) !== undefined) return undefined;
  return '/credential is sent to https, or to http on this machine, and /url is neither';
}

/** The same refusal that registering it would meet, at the place where it was written. */
function foreignIn({ tool, primitive_capabilities: able }: RuntimeToolContract): string {
  const primitive = onlyPrimitives(able);
  return primitive.ok ? '' : `${tool}: OntologyViolation: ${primitive.error.message}`;
}

function readIntents(given: unknown, path: string): readonly IntentDefinition[] {
  const list = given ?? [];
  if (!Array.isArray(list)) throw new ConfigFault(`${path}: /intents must be a list`);
  const bad = list.findIndex((each) => !isIntentDefinition(each));
  if (bad >= 0) throw new ConfigFault(`${path}: /intents/${bad} does not fit IntentDefinition`);
  const sound = checkDefinitions(list);
  if (sound.ok) return list;
  const { code, message } = sound.error;
  throw new ConfigFault(`${path}: /intents: ${classOf(code as VerdictCode)}: ${message}`);
}

function isTextList(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

function isTextMap(value: unknown): boolean {
  return typeof value === 'object' && value !== null && isTextList(Object.values(value));
}
