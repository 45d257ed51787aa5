import type { DeviceDesk, EntryTicket, PageSession } from '@ioi/guardian/shell';
import { type Answer, good, refused } from './answers.ts';
import {
  type Acting,
  assertionIn,
  type PageAct,
  pageActs,
  registrationIn,
  told,
} from './page-acts.ts';

type DeviceActing = Acting & { readonly devices: DeviceDesk };

/**
 * What another device may ask. One that an invitation brought makes its passkey and no more; one
 * that a passkey signed in may do what the page may, but nothing there takes the passphrase.
 */
export function deviceActs(acting: DeviceActing): Record<string, PageAct> {
  const { devices, desk, place, sessions } = acting;
  const acts = Object.entries(pageActs(acting)).map(([path, act]): [string, PageAct] => [
    path,
    act.kind === 'begin' ? act : { kind: 'act', run: signedIn(devices, act.run) },
  ]);
  const page = Object.fromEntries(acts);
  const inbox = page['/api/inbox'];
  return {
    ...page,
    '/api/enter/challenge': {
      kind: 'begin',
      run: () => {
        const challenge = devices.entering();
        return challenge.ok ? good(challenge.value) : refused(challenge.error);
      },
    },
    '/api/enter': {
      kind: 'begin',
      run: ({ ticket, assertion }) => {
        const entered = devices.enter(ticketIn(Object(ticket)), assertionIn(Object(assertion)));
        return entered.ok ? told(place, entered.value) : refused(entered.error);
      },
    },
    '/api/inbox': {
      kind: 'act',
      run: (session, body) => {
        const { invite } = session;
        if (invite === undefined && inbox?.kind === 'act') return inbox.run(session, body);
        const { label, code, isConfirmed = false } = invite ?? {};
        if (isConfirmed) sessions.end(session);
        return good({ on_device: true, enrolling: { label, code, is_confirmed: isConfirmed } });
      },
    },
    '/api/passkey/challenge': {
      kind: 'act',
      run: (session) => {
        const { invite } = session;
        if (invite === undefined) return byLinkAlone();
        return good(desk.registering(session, invite.label, [...invite.actsAs]));
      },
    },
    '/api/passkey': {
      kind: 'act',
      run: (session, body) => {
        const made = devices.register(session, registrationIn(body));
        return made.ok ? good(made.value) : refused(made.error);
      },
    },
  };
}

type Run = Extract<PageAct, { kind: 'act' }>['run'];

function signedIn(devices: DeviceDesk, run: Run): Run {
  return (session: PageSession, body) => {
    if (!devices.mayStay(session)) {
      const message = 'sign in with the passkey of this device first';
      return { ...refused({ code: 'page.no_session', message }), status: 401 };
    }
    if (body['passphrase'] === undefined) return run(session, body);
    const message = 'the passphrase is never asked for on another device';
    return refused({ code: 'page.no_passphrase', message });
  };
}

function byLinkAlone(): Answer {
  const message = 'a device enrols by a link of its own: ioi approver add --device NAME';
  return refused({ code: 'page.not_asked', message });
}

function ticketIn(given: Readonly<Record<string, unknown>>): EntryTicket {
  return { nonce: String(given['nonce']), at: Number(given['at']), mac: String(given['mac']) };
}
