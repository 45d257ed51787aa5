import { FETCHING, onEach, type Scope } from './statement.ts';

export const HOST_IS_WIDER = 'asked for: a domain here is also every name below it';

/** Rules of requests to a domain; where it was allowed alone, a person is asked. */
export function domainScopes(domain: string, isAsked: boolean): Scope[] {
  return onEach(FETCHING, {
    conditions: { allow_domains: [domain] },
    match: [{ url: `https://${domain}/` }],
    notMatch: [{ url: `https://not-${domain}/` }],
    isAsked,
  });
}
