import { equal } from 'node:assert/strict';
import { test } from 'node:test';
import { decodeHex } from '@ioi/basis';
import { evmAddressOf } from './evm-address.ts';

test('the address of a key is that of others, in the spelling of EIP-55', () => {
  // Known to every Ethereum tool: the keys 1 and 2, and the first account of Hardhat and Anvil.
  const known = {
    [`${'0'.repeat(63)}1`]: '0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf',
    [`${'0'.repeat(63)}2`]: '0x2B5AD5c4795c026514f8317c7a215E218DcCD6cF',
    ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80:
      '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266',
  };
  for (const [key, address] of Object.entries(known)) {
    equal(evmAddressOf(decodeHex(key) as Uint8Array), address);
  }
});
