import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import type { Message } from './mcp-peer.ts';

export type Era = 'stateful' | 'stateless';

const VERSIONS: Readonly<Record<Era, string>> = { stateful: '2025-11-25', stateless: '2026-07-28' };
const RESERVED = 'io.modelcontextprotocol';
type Sent = { readonly id?: number; readonly method: string; readonly params?: object };

const CLIENT = { name: 'proof', version: '1' };

/** A raw MCP client over Streamable HTTP, of either era: one request a message, sockets kept. */
export class HttpPeer {
  readonly #url: string;
  readonly #era: Era;
  readonly #capabilities: object;
  readonly #agent = new Agent({ keepAlive: true });
  #session: string | undefined;
  #last = 0;

  /** `capabilities`: MCP ClientCapabilities, as the client declares them. */
  constructor(url: string, era: Era = 'stateful', capabilities: object = {}) {
    this.#url = url;
    this.#capabilities = capabilities;
    this.#era = era;
  }

  /** Nothing is asked of a server without sessions. */
  async initialize(): Promise<void> {
    if (this.#era === 'stateless') return;
    const own = { capabilities: this.#capabilities, clientInfo: CLIENT };
    const params = { protocolVersion: VERSIONS.stateful, ...own };
    await this.request('initialize', params);
    await this.#post({ method: 'notifications/initialized' });
  }

  call(name: string, args: object): Promise<Message> {
    return this.request('tools/call', { name, arguments: args });
  }

  async request(method: string, params: object): Promise<Message> {
    this.#last += 1;
    const id = this.#last;
    const own =
      this.#era === 'stateful' ? params : { ...params, _meta: envelope(this.#capabilities) };
    const text = await this.#post({ id, method, params: own });
    return messageFor(id, text);
  }

  close(): void {
    this.#agent.destroy();
  }

  async #post(message: Sent): Promise<string> {
    const body = JSON.stringify({ jsonrpc: '2.0', ...message });
    const headers = { ...this.#headers(message), 'content-length': Buffer.byteLength(body) };
    const sent = request(this.#url, { method: 'POST', agent: this.#agent, headers });
    sent.end(body);
    const { response, text } = await answered(sent);
    const session = response.headers['mcp-session-id'];
    if (typeof session === 'string') this.#session = session;
    return text;
  }

  #headers({ method, params }: Sent): Record<string, string> {
    const version = VERSIONS[this.#era];
    const common = {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    };
    if (this.#era === 'stateful') {
      const session = this.#session;
      const known = { 'mcp-protocol-version': version, 'mcp-session-id': session ?? '' };
      return session === undefined ? common : { ...common, ...known };
    }
    const { name, uri, taskId } = (params ?? {}) as { [name: string]: string | undefined };
    const named = name ?? uri ?? taskId;
    const standard = { 'mcp-protocol-version': version, 'mcp-method': method };
    return { ...common, ...standard, ...(named === undefined ? {} : { 'mcp-name': named }) };
  }
}

function envelope(capabilities: object): object {
  return {
    [`${RESERVED}/protocolVersion`]: VERSIONS.stateless,
    [`${RESERVED}/clientInfo`]: CLIENT,
    [`${RESERVED}/clientCapabilities`]: capabilities,
  };
}

function answered(sent: ClientRequest): Promise<{ response: IncomingMessage; text: string }> {
  return new Promise((resolve, reject) => {
    sent.on('error', reject);
    sent.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
      });
      response.on('error', reject);
      response.on('end', () => resolve({ response, text }));
    });
  });
}

/** The answer itself, alone or as the event of a stream that carries it. */
function messageFor(id: number, text: string): Message {
  const events = text.startsWith('{') ? [text] : dataIn(text);
  for (const each of events) {
    const message = JSON.parse(each) as Message & { id?: number };
    if (message.id === id) return message;
  }
  throw new Error(`no answer to ${id} in: ${text.slice(0, 200)}`);
}

function dataIn(text: string): string[] {
  const lines = text.split('\n').filter((line) => line.startsWith('data:'));
  return lines.map((line) => line.slice('data:'.length).trim()).filter((data) => data !== '');
}
