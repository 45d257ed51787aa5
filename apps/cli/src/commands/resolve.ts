import type { IntentResolutionRequest } from '@ioi/protocol';
import { visible } from '../core/visible.ts';
import type { Command } from '../shell/context.ts';
import { CommandFault } from '../shell/fault.ts';

/** `ioi resolve INTENT[:SCORE]...`: the one tool that serves what is wanted, or why none does. */
export const resolve: Command = async ({ daemon, output }, intents, { evidence }) => {
  const retrieval = Array.isArray(evidence) ? evidence.map(String) : [];
  const request: IntentResolutionRequest = { candidates: intents.map(candidateOf), retrieval };
  const route = await daemon.resolve(request);
  const able = [...route.primitive_capabilities, ...route.authority_scopes].join(', ');
  const tool = `${visible(route.server)} ${visible(route.tool)}`;
  const lines = [
    `${visible(route.intent_class)}: ${visible(able)}: ${tool}`,
    `  target ${visible(route.target)}, resolution ${visible(route.resolution_hash)}`,
  ];
  output.say(lines, route);
  return undefined;
};

/** `ioi intents`: what this node can be asked for. */
export const intents: Command = async ({ daemon, output }) => {
  const { intents: defined } = await daemon.intents();
  const lines = defined.map((each) => {
    const able = [...each.primitive_capabilities, ...each.authority_scopes].join(', ');
    return `${visible(each.intent_class)}: ${visible(able)}`;
  });
  if (lines.length === 0) output.note('none are defined: `intents` in node.json');
  output.say(lines, { intents: defined });
  return undefined;
};

function candidateOf(text: string): IntentResolutionRequest['candidates'][number] {
  const [, intentClass, score] = /^([a-z][a-z0-9_]*)(?::([0-9]{1,7}))?$/.exec(text) ?? [];
  if (intentClass !== undefined) {
    return { intent_class: intentClass, score: Number(score ?? 1_000_000) };
  }
  throw new CommandFault({
    exit: 'usage',
    code: 'argument.invalid',
    message: `${text} is no intent: write NAME or NAME:SCORE, the score up to 1000000`,
    next: 'ioi intents',
  });
}
