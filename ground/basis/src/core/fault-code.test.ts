import { equal } from 'node:assert/strict';
import { test } from 'node:test';
import { faultCode } from './fault-code.ts';

test('a fault goes by its own dotted code, any other by the one that is given', () => {
  const coded = (code: unknown): Error => Object.assign(new Error('it failed'), { code });
  equal(faultCode(coded('log.in_doubt'), 'host.fault'), 'log.in_doubt');
  const others = [
    coded('ERR_SQLITE_ERROR'),
    coded('EIO'),
    coded(5),
    coded('a b.c'),
    new Error(),
    'x',
  ];
  for (const other of others) equal(faultCode(other, 'host.fault'), 'host.fault');
});
