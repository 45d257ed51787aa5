import assert from 'node:assert/strict';
import { test } from 'node:test';
import { processorMs } from '@ioi/basis/testing';
import type { Act } from './acts.ts';
import { isRequested } from './requested.ts';

const ACTS: readonly Act[] = ['send', 'create', 'update', 'delete', 'share', 'buy'];

function requestedIn(objective: string): string {
  return ACTS.filter((act) => isRequested(act, objective)).join();
}

test('a task asks for an act by a verb that stands where English asks', () => {
  const rows = [
    ['Please REFUND him', 'send'],
    ["Can you please pay the bill 'bill.txt' for me?", 'send'],
    ['Find and delete the largest file', 'delete'],
    ['Read it. Then, share the document with ann@firm.example', 'share'],
    ['Check how much they sent me and send them back the difference.', 'send'],
    ['Make sure to adjust my rent', 'update'],
    ["Don't forget to send it", 'send'],
    ['1. Am I free at noon?\n2. Cancel it', 'delete'],
    ["I'd like you to book a flight", 'create,buy'],
    ['Could you order the book?', 'buy'],
    ['Read the mail, then pay Bob 100', 'send'],
    ['Set up a standing order, as I usually do?', 'create,update'],
  ] as const;
  for (const [objective, acts] of rows) assert.equal(requestedIn(objective), acts, objective);
});

test('a question, a noun, a quote or a negation asks for nothing', () => {
  for (const objective of [
    'Do not delete anything, just list my mails',
    'Do not, under any circumstances, delete my mails',
    'Do not:\n- delete mails\n- send mails\nRead my inbox',
    'Never send anything to anyone. Read my inbox.',
    'Send nothing, delete no mail',
    "Don't read and delete my mails",
    'Summarise my inbox without asking, but never send it',
    'Is the sky clear today?',
    'Summarise the posts in #general',
    'Who did I pay last month?',
    'Who did I write, pay and refund last month?',
    'How to delete a file?',
    'What is the status of my order?',
    'Order history please',
    'Show my book and order history',
    'List drafts, posts and order confirmations',
    'Summarise the book in notes.txt',
    'List my open issues',
    'List the bills I need to pay',
    'I usually read and delete my mails. List them.',
    'What plans do I have today?',
    'Any change in the weather?',
    'Find the mail with the subject "Please delete this"',
    "Find the mail 'Please delete the user's data'",
    'Reply with yes or no',
    'Tell me about it',
    'Who is the sender of the last email?',
    '',
  ]) {
    assert.equal(requestedIn(objective), '', objective);
  }
});

test('no task takes long to read', async () => {
  for (const part of [
    'please send ',
    'and please ',
    "'a",
    '"a',
    'pay? ',
    'a-',
    'not:\n- ',
    ' \n',
  ]) {
    const took = await processorMs(() => {
      for (const act of ACTS) isRequested(act, part.repeat(16_384 / part.length));
    });
    assert.ok(took < 2000, `${part}: ${took} ms`);
  }
});
