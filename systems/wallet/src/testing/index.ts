export { TestServer } from './edge-bed.ts';
export { TestAuthority } from './test-authority.ts';
