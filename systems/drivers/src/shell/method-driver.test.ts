import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { AssertionFault, ok } from '@ioi/basis';
import type { Json } from '@ioi/canon';
import type { JsonObject } from '@ioi/jsonrpc';
import type { Ask, Outcome, PerformOptions, SealedAction } from '@ioi/protocol';
import { type Method, methodContracts } from '../core/contracts/methods.ts';
import { methodCall } from '../core/method-call.ts';
import { requestFor, sealedAction } from '../testing/actions.ts';
import { startStateless } from '../testing/real-servers.ts';
import { clientDriver, mcpDriver } from './index.ts';

const upstream = startStateless();
const contracts = methodContracts('stateless');
const edge = { secret: async () => undefined };
const signal = new AbortController().signal;
after(() => upstream.close());

/** What was mapped to parameters, mapped back. */
const argumentsOf = ({ request, contract }: SealedAction) => {
  const named = contract.parameters.flatMap(({ argument, parameter }) =>
    Object.hasOwn(request.params, parameter) ? [[argument, request.params[parameter]]] : [],
  );
  const rest = (request.params['arguments'] ?? {}) as JsonObject;
  return ok({ ...rest, ...Object.fromEntries(named) } as { [key: string]: Json });
};

function sealed(method: Method, params: JsonObject): SealedAction {
  const call = methodCall(contracts, method, params);
  assert.ok(call.ok, call.ok ? '' : call.error.message);
  const { contract, arguments: given } = call.value;
  const mapped = new Map(contract.parameters.map((each) => [each.argument, each.parameter]));
  const entries = Object.entries(given);
  const named = entries.flatMap(([name, value]) => {
    const parameter = mapped.get(name);
    return parameter === undefined ? [] : [[parameter, value] as const];
  });
  const rest = Object.fromEntries(entries.filter(([name]) => !mapped.has(name)));
  const all = { ...Object.fromEntries(named), arguments: rest };
  const nonce = String(process.hrtime.bigint());
  return sealedAction(contract, requestFor(contract, all, nonce), {});
}

const servers = mcpDriver({ upstream, argumentsOf });
const clients = clientDriver({ argumentsOf });
const ask =
  (driver: typeof clients, options: Partial<PerformOptions> = {}) =>
  (action: SealedAction): Promise<Outcome> =>
    driver.perform(action, edge, { signal, ...options });

test('a resource is read and a prompt got as any other act is performed', async () => {
  const read = await ask(servers)(sealed('resources/read', { uri: 'note://one' }));
  assert.ok(read.kind === 'completed' && !read.reportedError);
  assert.match(JSON.stringify(read.output), /"text":"one"/);
  const got = await ask(servers)(sealed('prompts/get', { name: 'greet' }));
  assert.match(JSON.stringify(got), /hello/);
  const absent = await ask(servers)(sealed('prompts/get', { name: 'nobody' }));
  assert.ok(absent.kind === 'completed' && absent.reportedError);
});

test('no question for clients goes to a server, and no act on a server to clients', async () => {
  const wrong = await ask(servers)(sealed('elicitation/create', { message: 'who?' }));
  assert.equal(wrong.kind, 'failed_before_effect');
  const asked: Ask = () => assert.fail('asked');
  const other = await ask(clients, { ask: asked })(sealed('prompts/get', { name: 'greet' }));
  assert.equal(other.kind, 'failed_before_effect');
});

test('a client is asked once, and what it says is the outcome', async () => {
  const asked: unknown[] = [];
  const answering: Ask = async (requests) => {
    asked.push(requests);
    return { request: { kind: 'result', result: { action: 'accept', content: {} } } };
  };
  const params = { message: 'who?', requestedSchema: { type: 'object' } };
  const action = sealed('elicitation/create', params);
  const outcome = await ask(clients, { ask: answering })(action);
  assert.ok(outcome.kind === 'completed' && !outcome.reportedError);
  assert.deepEqual(outcome.output, { action: 'accept', content: {} });
  assert.deepEqual(asked, [{ request: { method: 'elicitation/create', params } }]);
  await assert.rejects(ask(clients, { ask: answering })(action), AssertionFault);
});

test('a client that cannot be asked had no effect, one that stays silent is in doubt', async () => {
  const sampling = () => sealed('sampling/createMessage', { messages: [] });
  assert.equal((await ask(clients)(sampling())).kind, 'failed_before_effect');
  const silent: Ask = async () => ({});
  assert.equal((await ask(clients, { ask: silent })(sampling())).kind, 'effect_unknown');
  const abort = new AbortController();
  const leaving: Ask = () => {
    abort.abort();
    return new Promise(() => {});
  };
  const left = await ask(clients, { ask: leaving, signal: abort.signal })(sampling());
  assert.equal(left.kind, 'effect_unknown');
  assert.equal((await clients.reconcile(sampling())).kind, 'unknown');
  assert.equal((await clients.reconcile(sealed('roots/list', {}))).kind, 'not_performed');
});
