import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMountModule, type RuntimeToolContract } from '@ioi/protocol';
import { hashOf, writeContract } from '../testing/node-kit.ts';
import { mountedModule } from './mounted-module.ts';

const server = { name: 'filesystem', isRemote: false };
const hashed = (contract: RuntimeToolContract) => ({ contract, hash: hashOf(contract) });
const readContract: RuntimeToolContract = {
  ...writeContract,
  tool: 'read_file',
  primitive_capabilities: ['prim:fs.read', 'prim:fs.write'],
  authority_scopes: ['scope:repo.read'],
};

test('a server is the module of its contracts, in whatever order they come', () => {
  const contracts = [writeContract, readContract].map(hashed);
  const module = mountedModule(server, contracts);
  assert.ok(isMountModule(module));
  assert.deepEqual(mountedModule(server, contracts.toReversed()), module);
  const { module_id, required_capabilities, deployment_profile } = module.manifest;
  assert.equal(module_id, 'module://local/filesystem/1');
  assert.deepEqual(required_capabilities, ['prim:fs.read', 'prim:fs.write', 'scope:repo.read']);
  assert.equal(deployment_profile.mount_mode, 'local_server');
  const remote = mountedModule({ ...server, isRemote: true }, contracts);
  assert.equal(remote.manifest.deployment_profile.mount_mode, 'external_api');
});

test('a version stands in the name where it is one and can', () => {
  const nameOf = (...contracts: RuntimeToolContract[]) =>
    mountedModule(server, contracts.map(hashed)).manifest.module_id;
  const unversioned = 'module://local/filesystem/unversioned';
  assert.equal(nameOf(), unversioned);
  assert.equal(nameOf(writeContract, { ...readContract, version: '2' }), unversioned);
  assert.equal(nameOf({ ...writeContract, version: 'one of/many' }), unversioned);
});
