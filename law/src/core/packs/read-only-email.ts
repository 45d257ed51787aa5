import { type Pack, type PackRule, pack } from './pack.ts';

const MESSAGE = { params: { arguments: { message: '1' } } };

/** Look at mail, and nothing else. */
export const readOnlyEmail: Pack = pack({
  name: 'read-only-email',
  summary: 'Read, list and search mail; sending, deleting and moving are blocked.',
  rules: [
    ...['list', 'read', 'search'].map(
      (verb): PackRule => ({
        rule_id: `${verb}_mail`,
        target: `email::${verb}`,
        conditions: { rate_limit: '60/minute' },
        action: 'ALLOW',
        justification: 'Looking at mail changes nothing; a flood of it would be an export.',
        match: [MESSAGE],
      }),
    ),
    ...['delete', 'forward', 'move', 'send'].map(
      (verb): PackRule => ({
        rule_id: `never_${verb}_mail`,
        target: `email::${verb}`,
        conditions: {},
        action: 'BLOCK',
        justification: 'What was sent or deleted does not come back.',
        match: [MESSAGE],
      }),
    ),
    {
      rule_id: 'ask_to_draft_mail',
      target: 'email::draft',
      conditions: {},
      action: 'REQUIRE_APPROVAL',
      justification: 'A draft is sent by a single touch.',
      match: [MESSAGE],
    },
  ],
});
