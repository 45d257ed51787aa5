import { request } from 'node:http';

export type Told = { readonly status: number; readonly body: Record<string, unknown> };

/** One browser at the guardian's page, as far as the page can tell. */
export class PageVisitor {
  readonly origin: string;
  #cookie = '';
  #page = '';

  private constructor(origin: string) {
    this.origin = origin;
  }

  /** By the address that `ioi inbox --open --no-browser` prints. */
  static async open(url: string): Promise<PageVisitor> {
    const { origin, hash } = new URL(url);
    const visitor = new PageVisitor(origin);
    const launch = new URLSearchParams(hash.slice(1)).get('launch');
    const { body } = await visitor.ask('/api/begin', { launch });
    visitor.#page = String(body['page']);
    return visitor;
  }

  /** As `fetch` of the page sends it. */
  ask(path: string, body: object = {}): Promise<Told> {
    const { host, port } = new URL(this.origin);
    const headers = {
      host,
      origin: this.origin,
      'content-type': 'application/json',
      'sec-fetch-site': 'same-origin',
      'sec-fetch-dest': 'empty',
      cookie: this.#cookie,
      'x-ioi-page': this.#page,
    };
    return new Promise((resolve, reject) => {
      const to = { host: '127.0.0.1', port, method: 'POST', path, headers, agent: false };
      const sent = request(to, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const cookie = response.headers['set-cookie']?.[0]?.split(';')[0];
          if (cookie !== undefined) this.#cookie = cookie;
          const status = response.statusCode ?? 0;
          resolve({ status, body: JSON.parse(Buffer.concat(chunks).toString('utf8')) });
        });
      });
      sent.on('error', reject);
      sent.end(JSON.stringify(body));
    });
  }
}
