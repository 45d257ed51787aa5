import { err, ok, type Result } from '@ioi/basis';
import type { Place, WebRefusal } from './web-act.ts';

const HANDSHAKE = 0x16;
const TLS_PORT = 443;
const FIRST_LETTER = /^[A-Z]/;

/** What a tunnel carries, by its first byte: nothing else is ever let through. */
export function schemeOf(first: number, port: number): Result<Place['scheme'], WebRefusal> {
  if (first === HANDSHAKE) return ok('https');
  if (port === TLS_PORT) {
    return err({ code: 'web.not_tls', message: `to port ${TLS_PORT} only TLS goes` });
  }
  if (FIRST_LETTER.test(String.fromCharCode(first))) return ok('http');
  return err({ code: 'web.not_http', message: 'a tunnel carries HTTP, plain or over TLS' });
}
