import { assert, err, ok, type Result } from '@ioi/basis';
import { type Digest, digestOf } from '@ioi/canon';
import { isObject, type JsonObject } from '@ioi/jsonrpc';
import {
  askContract,
  paymentCall,
  questionContract,
  type RoutingTable,
  stepContracts,
  webContracts,
} from '@ioi/law';
import type { OpenWorkerRun, Rejection, RuntimeToolContract, WorkerStep } from '@ioi/protocol';
import { questionIn } from '../../core/index.ts';
import type { Bound } from '../mcp/capture.ts';
import type { Servers } from '../mcp/servers.ts';
import { bindModel } from '../models/bind-model.ts';

export type Binding = {
  readonly servers: Servers;
  readonly workspace: string;
  /** Which models a route leads to now. */
  readonly routing: () => RoutingTable;
  /** Whether some rule lets agents put questions to a person. */
  readonly mayBeAsked: () => boolean;
  /** Of a step of a workflow that the node carries out: the contract that was sealed for it. */
  readonly own?: OpenWorkerRun['own'];
  /** A person decides it. */
  readonly approval?: OpenWorkerRun['approval'];
};

type Binds = Result<Bound, Rejection>;

/** The act that a step asks for, under its contract; refused by name where there is none. */
export function bindStep(step: WorkerStep, binding: Binding): Binds {
  const { own, approval } = binding;
  const bound = boundOf(step, binding);
  if (!bound.ok) return bound;
  if (own !== undefined) return asSealed(bound.value, own.contract_hash);
  if (approval === undefined) return bound;
  return ok({ ...bound.value, contract: hashed({ ...bound.value.contract.contract, approval }) });
}

/** Under the contract that was sealed when its graph began, or not at all. */
function asSealed(bound: Bound, sealed: string): Binds {
  const { contract } = bound.contract;
  const found = [contract, { ...contract, approval: 'always' as const }].find((each) => {
    return hashed(each).hash === sealed;
  });
  if (found !== undefined) return ok({ ...bound, contract: hashed(found) });
  return refuse('contract.moved', `${contract.tool} is another one since its graph began`);
}

function boundOf(step: WorkerStep, binding: Binding): Binds {
  const { servers, workspace, routing, own: isOwn } = binding;
  const own = stepContracts.get(step.target);
  if (own !== undefined) return bindFile(own, step.params, workspace);
  if (step.target === 'net::fetch') return bindFetch(step.params);
  if (step.target === 'model::invoke') return bindModel(step.params, routing());
  if (step.target === 'workflow::ask' && isOwn) return bindQuestion(step.params);
  if (step.target === 'person::ask') return bindAsked(step.params, binding);
  if (step.target === 'wallet::spend') return bindSpend(step.params, servers);
  if (step.target === 'tool::call') return bindTool(step.params, servers);
  return refuse('step.unknown_target', `this node does nothing by the name ${step.target}`);
}

function bindFile(
  contract: RuntimeToolContract,
  params: WorkerStep['params'],
  root: string,
): Binds {
  const names = contract.parameters.map(({ argument }) => argument);
  const isFit = names.every((name) => typeof params[name] === 'string');
  if (!isFit || Object.keys(params).length !== names.length) {
    const message = `${contract.tool} takes ${names.join(' and ')}, each a text`;
    return refuse('step.params_invalid', message);
  }
  return ok({ contract: hashed(contract), arguments: { ...params }, root });
}

const FETCH = ['url', 'method', 'headers', 'body'];

/** Under the contract of the method, as what a program in a sandbox asks for over HTTP. */
function bindFetch(params: WorkerStep['params']): Binds {
  const { url, method = 'GET', headers = {}, body } = params;
  const contract = typeof method === 'string' ? webContracts.get(method) : undefined;
  const isFit =
    typeof url === 'string' &&
    isObject(headers) &&
    Object.values(headers).every((each) => typeof each === 'string') &&
    (body === undefined || typeof body === 'string') &&
    Object.keys(params).every((name) => FETCH.includes(name));
  if (contract === undefined || contract.tool !== method || !isFit) {
    const message = 'net::fetch takes url, and method, headers and body, if any, as texts';
    return refuse('step.params_invalid', message);
  }
  const lines = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]);
  const given = { url, method: String(method), ...(body === undefined ? {} : { body }) };
  const meta = { headers: JSON.stringify(lines) };
  return ok({ contract: hashed(contract), arguments: given as JsonObject, root: undefined, meta });
}

function bindQuestion(params: WorkerStep['params']): Binds {
  return ok({ contract: hashed(askContract()), arguments: { ...params }, root: undefined });
}

/** As an agent asks: only where a rule names it, and the answer is the person's to put in. */
function bindAsked(params: WorkerStep['params'], { mayBeAsked }: Binding): Binds {
  if (!mayBeAsked()) {
    return refuse('question.not_allowed', 'no rule of the policy lets person::ask through by name');
  }
  const question = questionIn(params as JsonObject);
  if (!question.ok) return question;
  return ok({ contract: hashed(questionContract()), arguments: question.value, root: undefined });
}

function bindTool(params: WorkerStep['params'], servers: Servers): Binds {
  const { server, tool, arguments: given = {} } = params;
  if (typeof server !== 'string' || typeof tool !== 'string' || !isObject(given)) {
    return refuse('step.params_invalid', 'tool::call takes server, tool and arguments');
  }
  return bindCall({ server, tool, given }, servers);
}

/** A call of the tool that pays here; refused before it is decided where nothing does. */
function bindSpend(params: WorkerStep['params'], servers: Servers): Binds {
  const mounted = servers.contracts().map(({ contract }) => contract);
  const called = paymentCall(params, mounted);
  if (!called.ok) return called;
  const { contract, arguments: given } = called.value;
  return bindCall({ server: contract.server, tool: contract.tool, given }, servers);
}

type Called = { readonly server: string; readonly tool: string; readonly given: JsonObject };

function bindCall({ server, tool, given }: Called, servers: Servers): Binds {
  const found = servers.toolOf({ server, tool });
  if (found?.contract === undefined) {
    const message = `no contract for a tool ${tool} of ${server}`;
    return found?.refusal ? err(found.refusal) : refuse('contract.missing', message);
  }
  const fits = found.check(given);
  if (!fits.ok) return fits;
  return ok({ contract: found.contract, arguments: given, root: found.root });
}

function hashed(contract: RuntimeToolContract): { contract: RuntimeToolContract; hash: Digest } {
  const hash = digestOf(contract);
  assert(hash.ok, 'our own contracts have a canonical form');
  return { contract, hash: hash.value };
}

function refuse(code: string, message: string): { readonly ok: false; readonly error: Rejection } {
  return err({ code, message });
}
