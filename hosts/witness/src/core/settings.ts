import { err, ok, type Result } from '@ioi/basis';
import { type NoteKey, parseNoteKey } from '@ioi/crypto';

export type SettingsError = { readonly code: 'witness.settings'; readonly message: string };

/** Where to listen; port 0 is any that is free. */
export type Listening = { readonly host: string; readonly port: number };

const LISTEN = /^(?:\[([0-9a-f:.]+)\]|([A-Za-z0-9.-]+)):([0-9]{1,5})$/;

/** `127.0.0.1:8470`, `[::1]:8470`. Both parts must be named: nothing is opened by default. */
export function parseListening(text: string): Result<Listening, SettingsError> {
  const [, address, name = '', portText = ''] = LISTEN.exec(text) ?? [];
  const port = Number(portText);
  if (portText === '' || port > 65_535) {
    return refuse(`${text} is no address to listen on; write 127.0.0.1:8470`);
  }
  return ok({ host: address ?? name, port });
}

/** `ORIGIN=VKEY`, a log with one of its keys; more keys of a log are named by repeating it. */
export function parseLogs(
  texts: readonly string[],
): Result<ReadonlyMap<string, readonly NoteKey[]>, SettingsError> {
  const logs = new Map<string, NoteKey[]>();
  for (const text of texts) {
    const at = text.indexOf('=');
    const origin = text.slice(0, Math.max(at, 0));
    const key = parseNoteKey(text.slice(at + 1));
    if (origin === '') return refuse(`${text} is not ORIGIN=VKEY`);
    if (!key.ok) return refuse(`the key of ${origin}: ${key.error.message}`);
    logs.set(origin, [...(logs.get(origin) ?? []), key.value]);
  }
  return ok(logs);
}

function refuse(message: string): Result<never, SettingsError> {
  return err({ code: 'witness.settings', message });
}
