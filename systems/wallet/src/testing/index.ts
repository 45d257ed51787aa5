export { TestServer, TestVault } from './edge-bed.ts';
export { TestAuthority } from './test-authority.ts';
