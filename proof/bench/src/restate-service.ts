/** Steps kept by a durable execution server of others: `restate-service.ts PORT MODULE`. */

type Context = { run(name: string, action: () => number): Promise<number> };
type Handler = (context: Context, asked: { readonly count: number }) => Promise<object>;
/** What is used of the SDK, which is no part of the workspace. */
type Sdk = {
  service(about: { name: string; handlers: Record<string, Handler> }): object;
  serve(about: { services: readonly object[]; port: number }): Promise<number>;
};

const [port = '', sdk = ''] = process.argv.slice(2);
const { service, serve } = (await import(sdk)) as Sdk;

const steps: Handler = async (context, { count }) => {
  const now = () => context.run('now', () => Date.now());
  const first = await now();
  for (let at = 2; at < count; at += 1) await now();
  return { first, last: await now() };
};

await serve({ services: [service({ name: 'bench', handlers: { steps } })], port: Number(port) });
