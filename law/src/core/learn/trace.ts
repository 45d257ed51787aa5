import type { ActionFacts, ActionRequest } from '@ioi/protocol';
import { invocationsOfScript, invocationsOfWords } from '../commands/index.ts';
import { subjectOf } from '../policy/index.ts';
import { printPattern } from '../policy/path.ts';

/** A request of the log that did not go ahead. */
export type Held = { readonly request: ActionRequest; readonly facts: ActionFacts };

/** A request of the log with how it was decided, or would have been where it was observed. */
export type Seen = {
  readonly request: ActionRequest;
  readonly facts: ActionFacts;
  /** Whether a person was asked, or would have been. */
  readonly isAsked: boolean;
};

/** What a rule can say of a request. */
export type Shape =
  | { readonly kind: 'paths'; readonly values: readonly string[] }
  | { readonly kind: 'hosts'; readonly values: readonly string[] }
  | { readonly kind: 'commands'; readonly values: readonly (readonly string[])[] }
  | { readonly kind: 'any' }
  | { readonly kind: 'unread' };

const PATH_NAMES = ['path', 'paths', 'source', 'destination'];

export function shapeOf({ request, facts }: Seen): Shape {
  const { params } = request;
  const subject = subjectOf(request, facts);
  if (params['argv'] !== undefined || params['command'] !== undefined) return commandsOf(params);
  if (PATH_NAMES.some((name) => params[name] !== undefined)) {
    if (subject.hasUnreadPath) return { kind: 'unread' };
    const values = subject.paths.map(({ components }) =>
      printPattern({ isAbsolute: true, components }),
    );
    return { kind: 'paths', values };
  }
  if (params['url'] !== undefined || params['host'] !== undefined) {
    const { host } = subject;
    return host === undefined ? { kind: 'unread' } : { kind: 'hosts', values: [host] };
  }
  return { kind: 'any' };
}

function commandsOf({ argv, command }: ActionRequest['params']): Shape {
  if (argv !== undefined && command !== undefined) return { kind: 'unread' };
  const isList = Array.isArray(argv) && argv.every((word) => typeof word === 'string');
  const read = isList
    ? invocationsOfWords(argv)
    : typeof command === 'string'
      ? invocationsOfScript(command)
      : undefined;
  if (!read?.isUnderstood || read.redirections.length > 0) return { kind: 'unread' };
  const values: string[][] = [];
  for (const words of read.started) {
    const known = words.filter((word) => word !== undefined);
    if (known.length < words.length) return { kind: 'unread' };
    values.push(known);
  }
  return values.length === 0 ? { kind: 'unread' } : { kind: 'commands', values };
}
