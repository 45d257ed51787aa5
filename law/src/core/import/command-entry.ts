import { allowedCommand, type CommandWords, guardedCommand } from './commands.ts';
import {
  type Place,
  RUNNING,
  type SourceDecision,
  type Statement,
  told,
  type Untranslated,
  untold,
} from './statement.ts';

type Entry = { readonly decision: SourceDecision; readonly place: Place };

/** What a source says of a command, or that it cannot be said. */
export function readCommand(entry: Entry, words: CommandWords): Statement | Untranslated {
  if (entry.decision === 'allow') {
    const scopes = allowedCommand(words);
    if (scopes !== undefined) return told(entry, scopes);
    return untold(entry, RUNNING, 'no pattern of commands says just that');
  }
  const guard = guardedCommand(words);
  if (guard === undefined)
    return untold(entry, RUNNING, 'no pattern of commands catches all of it');
  return told(entry, guard.scopes, guard.isWider ? 'it is about more commands here' : undefined);
}
