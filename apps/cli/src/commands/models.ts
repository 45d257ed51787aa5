import type { ModelAnswered, ModelRoutes } from '@ioi/protocol';
import { shortId } from '../core/match-id.ts';
import { visible } from '../core/visible.ts';
import { type Command, type Context, needNode, textOption } from '../shell/context.ts';
import { isUnreachable, usageFault } from '../shell/fault.ts';
import { findSockets } from '../shell/home.ts';
import { callLocal } from '../shell/local-http.ts';
import { NodeConfigEditor } from '../shell/node-config.ts';

const PROMPT = 'Say in one word that you are there.';
/** Models think for minutes. */
const PATIENCE_MS = 600_000;

/** `ioi models list` */
export const modelList: Command = async ({ home, output }) => {
  needNode(home);
  const found = await routesOf(home);
  const lines = found.routes.flatMap(({ name, candidates }) => {
    return candidates.map((each) => {
      const { provider, model, url, key = '' } = each;
      return visible(`${name}  ${provider} ${model} ${url} ${key}`.trimEnd());
    });
  });
  const none = 'no route; ioi models set NAME "PROVIDER MODEL URL"';
  output.say(lines.length > 0 ? lines : [none], found);
  return undefined;
};

/** `ioi models set ROUTE "PROVIDER MODEL URL [KEY]"…` */
export const modelSet: Command = async (context, [route = '', ...given]) => {
  needNode(context.home);
  const candidates = given.map((each) => {
    const [provider, model, url, key, ...more] = each.trim().split(/\s+/);
    if (url === undefined || more.length > 0) {
      const shape = '"PROVIDER MODEL URL" or "PROVIDER MODEL URL KEY"';
      throw usageFault(`a candidate is ${shape}, not ${each}`, 'ioi models set --help');
    }
    return { provider, model, url, ...(key === undefined ? {} : { key }) };
  });
  const editor = new NodeConfigEditor(context.home);
  await changeModels(context, editor, { ...editor.models, [route]: candidates });
  context.output.say([`${visible(route)} leads to ${given.map(visible).join(', then ')}`], {
    route,
    candidates,
  });
  return undefined;
};

/** `ioi models remove ROUTE` */
export const modelRemove: Command = async (context, [route = '']) => {
  needNode(context.home);
  const editor = new NodeConfigEditor(context.home);
  const { [route]: removed, ...others } = editor.models;
  if (removed === undefined) throw usageFault(`no route is called ${route}`, 'ioi models list');
  await changeModels(context, editor, others);
  context.output.say([`removed ${visible(route)}`], { route, removed });
  return undefined;
};

/** `ioi models test ROUTE` */
export const modelTest: Command = async ({ home, output }, [route = ''], options) => {
  needNode(home);
  const content = textOption(options, 'prompt') ?? PROMPT;
  const answered = await callLocal<ModelAnswered>({
    socket: findSockets(home).daemon,
    method: 'POST',
    path: '/v1/models/ask',
    body: { route, messages: [{ role: 'user', content }], max_tokens: 64 },
    timeoutMs: PATIENCE_MS,
  });
  const { answer, request_hash, receipt_id } = answered;
  if (answer === undefined) {
    output.say([`it waits for a person: ioi approve ${shortId(request_hash)}`], answered);
    return 'pending';
  }
  const { input_tokens: taken, output_tokens: said } = answer.usage;
  const cost = answer.cost ? `, ${answer.cost.amount} ${answer.cost.unit}` : '';
  const lines = [
    visible(answer.text),
    `served by ${visible(answer.served)}, which calls itself ${visible(answer.model)}`,
    `because ${visible(answer.why)}; ${taken} tokens in, ${said} out${cost}`,
    `receipt ${receipt_id}`,
  ];
  output.say(lines, answered);
  return undefined;
};

function routesOf(home: Context['home']): Promise<ModelRoutes> {
  return callLocal({ socket: findSockets(home).daemon, method: 'GET', path: '/v1/models' });
}

/** Put back where the node refuses it; where none runs it is read at its start. */
async function changeModels(
  { home, output }: Context,
  editor: NodeConfigEditor,
  models: NodeConfigEditor['models'],
): Promise<void> {
  editor.writeModels(models);
  try {
    await routesOf(home);
  } catch (fault) {
    if (isUnreachable(fault)) return;
    if (!editor.undo()) output.note('node.json was changed by somebody else meanwhile: it stays');
    throw fault;
  }
}
